/** `/_security/privilege`: the privileges that applications define for themselves, and the names of those built in. */
import type { ApplicationPrivilegeStore } from '../authc/application-privileges.ts'
import { type ApplicationPrivilege, readDefinitions } from '../authz/application-privileges.ts'
import { INDEX_PRIVILEGES } from '../authz/index-privileges.ts'
import { listClusterPrivileges } from '../authz/privileges.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import { splitNames } from './names.ts'
import { checkRefresh } from './query.ts'
import { defineRoute, type Route } from './route.ts'

const ACTION = 'cluster:admin/xpack/security/privilege/'

export function buildApplicationPrivilegeRoutes({
  applicationPrivileges,
}: {
  applicationPrivileges: ApplicationPrivilegeStore
}): Route[] {
  const builtin = defineRoute({
    summary: 'The names of the privileges that are known',
    methods: ['GET'],
    path: '/_security/privilege/_builtin',
    read: () => undefined,
    action: () => `${ACTION}builtin/get`,
    act: async () => ({ body: { cluster: listClusterPrivileges(), index: [...INDEX_PRIVILEGES] } }),
  })

  const get = [
    '/_security/privilege',
    '/_security/privilege/:application',
    '/_security/privilege/:application/:privilege',
  ].map((path) =>
    defineRoute({
      summary: 'Show the privileges of applications',
      methods: ['GET'],
      path,
      read: ({ path: { application, privilege } }) => ({ application, names: splitNames(privilege) }),
      action: () => `${ACTION}get`,
      async act({ application, names }) {
        const all = await applicationPrivileges.list(application)
        const found = names === undefined ? all : all.filter(({ name }) => names.includes(name))
        const body = nest(found.map((privilege) => [privilege, privilege]))
        return { status: names !== undefined && found.length === 0 ? 404 : 200, body }
      },
    }),
  )

  const put = defineRoute({
    summary: 'Create or update privileges of applications',
    fields: {},
    methods: ['PUT', 'POST'],
    path: '/_security/privilege',
    parameters: ['refresh'],
    body: 'required',
    read({ query, body }) {
      checkRefresh(query)
      return readDefinitions(body)
    },
    action: () => `${ACTION}put`,
    change: (privileges) => ({ 'event.action': 'put_privileges', put: { privileges } }),
    async act(privileges) {
      const created = await applicationPrivileges.put(privileges)
      return { body: nest(privileges.map((privilege, at) => [privilege, { created: created[at] === true }])) }
    },
  })

  const remove = defineRoute({
    summary: 'Delete privileges of an application',
    methods: ['DELETE'],
    path: '/_security/privilege/:application/:privilege',
    parameters: ['refresh'],
    read({ path: { application = '', privilege }, query }) {
      checkRefresh(query)
      return { application, names: splitNames(privilege) ?? [] }
    },
    action: () => `${ACTION}delete`,
    change: ({ application, names }) => ({
      'event.action': 'delete_privileges',
      delete: { privileges: { application, privileges: names } },
    }),
    async act({ application, names }) {
      const found = await Promise.all(names.map((name) => applicationPrivileges.delete(application, name)))
      const body = nest(names.map((name, at) => [{ application, name }, { found: found[at] === true }]))
      return { status: found.includes(true) ? 200 : 404, body }
    },
  })

  return [builtin, ...get, put, remove]
}

/** By application, then by name. */
function nest(entries: readonly (readonly [Pick<ApplicationPrivilege, 'application' | 'name'>, Json])[]): JsonObject {
  const applications = Map.groupBy(entries, ([{ application }]) => application)
  return Object.fromEntries(
    [...applications].map(([application, group]) => [
      application,
      Object.fromEntries(group.map(([{ name }, value]) => [name, value])),
    ]),
  )
}
