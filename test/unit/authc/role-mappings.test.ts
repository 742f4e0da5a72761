import assert from 'node:assert/strict'
import test from 'node:test'
import { createRoleMappings } from '../../../src/authc/role-mappings.ts'
import { readRoleMapping } from '../../../src/authz/role-mapping.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'

const MAPPING = readRoleMapping('m', {
  roles: ['finance_data'],
  enabled: true,
  rules: { all: [{ field: { 'realm.name': 'oidc1' } }, { field: { groups: 'finance-team' } }] },
})
const ALICE = { username: 'alice', groups: ['finance-team'], metadata: {}, realm: { name: 'oidc1' } }

test('a role mapping is there as it was put, until it is deleted, and counts at once', async (t) => {
  const mappings = createRoleMappings({ store: await openTemporaryStore(t) })
  assert.deepEqual(await mappings.mapRoles(ALICE), [])
  assert.deepEqual(await mappings.put('m', MAPPING), { created: true })
  assert.deepEqual(await mappings.put('m', MAPPING), { created: false })
  assert.deepEqual(await mappings.get(['m', 'nowhere', 'm']), [{ name: 'm', mapping: MAPPING }])
  assert.deepEqual(await mappings.mapRoles(ALICE), ['finance_data'])
  await mappings.put('m', { ...MAPPING, enabled: false })
  assert.deepEqual(await mappings.mapRoles(ALICE), [])
  assert.equal(await mappings.delete('m'), true)
  assert.equal(await mappings.delete('m'), false)
  assert.deepEqual(await mappings.list(), [])
})

test('the name of a role mapping is free text', async (t) => {
  const mappings = createRoleMappings({ store: await openTemporaryStore(t) })
  for (const name of ['Größe / ✓', '__proto__', 'a b']) await mappings.put(name, MAPPING)
  assert.deepEqual(
    (await mappings.list()).map(({ name }) => name),
    ['Größe / ✓', '__proto__', 'a b'],
  )
})

test('a damaged record gives nobody roles', async (t) => {
  const store = await openTemporaryStore(t)
  await store.documents.put('role_mapping', 'm', { roles: ['superuser'], enabled: true, rules: 'any', metadata: {} })
  await assert.rejects(createRoleMappings({ store }).mapRoles(ALICE), { reason: 'record_damaged' })
})
