/** `/_security/_query/user` and `/_security/_query/role`: the native users and the roles of one's own that fit a query. */
import type { NativeRealm } from '../authc/native-realm.ts'
import type { Roles } from '../authc/roles.ts'
import { isReservedRole } from '../authz/reserved-roles.ts'
import type { JsonObject } from '../kernel/json.ts'
import { NUMBER, OBJECT, VALUES } from './body-shape.ts'
import { describeRole } from './roles.ts'
import { defineRoute, type Route } from './route.ts'
import { readSearch, search } from './search.ts'
import { describeUser } from './users.ts'

const USER_FIELDS = /^(?:username|roles|full_name|email|enabled)$/
const ROLE_FIELDS = /^(?:name|description|metadata\..+|applications\.(?:application|privileges|resources))$/

export function buildSearchRoutes({ users, roles }: { users: NativeRealm; roles: Roles }): Route[] {
  return [
    buildSearchRoute('user', {
      idField: 'username',
      isField: (field) => USER_FIELDS.test(field),
      list: async () => (await users.list()).map((user) => describeUser(user)),
    }),
    buildSearchRoute('role', {
      idField: 'name',
      isField: (field) => ROLE_FIELDS.test(field),
      async list() {
        const own = (await roles.list()).filter(({ name }) => !isReservedRole(name))
        return own.map(({ name, role }) => Object.assign({ name }, describeRole(role)))
      },
    }),
  ]
}

function buildSearchRoute(
  kind: 'user' | 'role',
  {
    idField,
    isField,
    list,
  }: { idField: string; isField: (field: string) => boolean; list: () => Promise<JsonObject[]> },
): Route {
  return defineRoute({
    summary: 'Find users or roles',
    fields: { query: OBJECT, sort: VALUES, from: NUMBER, size: NUMBER, search_after: VALUES },
    methods: ['GET', 'POST'],
    path: `/_security/_query/${kind}`,
    body: 'optional',
    read: ({ body }) => readSearch(`query_${kind}_request`, body, isField),
    action: () => `cluster:admin/xpack/security/${kind}/query`,
    async act(request) {
      const { total, found } = search(await list(), request, idField)
      const shown = found.map(({ body, sort }) => (sort === undefined ? body : Object.assign(body, { _sort: sort })))
      return { body: { total, count: found.length, [`${kind}s`]: shown } }
    },
  })
}
