import assert from 'node:assert/strict'
import test from 'node:test'
import { createNativeRealm } from '../../../src/authc/native-realm.ts'
import { createReservedRealm } from '../../../src/authc/reserved-realm.ts'
import { SecurityError } from '../../../src/kernel/errors.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'

const ELASTIC = {
  username: 'elastic',
  roles: ['superuser'],
  fullName: null,
  email: null,
  metadata: { _reserved: true },
  enabled: true,
}

test('elastic gets in with the bootstrap password until it has one of its own', async (t) => {
  const store = await openTemporaryStore(t)
  const reserved = createReservedRealm({ store, bootstrapPassword: 'bootstrap' })
  assert.deepEqual(await reserved.authenticate('elastic', 'bootstrap'), ELASTIC)
  assert.equal(await reserved.authenticate('elastic', 'wrong one'), undefined)
  await reserved.changePassword('elastic', { plain: 'a new one' })
  assert.equal(await reserved.authenticate('elastic', 'bootstrap'), undefined)
  assert.deepEqual(await reserved.authenticate('elastic', 'a new one'), ELASTIC)
  const restarted = createReservedRealm({ store, bootstrapPassword: 'bootstrap' })
  assert.equal(await restarted.authenticate('elastic', 'bootstrap'), undefined)
})

test('no bootstrap password: elastic has none', async (t) => {
  const reserved = createReservedRealm({ store: await openTemporaryStore(t), bootstrapPassword: undefined })
  assert.equal(await reserved.authenticate('elastic', ''), undefined)
  assert.equal(await reserved.authenticate('elastic', 'undefined'), undefined)
})

test('the other reserved users have no password until one is set', async (t) => {
  const reserved = createReservedRealm({ store: await openTemporaryStore(t), bootstrapPassword: 'bootstrap' })
  assert.equal(await reserved.authenticate('kibana_system', 'bootstrap'), undefined)
  await reserved.changePassword('kibana_system', { plain: 'for kibana' })
  assert.deepEqual((await reserved.authenticate('kibana_system', 'for kibana'))?.roles, ['kibana_system'])
  assert.equal(await reserved.authenticate('kibana', 'for kibana'), undefined)
})

test('a reserved user can be disabled, and keeps its password', async (t) => {
  const reserved = createReservedRealm({ store: await openTemporaryStore(t), bootstrapPassword: 'bootstrap' })
  await reserved.setEnabled('elastic', false)
  assert.equal(await reserved.authenticate('elastic', 'bootstrap'), undefined)
  assert.equal((await reserved.lookup('elastic'))?.enabled, false)
  await reserved.setEnabled('elastic', true)
  assert.deepEqual(await reserved.authenticate('elastic', 'bootstrap'), ELASTIC)
})

test('all reserved users are there, and say so', async (t) => {
  const reserved = createReservedRealm({ store: await openTemporaryStore(t), bootstrapPassword: undefined })
  const users = await reserved.list()
  assert.deepEqual(users.map(({ username }) => username).sort(), [
    'apm_system',
    'beats_system',
    'elastic',
    'kibana',
    'kibana_system',
    'logstash_system',
    'remote_monitoring_user',
  ])
  assert.ok(users.every(({ metadata }) => metadata['_reserved'] === true))
  const kibana = users.find(({ username }) => username === 'kibana')
  assert.deepEqual(kibana?.metadata, {
    _reserved: true,
    _deprecated: true,
    _deprecated_reason: 'Please use the [kibana_system] user instead.',
  })
  assert.equal(await reserved.lookup('joe'), undefined)
  assert.equal(await reserved.authenticate('joe', 'bootstrap'), undefined)
})

test('while the store is away a reserved user is as it was last known, and one that never was is not let in', async (t) => {
  const store = await openTemporaryStore(t)
  let isAway = false
  const get: typeof store.documents.get = async (kind, name) => {
    if (isAway) throw new SecurityError('store_unavailable', 'away')
    return store.documents.get(kind, name)
  }
  const documents = { ...store.documents, get }
  const reserved = createReservedRealm({ store: { documents }, bootstrapPassword: 'bootstrap' })
  const restarted = createReservedRealm({ store: { documents }, bootstrapPassword: 'bootstrap' })
  assert.deepEqual(await reserved.authenticate('elastic', 'bootstrap'), ELASTIC)
  await reserved.changePassword('elastic', { plain: 'a new one' })
  isAway = true
  assert.deepEqual(await reserved.authenticate('elastic', 'a new one'), ELASTIC)
  assert.equal(await reserved.authenticate('elastic', 'bootstrap'), undefined)
  await assert.rejects(restarted.authenticate('elastic', 'bootstrap'), { reason: 'store_unavailable' })
  await assert.rejects(reserved.setEnabled('elastic', false), { reason: 'store_unavailable' })
  isAway = false
  await store.documents.put('user', 'elastic', { enabled: false })
  assert.equal(await reserved.authenticate('elastic', 'a new one'), undefined)
})

test('the record of a reserved user is no user of the native realm', async (t) => {
  const store = await openTemporaryStore(t)
  const reserved = createReservedRealm({ store, bootstrapPassword: undefined })
  await reserved.changePassword('elastic', { plain: 'a new one' })
  const native = createNativeRealm({ store })
  assert.equal(await native.authenticate('elastic', 'a new one'), undefined)
  assert.equal(await native.lookup('elastic'), undefined)
})
