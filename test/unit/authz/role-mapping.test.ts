import assert from 'node:assert/strict'
import test from 'node:test'
import { mapRoles, readRoleMapping } from '../../../src/authz/role-mapping.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'

const USER = { username: 'alice', groups: ['finance-team'], metadata: {}, realm: { name: 'oidc1' } }
const VALID: JsonObject = { roles: ['finance_data'], enabled: true, rules: { field: { 'realm.name': 'oidc1' } } }

const named = (name: string, body: JsonObject) => ({ name, mapping: readRoleMapping(name, { ...VALID, ...body }) })

const REFUSED: { name: string; change: JsonObject; without?: string; reason: string; message: string }[] = [
  {
    name: 'no roles',
    change: {},
    without: 'roles',
    reason: 'field_missing',
    message: 'failed to parse role-mapping [m]. missing field [roles]',
  },
  {
    name: 'no rules',
    change: {},
    without: 'rules',
    reason: 'field_missing',
    message: 'failed to parse role-mapping [m]. missing field [rules]',
  },
  {
    name: 'no enabled',
    change: {},
    without: 'enabled',
    reason: 'field_missing',
    message: 'failed to parse role-mapping [m]. missing field [enabled]',
  },
  {
    name: 'an empty list of roles',
    change: { roles: [] },
    reason: 'validation_failed',
    message: 'Validation Failed: 1: role-mapping roles or role-templates are missing;',
  },
  {
    name: 'roles and templates',
    change: { role_templates: [{ template: { source: 'x' } }] },
    reason: 'validation_failed',
    message: 'Validation Failed: 1: role-mapping cannot have both roles and role-templates;',
  },
  {
    name: 'metadata of the system',
    change: { metadata: { _x: 1 } },
    reason: 'validation_failed',
    message: 'Validation Failed: 1: metadata keys may not start with [_];',
  },
  {
    name: 'enabled as text',
    change: { enabled: 'true' },
    reason: 'field_unparsable',
    message: "[role-mapping] enabled doesn't support values of type: VALUE_STRING",
  },
  {
    name: 'a role that is no text',
    change: { roles: ['a', 1] },
    reason: 'field_unparsable',
    message: "[role-mapping] roles doesn't support values of type: VALUE_NUMBER",
  },
  {
    name: 'rules that are no object',
    change: { rules: [] },
    reason: 'field_unparsable',
    message: "[role-mapping] rules doesn't support values of type: START_ARRAY",
  },
  {
    name: 'rules that cannot be read',
    change: { rules: {} },
    reason: 'field_unparsable',
    message: '[role-mapping] failed to parse field [rules]',
  },
  {
    name: 'metadata that are no object',
    change: { metadata: 1 },
    reason: 'field_unparsable',
    message: "[role-mapping] metadata doesn't support values of type: VALUE_NUMBER",
  },
  {
    name: 'templates that are no objects',
    change: { role_templates: 'x' },
    reason: 'field_unparsable',
    message: "[role-mapping] role_templates doesn't support values of type: VALUE_STRING",
  },
]

for (const { name, change, without, reason, message } of REFUSED) {
  test(`${name}: refused`, () => {
    const body = Object.fromEntries(Object.entries({ ...VALID, ...change }).filter(([field]) => field !== without))
    assert.throws(() => readRoleMapping('m', body), { reason, message })
  })
}

test('a role may be one text, and what is ignored is gone', () => {
  const mapping = readRoleMapping('m', { ...VALID, roles: 'one', doc_type: 'role-mapping', type: 'x' })
  assert.deepEqual(mapping, { enabled: true, roles: ['one'], rules: VALID['rules'], metadata: {} })
})

test('a user gets the roles of every enabled mapping that matches, each once', () => {
  const mappings = [
    named('a', { roles: ['r1', 'r2'] }),
    named('b', { roles: ['r2', 'r3'] }),
    named('disabled', { roles: ['r4'], enabled: false }),
    named('elsewhere', { roles: ['r5'], rules: { field: { 'realm.name': 'oidc2' } } }),
  ]
  assert.deepEqual(mapRoles(mappings, USER).sort(), ['r1', 'r2', 'r3'])
})

test("the guide's mapping gives its role to the group's members only", () => {
  const rules = { all: [{ field: { 'realm.name': 'oidc1' } }, { field: { groups: 'finance-team' } }] }
  const mapping = named('oidc-finance', { rules })
  assert.deepEqual(mapRoles([mapping], USER), ['finance_data'])
  assert.deepEqual(mapRoles([mapping], { ...USER, groups: [] }), [])
})

test('templates add the roles that they generate', () => {
  const templates = { roles: [], role_templates: [{ template: { source: 'user_{{username}}' } }] }
  assert.deepEqual(mapRoles([named('t', templates)], USER), ['user_alice'])
})

test('a template that makes no roles of a user names its mapping', () => {
  const templates = { roles: [], role_templates: [{ template: { source: '{{username}}' }, format: 'json' }] }
  assert.throws(() => mapRoles([named('t', templates)], USER), {
    reason: 'claims_unmappable',
    message: 'a role template of the role mapping [t] failed',
  })
})
