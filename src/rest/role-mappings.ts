/** `/_security/role_mapping`: which roles the users of other realms get. */
import type { RoleMappings } from '../authc/role-mappings.ts'
import { readRoleMapping, ROLE_MAPPING_FIELDS, type RoleMapping } from '../authz/role-mapping.ts'
import { SecurityError } from '../kernel/errors.ts'
import { ApiError } from './api-error.ts'
import { FLAG, OBJECT, OBJECTS, TEXTS } from './body-shape.ts'
import { buildDeleteRoute, buildShowRoutes } from './named-entries.ts'
import { readName, readNames } from './names.ts'
import { checkRefresh } from './query.ts'
import { readObject } from './request-body.ts'
import { defineRoute, type Route } from './route.ts'

const PATH = '/_security/role_mapping'
const ACTION = 'cluster:admin/xpack/security/role_mapping/'

export function buildRoleMappingRoutes({ roleMappings }: { roleMappings: RoleMappings }): Route[] {
  const put = defineRoute({
    summary: 'Create or update a role mapping',
    fields: { roles: TEXTS, role_templates: OBJECTS, rules: OBJECT, metadata: OBJECT, enabled: FLAG },
    methods: ['PUT', 'POST'],
    path: `${PATH}/:name`,
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

  const show = buildShowRoutes({
    summary: 'Show role mappings',
    path: PATH,
    action: `${ACTION}get`,
    readWanted({ path }) {
      const names = readNames(path)
      return names?.some((name) => name === '_all' || name === '*') === true ? undefined : names
    },
    async find(names) {
      const found = names === undefined ? await roleMappings.list() : await roleMappings.get(names)
      return found.map(({ name, mapping }) => [name, mapping])
    },
  })

  const remove = buildDeleteRoute({
    summary: 'Delete a role mapping',
    path: PATH,
    action: `${ACTION}delete`,
    change: (name) => ({ 'event.action': 'delete_role_mapping', delete: { role_mapping: { name } } }),
    remove: (name) => roleMappings.delete(name),
  })

  return [put, ...show, remove]
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
