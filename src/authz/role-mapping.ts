/**
 * Role mappings: which roles the users of a realm get (Elasticsearch, "Create or update role mappings").
 */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject, nameJsonToken } from '../kernel/json.ts'
import { checkNoFaults } from '../kernel/validation.ts'
import { hasReservedKey } from './names.ts'
import { matchesRule, readRoleExpression, type RoleExpression, type UserModel } from './role-expression.ts'
import { generateRoles, readRoleTemplate, type RoleTemplate } from './role-template.ts'

/** Its fields have the names of the wire, in the order in which they are shown; empty lists are left out. */
export type RoleMapping = {
  enabled: boolean
  roles?: string[]
  role_templates?: RoleTemplate[]
  rules: RoleExpression
  metadata: JsonObject
}

/** What a realm knows of a user whom it has authenticated. */
export interface MappableUser {
  readonly username: string
  readonly dn?: string | undefined
  readonly groups: readonly string[]
  readonly metadata: JsonObject
  readonly realm: { readonly name: string }
}

const PARSER = 'role-mapping'
/** What a body may have; the last two are taken and ignored. */
export const ROLE_MAPPING_FIELDS = [
  'roles',
  'role_templates',
  'rules',
  'metadata',
  'enabled',
  'doc_type',
  'type',
] as const

/**
 * Reads and checks the body of a role mapping, of which the caller knows that it has no other fields.
 * @throws SecurityError `field_unparsable`, `field_missing` for its form, `validation_failed` for what it says,
 *   `argument_illegal` for a pattern or template that cannot work
 */
export function readRoleMapping(name: string, body: JsonObject): RoleMapping {
  const { roles, role_templates: templates, rules, metadata = {}, enabled, doc_type, type } = body
  if (!isJsonObject(metadata)) refuseType('metadata', metadata)
  if (enabled !== undefined && typeof enabled !== 'boolean') refuseType('enabled', enabled)
  for (const [field, value] of Object.entries({ doc_type, type })) {
    if (value !== undefined && typeof value !== 'string') refuseType(field, value)
  }
  const staticRoles = roles === undefined ? undefined : readRoles(roles)
  const roleTemplates = templates === undefined ? undefined : readTemplates(templates)
  const expression = rules === undefined ? undefined : readRules(name, rules)

  if (staticRoles === undefined && roleTemplates === undefined) refuseMissing(name, 'roles')
  if (expression === undefined) refuseMissing(name, 'rules')
  if (enabled === undefined) refuseMissing(name, 'enabled')

  const result = { roles: staticRoles ?? [], role_templates: roleTemplates ?? [] }
  const kinds = Object.values(result).filter((list) => list.length > 0).length
  checkNoFaults([
    ...(kinds === 0 ? ['role-mapping roles or role-templates are missing'] : []),
    ...(kinds === 2 ? ['role-mapping cannot have both roles and role-templates'] : []),
    ...(hasReservedKey(metadata) ? ['metadata keys may not start with [_]'] : []),
  ])
  return {
    enabled,
    ...(result.roles.length > 0 ? { roles: result.roles } : { role_templates: result.role_templates }),
    rules: expression,
    metadata,
  }
}

function readRoles(value: Json): string[] {
  const roles = Array.isArray(value) ? value : [value]
  return roles.map((role) => (typeof role === 'string' ? role : refuseType('roles', role)))
}

function readTemplates(value: Json): RoleTemplate[] {
  const templates = Array.isArray(value) ? value : [value]
  return templates.map((template) =>
    isJsonObject(template) ? readRoleTemplate(template) : refuseType('role_templates', template),
  )
}

function readRules(name: string, value: Json): RoleExpression {
  if (!isJsonObject(value)) refuseType('rules', value)
  try {
    return readRoleExpression(name, value)
  } catch (cause) {
    if (!(cause instanceof SecurityError) || cause.reason !== 'body_unparsable') throw cause
    throw new SecurityError('field_unparsable', `[${PARSER}] failed to parse field [rules]`, cause)
  }
}

function refuseType(field: string, value: Json): never {
  const token = nameJsonToken(value)
  throw new SecurityError('field_unparsable', `[${PARSER}] ${field} doesn't support values of type: ${token}`)
}

function refuseMissing(name: string, field: string): never {
  throw new SecurityError('field_missing', `failed to parse role-mapping [${name}]. missing field [${field}]`)
}

/**
 * The roles of a user: those of every enabled mapping whose rules match, each once.
 * @throws SecurityError `claims_unmappable` if a template makes no role names of what is known of this user
 */
export function mapRoles(mappings: readonly { name: string; mapping: RoleMapping }[], user: MappableUser): string[] {
  const model = buildUserModel(user)
  const matching = mappings.filter(({ mapping }) => mapping.enabled && matchesRule(mapping.rules, model))
  return [...new Set(matching.flatMap(({ name, mapping }) => generateMappedRoles(name, mapping, model)))]
}

/**
 * What a mapping gives to a user whom its rules match: its roles, or those that its templates make.
 * @throws SecurityError `claims_unmappable` if a template makes no role names of what is known of this user
 */
export function generateMappedRoles(
  name: string,
  { roles = [], role_templates: templates = [] }: RoleMapping,
  user: UserModel,
): string[] {
  try {
    return [...roles, ...templates.flatMap((template) => generateRoles(template, user))]
  } catch (cause) {
    throw new SecurityError('claims_unmappable', `a role template of the role mapping [${name}] failed`, cause)
  }
}

/** What the rules and templates of mappings see of a user. */
export function buildUserModel({ username, dn, groups, metadata, realm }: MappableUser): UserModel {
  return new Map<string, Json>([
    ['username', username],
    ...(dn === undefined ? [] : [['dn', dn] as const]),
    ['groups', [...groups]],
    ...Object.entries(metadata).map(([key, value]) => [`metadata.${key}`, value] as const),
    ['realm.name', realm.name],
  ])
}
