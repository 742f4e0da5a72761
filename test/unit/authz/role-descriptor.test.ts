import assert from 'node:assert/strict'
import { findIndexPrivilegeFault } from '../../../src/authz/index-privileges.ts'
import test from 'node:test'
import { readRoleDescriptor } from '../../../src/authz/role-descriptor.ts'
import { findReservedRole, listReservedRoles } from '../../../src/authz/reserved-roles.ts'
import { findServiceAccount } from '../../../src/authz/service-accounts.ts'
import { findClusterPrivilegeFault, grantsAction } from '../../../src/authz/privileges.ts'
import type { Json, JsonObject } from '../../../src/kernel/json.ts'

const EMPTY = { cluster: [], indices: [], applications: [], run_as: [], metadata: {} }
const index = (entry: JsonObject): JsonObject => ({ indices: [{ names: ['a'], privileges: ['read'], ...entry }] })

test("the guide's role is read as printed", () => {
  const role = readRoleDescriptor('facilitator-role', { cluster: ['manage_oidc', 'manage_token'] })
  assert.deepEqual(role, { ...EMPTY, cluster: ['manage_oidc', 'manage_token'] })
})

test('everything that a role can say is kept, and what is passing is dropped', () => {
  const body = {
    cluster: ['all'],
    indices: [
      {
        names: 'logs-*',
        privileges: ['read'],
        query: { match_all: {} },
        field_security: { grant: ['a*', 'b'], except: ['a1'] },
        allow_restricted_indices: true,
      },
    ],
    applications: [{ application: 'app', privileges: ['p'], resources: ['*'] }],
    run_as: ['bob'],
    global: { application: { manage: { applications: ['app'] } } },
    metadata: { version: 1 },
    remote_indices: [{ names: ['x'], privileges: ['read'], clusters: ['c1'] }],
    remote_cluster: [{ privileges: ['monitor_enrich'], clusters: ['*'] }],
    description: 'Reads logs',
    transient_metadata: { enabled: false },
    type: 'role',
  }
  const { transient_metadata: _passing, type: _ignored, ...kept } = body
  assert.deepEqual(readRoleDescriptor('r', body), {
    ...kept,
    indices: [{ ...body.indices[0], names: ['logs-*'], query: '{"match_all":{}}' }],
    remote_indices: [{ ...body.remote_indices[0], allow_restricted_indices: false }],
  })
})

test('the older names of two fields, and null for lists', () => {
  const body = { cluster: null, run_as: null, index: [], application: [] }
  assert.deepEqual(readRoleDescriptor('r', body), EMPTY)
})

const INDICES = 'failed to parse indices privileges for role [r]. '
const REFUSED: { body: Json; reason?: string; message: string | RegExp }[] = [
  { body: [], message: 'failed to parse role [r]. expected an object but found [START_ARRAY] instead' },
  { body: { clusters: [] }, message: 'failed to parse role [r]. unexpected field [clusters]' },
  { body: { restriction: {} }, message: 'failed to parse role [r]. unexpected field [restriction]' },
  { body: { cluster: 'all' }, message: 'failed to parse role [r]' },
  { body: { cluster: ['all', 1] }, message: 'failed to parse role [r]' },
  { body: { run_as: {} }, message: 'failed to parse role [r]' },
  {
    body: { metadata: [] },
    message: 'expected field [metadata] to be of type object, but found [START_ARRAY] instead',
  },
  {
    body: { transient_metadata: 1 },
    message: 'expected field [transient_metadata] to be of type object, but found [VALUE_NUMBER] instead',
  },
  {
    body: { indices: {} },
    message: `${INDICES}expected field [indices] value to be an array, but found [START_OBJECT] instead`,
  },
  {
    body: { indices: [1] },
    message: `${INDICES}expected field [indices] value to be an array of objects, but found an array element of type [VALUE_NUMBER]`,
  },
  { body: { indices: [{ privileges: [] }] }, message: `${INDICES}missing required [names] field` },
  { body: { indices: [{ names: ['a'] }] }, message: `${INDICES}missing required [privileges] field` },
  { body: index({ names: [] }), message: `${INDICES}[names] cannot be an empty array` },
  { body: index({ fields: [] }), message: `${INDICES}unexpected field [fields]` },
  {
    body: index({ allow_restricted_indices: 1 }),
    message: `${INDICES}expected field [allow_restricted_indices] value to be a boolean, but found [VALUE_NUMBER] instead`,
  },
  { body: index({ field_security: {} }), message: `${INDICES}"field_security" must not be empty.` },
  {
    body: index({ field_security: { grants: [] } }),
    message: `${INDICES}"field_security" only accepts options grant and except, but got: grants`,
  },
  {
    body: index({ field_security: { except: ['a'] } }),
    message: `${INDICES}field_security requires grant if except is given`,
  },
  {
    body: index({ field_security: { grant: ['a*', 'c'], except: ['a1', 'b'] } }),
    message: `${INDICES}- Exceptions for field permissions must be a subset of the granted fields but [a1, b] is not a subset of [a*, c]`,
  },
  {
    body: index({ query: 7 }),
    message: `${INDICES}expected field [query] value to be null, a string, or an object, but found [VALUE_NUMBER] instead`,
  },
  { body: index({ query: '{' }), message: `${INDICES}the value of field [query] is not valid JSON` },
  {
    body: index({ query: '['.repeat(5000) + ']'.repeat(5000) }),
    message: `${INDICES}the value of field [query] is nested more than 100 deep`,
  },
  {
    body: index({ query: { bool: { filter: [{ terms: { user: { index: 'users', id: '1', path: 'names' } } }] } } }),
    reason: 'argument_illegal',
    message: "terms query with terms lookup isn't supported as part of a role query",
  },
  {
    body: { cluster: ['x'] },
    reason: 'validation_failed',
    message: /^Validation Failed: 1: unknown cluster privilege \[x\]\. .*;$/,
  },
  {
    body: index({ privileges: ['x'] }),
    reason: 'validation_failed',
    message: /^Validation Failed: 1: unknown index privilege \[x\]\. .*;$/,
  },
  {
    body: { metadata: { _x: 1 } },
    reason: 'validation_failed',
    message: 'Validation Failed: 1: role descriptor metadata keys may not start with [_];',
  },
  {
    body: { description: 'x'.repeat(1001) },
    reason: 'validation_failed',
    message: 'Validation Failed: 1: Role description must be less than 1000 characters.;',
  },
  {
    body: { remote_indices: [{ names: ['a'], privileges: ['read'], clusters: [''] }] },
    reason: 'validation_failed',
    message: 'Validation Failed: 1: remote index cluster alias cannot be an empty string;',
  },
]

for (const { body, reason = 'body_unparsable', message } of REFUSED) {
  test(`refused: ${JSON.stringify(body).slice(0, 90)}`, () => {
    assert.throws(() => readRoleDescriptor('r', body), { reason, message })
  })
}

test('everything that is wrong with a role is told at once', () => {
  assert.throws(() => readRoleDescriptor('superuser', { cluster: ['x'], metadata: { _y: 1 } }), {
    reason: 'validation_failed',
    message:
      /^Validation Failed: 1: Role \[superuser\] is reserved and may not be used\.;2: unknown .*;3: role descriptor .*;$/,
  })
})

test('names of roles are printable ASCII without blanks at the ends', () => {
  for (const name of ['a', 'a b', '!"§'.slice(0, 2), 'x'.repeat(1024)]) readRoleDescriptor(name, {})
  for (const name of ['', ' a', 'a ', 'ä', 'a\tb', 'x'.repeat(1025)]) {
    assert.throws(() => readRoleDescriptor(name, {}), {
      message: /1: Role names must be at least 1 and no more than 1024/,
    })
  }
})

test('the reserved roles that Elasticsearch has for its products are there', () => {
  const names = `
    apm_system beats_system data_frame_transforms_admin data_frame_transforms_user editor enrich_user ingest_admin
    kibana_admin kibana_system kibana_user logstash_system machine_learning_admin machine_learning_user monitoring_user
    remote_monitoring_agent remote_monitoring_collector reporting_user rollup_admin rollup_user snapshot_user superuser
    transform_admin transform_user transport_client viewer watcher_admin watcher_user`
  assert.deepEqual(
    listReservedRoles().map(({ name }) => name),
    names.trim().split(/\s+/),
  )
  assert.equal(findReservedRole('kibana_user')?.metadata['_deprecated'], true)
})

test('reserved roles say so, are in order, and name privileges that exist', () => {
  const roles = listReservedRoles()
  assert.deepEqual(
    roles.map(({ name }) => name),
    roles.map(({ name }) => name).toSorted(),
  )
  for (const { name, role } of roles) {
    assert.equal(role.metadata['_reserved'], true, name)
    for (const privilege of role.cluster) assert.equal(findClusterPrivilegeFault(privilege), undefined, name)
    for (const { privileges } of role.indices) {
      for (const privilege of privileges) assert.equal(findIndexPrivilegeFault(privilege), undefined, name)
    }
  }
  assert.deepEqual(findReservedRole('superuser')?.cluster, ['all'])
  assert.equal(findReservedRole('toString'), undefined)
})

test("the portal's account may use OpenID Connect and tokens, and nothing else", () => {
  const cluster = findServiceAccount('ostiary/portal')?.cluster ?? []
  assert.deepEqual(cluster, ['manage_oidc', 'manage_token'])
  assert.equal(grantsAction(cluster, 'cluster:monitor/main'), false)
  assert.equal(findServiceAccount('ostiary/other'), undefined)
})
