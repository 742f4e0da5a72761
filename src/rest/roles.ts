/** `/_security/role`: what a role's users may do. */
import type { Roles } from '../authc/roles.ts'
import { readRoleDescriptor, type RoleDescriptor } from '../authz/role-descriptor.ts'
import type { JsonObject } from '../kernel/json.ts'
import { OBJECT, OBJECTS, TEXT, TEXTS } from './body-shape.ts'
import { readName, readNames } from './names.ts'
import { checkRefresh } from './query.ts'
import { type ConfigChange, defineRoute, type Route } from './route.ts'

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
    path: '/_security/role/:name',
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

  const get = ['/_security/role', '/_security/role/:name'].map((path) =>
    defineRoute({
      summary: 'Show roles',
      methods: ['GET'],
      path,
      read: ({ path }) => readNames(path),
      action: () => `${ACTION}get`,
      async act(names) {
        const found = names === undefined ? await roles.list() : await roles.resolve(names)
        const body = Object.fromEntries(found.map(({ name, role }) => [name, describeRole(role)]))
        return { status: names !== undefined && found.length === 0 ? 404 : 200, body }
      },
    }),
  )

  const remove = defineRoute({
    summary: 'Delete a role',
    methods: ['DELETE'],
    path: '/_security/role/:name',
    parameters: ['refresh'],
    read({ path, query }) {
      checkRefresh(query)
      return readName(path)
    },
    action: () => `${ACTION}delete`,
    change: (name) => describeRoleDeletion(name),
    async act(name) {
      const found = await roles.delete(name)
      return { status: found ? 200 : 404, body: { found } }
    },
  })

  return [put, ...get, remove]
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
