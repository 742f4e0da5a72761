import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { createSealer } from '../../../src/kernel/sealer.ts'
import { loadProviderKeys } from '../../../src/provider/provider-keys.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'

const POLICY = { rotateEvery: 1000, announce: 100, retain: 300 }

test('nodes that start together end with one set of keys, which stays and is sealed', async (t) => {
  const { documents } = await openTemporaryStore(t)
  const parts = { documents, sealer: createSealer(['a secret of the tests']), clock: () => 0, policy: POLICY }
  const [first, second] = await Promise.all([loadProviderKeys(parts), loadProviderKeys(parts)])
  assert.deepEqual(first, second)
  assert.deepEqual(await loadProviderKeys(parts), first)

  const [rsa, ec] = first.signing
  assert.equal(rsa?.kty, 'RSA')
  assert.equal(Buffer.from(rsa.n ?? '', 'base64url').length, 3072 / 8)
  assert.equal(ec?.crv, 'P-256')
  for (const key of first.signing) assert.equal(key.kid, await calculateJwkThumbprint(key))
  assert.equal(Buffer.from(first.cookies[0] ?? '', 'base64url').length, 32)

  const stored = JSON.stringify((await documents.list('provider_key')).map(({ body }) => body))
  for (const secret of [rsa.d, ec.d, first.cookies[0]]) assert.ok(secret && !stored.includes(secret))
  await assert.rejects(loadProviderKeys({ ...parts, sealer: createSealer(['another secret']) }), {
    reason: 'record_damaged',
    message: /do not open with the \[ostiary\.secret\] of this keystore: put the keystore of their time back$/,
  })
})

test('nodes that rotate together announce one set, which signs on all of them when its time has come', async (t) => {
  const { documents } = await openTemporaryStore(t)
  const at = (now: number) => ({
    documents,
    sealer: createSealer(['a secret of the tests']),
    clock: () => now,
    policy: POLICY,
  })
  const before = await loadProviderKeys(at(0))
  const [one, two] = await Promise.all([
    loadProviderKeys(at(10), { rotate: true }),
    loadProviderKeys(at(10), { rotate: true }),
  ])
  assert.deepEqual(one, two)
  assert.equal(one.signing.length, 4)
  assert.equal(one.signing[0]?.kid, before.signing[0]?.kid)
  const [later, same] = await Promise.all([loadProviderKeys(at(110)), loadProviderKeys(at(110))])
  assert.deepEqual(later, same)
  assert.equal(later.signing[0]?.kid, one.signing[2]?.kid)
  assert.equal(later.signing.length, 4)
  assert.equal(later.cookies[1], before.cookies[0])
  assert.equal((await loadProviderKeys(at(410))).signing.length, 2)
  // By time.
  assert.equal((await loadProviderKeys(at(1110))).signing.length, 4)
})
