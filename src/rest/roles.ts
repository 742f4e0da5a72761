/** `/_security/role`: what a role's users may do. */
import type { Roles } from '../authc/roles.ts'
import { readRoleDescriptor, type RoleDescriptor } from '../authz/role-descriptor.ts'
import type { JsonObject } from '../kernel/json.ts'
import { OBJECT, OBJECTS, TEXT, TEXTS } from './body-shape.ts'
import { buildDeleteRoute, buildShowRoutes } from './named-entries.ts'
import { readName } from './names.ts'
import { checkRefresh } from './query.ts'
import { type ConfigChange, defineRoute, type Route } from './route.ts'

const PATH = '/_security/role'
const ACTION = 'cluster:admin/xpack/security/role/'
const ROLE_FIELDS = {
  cluster: TEXTS,
  indices: OBJECTS,
  applications: OBJECTS,
  run_as: TEXTS,
  global: OBJECT,
  metadata: OBJECT,
  remote_indices: OBJECTS,
  remote_cluster: OBJECTS,
  description: TEXT,
  transient_metadata: OBJECT,
}

export function buildRoleRoutes({ roles }: { roles: Roles }): Route[] {
  const put = defineRoute({
    summary: 'Create or update a role',
    fields: ROLE_FIELDS,
    methods: ['PUT', 'POST'],
    path: `${PATH}/:name`,
    parameters: ['refresh'],
    body: 'required',
    read({ path, query, body }) {
      checkRefresh(query)
      const name = readName(path)
      return { name, role: readRoleDescriptor(name, body) }
    },
    action: () => `${ACTION}put`,
    change: ({ name, role }) => describeRolePut(name, role),
    async act({ name, role }) {
      const { created } = await roles.put(name, role)
      return { body: { role: { created } } }
    },
  })

  const show = buildShowRoutes({
    summary: 'Show roles',
    path: PATH,
    action: `${ACTION}get`,
    async find(names) {
      const found = names === undefined ? await roles.list() : await roles.resolve(names)
      return found.map(({ name, role }) => [name, describeRole(role)])
    },
  })

  const remove = buildDeleteRoute({
    summary: 'Delete a role',
    path: PATH,
    action: `${ACTION}delete`,
    change: describeRoleDeletion,
    remove: (name) => roles.delete(name),
  })

  return [put, ...show, remove]
}

export function describeRolePut(name: string, role: RoleDescriptor): ConfigChange {
  return { 'event.action': 'put_role', put: { role: { name, role_descriptor: role } } }
}

export function describeRoleDeletion(name: string): ConfigChange {
  return { 'event.action': 'delete_role', delete: { role: { name } } }
}

/** A role under the names and in the order of the wire. */
export function describeRole({
  cluster,
  indices,
  applications,
  run_as,
  metadata,
  ...optional
}: RoleDescriptor): JsonObject {
  const transient = { transient_metadata: { enabled: true } }
  return { cluster, indices, applications, run_as, metadata, ...transient, ...optional }
}
