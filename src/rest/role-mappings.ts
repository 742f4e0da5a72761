/** `/_security/role_mapping`: which roles the users of other realms get. */
import type { RoleMappings } from '../authc/role-mappings.ts'
import { readRoleMapping, ROLE_MAPPING_FIELDS, type RoleMapping } from '../authz/role-mapping.ts'
import { SecurityError } from '../kernel/errors.ts'
import { ApiError } from './api-error.ts'
import { FLAG, OBJECT, OBJECTS, TEXTS } from './body-shape.ts'
import { readName, readNames } from './names.ts'
import { checkRefresh } from './query.ts'
import { readObject } from './request-body.ts'
import { defineRoute, type Route } from './route.ts'

const ACTION = 'cluster:admin/xpack/security/role_mapping/'

export function buildRoleMappingRoutes({ roleMappings }: { roleMappings: RoleMappings }): Route[] {
  const put = defineRoute({
    summary: 'Create or update a role mapping',
    fields: { roles: TEXTS, role_templates: OBJECTS, rules: OBJECT, metadata: OBJECT, enabled: FLAG },
    methods: ['PUT', 'POST'],
    path: '/_security/role_mapping/:name',
    parameters: ['refresh'],
    body: 'required',
    read({ path, query, body }): { name: string; mapping: RoleMapping } {
      checkRefresh(query)
      const name = readName(path)
      const fields = readObject('role-mapping', body, ROLE_MAPPING_FIELDS)
      return { name, mapping: describingWhatIsMissing(() => readRoleMapping(name, fields)) }
    },
    action: () => `${ACTION}put`,
    change: ({ name, mapping }) => ({
      'event.action': 'put_role_mapping',
      put: { role_mapping: { name, ...mapping } },
    }),
    async act({ name, mapping }) {
      const { created } = await roleMappings.put(name, mapping)
      return { body: { role_mapping: { created } } }
    },
  })

  const get = ['/_security/role_mapping', '/_security/role_mapping/:name'].map((path) =>
    defineRoute({
      summary: 'Show role mappings',
      methods: ['GET'],
      path,
      read({ path }) {
        const names = readNames(path)
        return names?.some((name) => name === '_all' || name === '*') === true ? undefined : names
      },
      action: () => `${ACTION}get`,
      async act(names) {
        const found = names === undefined ? await roleMappings.list() : await roleMappings.get(names)
        const body = Object.fromEntries(found.map(({ name, mapping }) => [name, mapping]))
        return { status: names !== undefined && found.length === 0 ? 404 : 200, body }
      },
    }),
  )

  const remove = defineRoute({
    summary: 'Delete a role mapping',
    methods: ['DELETE'],
    path: '/_security/role_mapping/:name',
    parameters: ['refresh'],
    read({ path, query }) {
      checkRefresh(query)
      return readName(path)
    },
    action: () => `${ACTION}delete`,
    change: (name) => ({ 'event.action': 'delete_role_mapping', delete: { role_mapping: { name } } }),
    async act(name) {
      const found = await roleMappings.delete(name)
      return { status: found ? 200 : 404, body: { found } }
    },
  })

  return [put, ...get, remove]
}

/** A missing field is the one fault of a body to which Elasticsearch adds a cause: the end of its own message. */
function describingWhatIsMissing(read: () => RoleMapping): RoleMapping {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof SecurityError) || error.reason !== 'field_missing') throw error
    const missing = /missing field \[\w+\]$/.exec(error.message)?.[0] ?? ''
    const cause = new ApiError(400, 'illegal_state_exception', missing)
    throw new ApiError(400, 'parsing_exception', error.message, { cause })
  }
}
