import assert from 'node:assert/strict'
import test from 'node:test'
import { createNativeRealm } from '../../../src/authc/native-realm.ts'
import { readUserRequest } from '../../../src/authc/user-request.ts'
import { SecurityError } from '../../../src/kernel/errors.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'
import { readVectors } from '../../support/vectors.ts'

/** A hash that costs little to verify. */
const { accepted } = readVectors('password-hashes.json') as { accepted: { password: string; hash: string }[] }
const [{ password: PASSWORD, hash: HASH } = { password: '', hash: '' }] = accepted

const request = (name: string, body: JsonObject = {}) =>
  readUserRequest(name, { password_hash: HASH, roles: ['r1'], ...body })

test('a user gets in with its password, as the user that was put', async (t) => {
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  const details = { full_name: 'Joe Doe', email: 'joe@example.com', metadata: { team: 'blue' } }
  assert.deepEqual(await native.putUser('joe', request('joe', details)), { created: true })
  const joe = {
    username: 'joe',
    roles: ['r1'],
    fullName: 'Joe Doe',
    email: 'joe@example.com',
    metadata: { team: 'blue' },
    enabled: true,
  }
  assert.deepEqual(await native.authenticate('joe', PASSWORD), joe)
  assert.deepEqual(await native.lookup('joe'), joe)
  assert.equal(await native.authenticate('joe', 'wrong one'), undefined)
  assert.equal(await native.authenticate('nobody', PASSWORD), undefined)
  assert.equal(await native.authenticate('Joe', PASSWORD), undefined)
  assert.equal(await native.lookup('nobody'), undefined)
})

test('putting a user again replaces everything, the password only if there is one', async (t) => {
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  await native.putUser('joe', request('joe', { full_name: 'Joe', metadata: { a: 1 } }))
  const answer = await native.putUser('joe', readUserRequest('joe', { roles: ['r2'] }))
  assert.deepEqual(answer, { created: false })
  const user = await native.authenticate('joe', PASSWORD)
  assert.deepEqual(user, { username: 'joe', roles: ['r2'], fullName: null, email: null, metadata: {}, enabled: true })
  await native.putUser('joe', readUserRequest('joe', { roles: [], password: 'a new one' }))
  assert.equal(await native.authenticate('joe', PASSWORD), undefined)
  assert.equal((await native.authenticate('joe', 'a new one'))?.username, 'joe')
})

test('a changed password counts at once, also where the old one was remembered', async (t) => {
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  await native.putUser('joe', request('joe'))
  assert.equal((await native.authenticate('joe', PASSWORD))?.username, 'joe')
  await native.changePassword('joe', { plain: 'a new one' })
  assert.equal(await native.authenticate('joe', PASSWORD), undefined)
  assert.equal((await native.authenticate('joe', 'a new one'))?.username, 'joe')
})

test('a disabled user does not get in, and does again once enabled', async (t) => {
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  await native.putUser('joe', request('joe'))
  await native.authenticate('joe', PASSWORD)
  await native.setEnabled('joe', false)
  assert.equal(await native.authenticate('joe', PASSWORD), undefined)
  assert.equal((await native.lookup('joe'))?.enabled, false)
  await native.setEnabled('joe', true)
  assert.equal((await native.authenticate('joe', PASSWORD))?.enabled, true)
})

test('a deleted user is gone at once', async (t) => {
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  await native.putUser('joe', request('joe'))
  await native.authenticate('joe', PASSWORD)
  assert.equal(await native.deleteUser('joe'), true)
  assert.equal(await native.deleteUser('joe'), false)
  assert.equal(await native.authenticate('joe', PASSWORD), undefined)
  assert.deepEqual(await native.list(), [])
})

test('who is not there cannot be changed', async (t) => {
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  const refused = (fault: string) => ({ reason: 'entry_invalid', message: `Validation Failed: 1: ${fault};` })
  await assert.rejects(
    native.putUser('joe', readUserRequest('joe', { roles: [] })),
    refused('password must be specified unless you are updating an existing user'),
  )
  await assert.rejects(
    native.changePassword('joe', { hash: HASH }),
    refused('user must exist in order to change password'),
  )
  await assert.rejects(native.setEnabled('joe', true), refused('only existing users can be enabled'))
  await assert.rejects(native.setEnabled('joe', false), refused('only existing users can be disabled'))
})

test('names that belong to the system, and names that are none, are refused', async (t) => {
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  const put = (name: string, body?: JsonObject) => native.putUser(name, request(name, body))
  const refused = (fault: string) => ({ reason: 'validation_failed', message: `Validation Failed: 1: ${fault};` })
  await assert.rejects(put('elastic'), refused('user [elastic] is reserved and only the password can be changed'))
  await assert.rejects(put('_xpack'), refused('user [_xpack] is internal'))
  await assert.rejects(put(' joe'), { reason: 'validation_failed', message: /1: User names must be at least 1/ })
  await assert.rejects(put('joe', { roles: ['ok', ''] }), {
    reason: 'validation_failed',
    message: /1: Role names must be at least 1/,
  })
  await assert.rejects(native.deleteUser('kibana'), {
    reason: 'argument_illegal',
    message: 'user [kibana] is reserved and cannot be deleted',
  })
  await assert.rejects(native.deleteUser('_system'), {
    reason: 'argument_illegal',
    message: 'user [_system] is internal',
  })
  assert.deepEqual(await native.list(), [])
})

test('users are listed by name, however many there are, without the reserved ones', async (t) => {
  const store = await openTemporaryStore(t)
  const native = createNativeRealm({ store })
  const names = Array.from({ length: 1001 }, (_, index) => `user${String(index).padStart(4, '0')}`)
  const body = { password_hash: HASH, roles: [], full_name: null, email: null, metadata: {}, enabled: true }
  await Promise.all(names.map((name) => store.documents.put('user', name, body)))
  await store.documents.put('user', 'elastic', { enabled: true })
  const listed = await native.list()
  assert.deepEqual(
    listed.map(({ username }) => username),
    names,
  )
})

test('two who change one user at once both succeed, and neither undoes the other', async (t) => {
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  await native.putUser('joe', request('joe'))
  await Promise.all([native.setEnabled('joe', false), native.changePassword('joe', { plain: 'a new one' })])
  assert.equal((await native.lookup('joe'))?.enabled, false)
  await native.setEnabled('joe', true)
  assert.equal((await native.authenticate('joe', 'a new one'))?.username, 'joe')
})

test('when the store cannot be read, nobody is let in and nobody is refused', async (t) => {
  const store = await openTemporaryStore(t)
  const away = new SecurityError('store_unavailable', 'away')
  const native = createNativeRealm({
    store: { ...store, documents: { ...store.documents, get: () => Promise.reject(away) } },
  })
  await assert.rejects(native.authenticate('joe', PASSWORD), { reason: 'store_unavailable' })
})

test('a damaged record lets nobody in', async (t) => {
  const store = await openTemporaryStore(t)
  await store.documents.put('user', 'joe', { password_hash: HASH, roles: 'superuser', metadata: {}, enabled: true })
  const native = createNativeRealm({ store })
  await assert.rejects(native.authenticate('joe', PASSWORD), { reason: 'record_damaged' })
})
