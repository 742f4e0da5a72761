import assert from 'node:assert/strict'
import test from 'node:test'
import { explainRoleMappings } from '../../../src/authz/role-mapping-explanation.ts'
import { mapRoles, readRoleMapping, type RoleMapping } from '../../../src/authz/role-mapping.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'

const ALICE = {
  username: 'alice',
  groups: ['finance-team', 'engineering'],
  metadata: { 'oidc(department)': 'sales' },
  realm: { name: 'oidc1' },
}

function mapping(name: string, body: JsonObject): { name: string; mapping: RoleMapping } {
  return { name, mapping: readRoleMapping(name, { enabled: true, roles: ['r'], ...body }) }
}

test('each part of a rule is marked, also where the verdict was clear before', () => {
  const rules = {
    all: [
      { field: { groups: ['board', 'finance-*'] } },
      { any: [{ field: { username: 'alice' } }, { field: { dn: '*,dc=example' } }] },
      { except: { field: { 'metadata.oidc(department)': 'sales' } } },
    ],
  }
  const [explained] = explainRoleMappings([mapping('finance', { rules })], ALICE)
  assert.deepEqual(explained, {
    name: 'finance',
    enabled: true,
    matched: false,
    roles: [],
    rules: {
      matched: false,
      all: [
        {
          matched: true,
          field: 'groups',
          found: ['finance-team', 'engineering'],
          values: [
            { value: 'board', matched: false },
            { value: 'finance-*', matched: true },
          ],
        },
        {
          matched: true,
          any: [
            { matched: true, field: 'username', found: 'alice', values: [{ value: 'alice', matched: true }] },
            { matched: false, field: 'dn', values: [{ value: '*,dc=example', matched: false }] },
          ],
        },
        {
          matched: false,
          except: {
            matched: true,
            field: 'metadata.oidc(department)',
            found: 'sales',
            values: [{ value: 'sales', matched: true }],
          },
        },
      ],
    },
  })
})

test('a mapping that is not enabled gives nothing, and says that its rules match', () => {
  const [explained] = explainRoleMappings(
    [mapping('off', { enabled: false, rules: { field: { username: 'alice' } } })],
    ALICE,
  )
  assert.deepEqual([explained?.enabled, explained?.matched, explained?.roles], [false, true, []])
})

test('a template that makes no role names is the problem that fails the login', () => {
  const body = {
    roles: undefined as never,
    role_templates: [{ template: '{"source":"{{#tojson}}groups.missing{{/tojson}}"}', format: 'json' }],
    rules: { field: { 'realm.name': 'oidc1' } },
  }
  const templated = mapping('templated', body)
  assert.throws(() => mapRoles([templated], ALICE), { reason: 'claims_unmappable' })
  const [explained] = explainRoleMappings([templated], ALICE)
  assert.match(explained?.problem ?? '', /^a role template of the role mapping \[templated\] failed: /)
})

test('the roles that are explained are those that a login gets', () => {
  const mappings = [
    mapping('a', { roles: ['one', 'two'], rules: { field: { groups: 'engineering' } } }),
    mapping('b', { roles: ['three'], rules: { field: { groups: 'nobody' } } }),
    mapping('c', { roles: ['two', 'four'], rules: { field: { 'realm.name': 'oidc1' } } }),
  ]
  const explained = new Set(explainRoleMappings(mappings, ALICE).flatMap(({ roles }) => roles))
  assert.deepEqual([...explained], mapRoles(mappings, ALICE))
})
