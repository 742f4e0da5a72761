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

test('mappings are read again only after one was changed, and then at once', async (t) => {
  const store = await openTemporaryStore(t)
  let reads = 0
  const list: typeof store.documents.list = (...of) => {
    reads++
    return store.documents.list(...of)
  }
  const mappings = createRoleMappings({ store: { documents: { ...store.documents, list } } })
  const mapOften = async (expected: string[]) => {
    const before = reads
    for (let login = 0; login < 5; login++) assert.deepEqual(await mappings.mapRoles(ALICE), expected)
    assert.ok(reads - before <= 2, `${reads - before} reads`)
  }
  await mapOften([])
  await mappings.put('m', MAPPING)
  await mapOften(['finance_data'])
  await mappings.put('m', { ...MAPPING, enabled: false })
  await mapOften([])
  await mappings.put('n', MAPPING)
  await mapOften(['finance_data'])
  await mappings.delete('n')
  await mapOften([])
})

test('more mappings than are kept still count', async (t) => {
  const store = await openTemporaryStore(t)
  const mappings = createRoleMappings({ store })
  await Promise.all(
    Array.from({ length: 1001 }, (_, number) => mappings.put(`m${number}`, { ...MAPPING, enabled: false })),
  )
  for (let login = 0; login < 3; login++) assert.deepEqual(await mappings.mapRoles(ALICE), [])
  await mappings.put('last', MAPPING)
  for (let login = 0; login < 3; login++) assert.deepEqual(await mappings.mapRoles(ALICE), ['finance_data'])
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
