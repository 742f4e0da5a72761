/** `/_security/_query/user` and `/_security/_query/role`: the native users and the roles of one's own that fit a query. */
import type { NativeRealm } from '../authc/native-realm.ts'
import type { Roles } from '../authc/roles.ts'
import { isReservedRole } from '../authz/reserved-roles.ts'
import type { JsonObject } from '../kernel/json.ts'
import { NUMBER, OBJECT, VALUES } from './body-shape.ts'
import { describeRole } from './roles.ts'
import { defineRoute, type Route } from './route.ts'
import { readSearch, search } from './search.ts'
import type { FieldKind, SearchedFields } from './searched-field.ts'
import { describeUser } from './users.ts'

const USER_FIELDS = buildFields({
  username: 'name',
  roles: 'name',
  full_name: 'text',
  email: 'email',
  enabled: 'name',
})
const ROLE_FIELDS = buildFields({
  name: 'name',
  description: 'text',
  metadata: 'name',
  'applications.application': 'name',
  'applications.privileges': 'name',
  'applications.resources': 'name',
})

function buildFields(kinds: Readonly<Record<string, FieldKind>>): SearchedFields {
  const byName = new Map(Object.entries(kinds))
  return {
    names: [...byName.keys()],
    kindOf: (field) => byName.get(field.startsWith('metadata.') ? 'metadata' : field),
  }
}

export function buildSearchRoutes({ users, roles }: { users: NativeRealm; roles: Roles }): Route[] {
  return [
    buildSearchRoute('user', {
      idField: 'username',
      fields: USER_FIELDS,
      list: async () => (await users.list()).map((user) => describeUser(user)),
    }),
    buildSearchRoute('role', {
      idField: 'name',
      fields: ROLE_FIELDS,
      async list() {
        const own = (await roles.list()).filter(({ name }) => !isReservedRole(name))
        return own.map(({ name, role }) => Object.assign({ name }, describeRole(role)))
      },
    }),
  ]
}

function buildSearchRoute(
  kind: 'user' | 'role',
  { idField, fields, list }: { idField: string; fields: SearchedFields; list: () => Promise<JsonObject[]> },
): Route {
  return defineRoute({
    summary: 'Find users or roles',
    fields: { query: OBJECT, sort: VALUES, from: NUMBER, size: NUMBER, search_after: VALUES },
    methods: ['GET', 'POST'],
    path: `/_security/_query/${kind}`,
    body: 'optional',
    read: ({ body }) => readSearch(`query_${kind}_request`, body, fields),
    action: () => `cluster:admin/xpack/security/${kind}/query`,
    async act(request) {
      const { total, found } = search(await list(), request, idField)
      const shown = found.map(({ body, sort }) => (sort === undefined ? body : Object.assign(body, { _sort: sort })))
      return { body: { total, count: found.length, [`${kind}s`]: shown } }
    },
  })
}
