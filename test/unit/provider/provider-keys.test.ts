import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { createSealer } from '../../../src/kernel/sealer.ts'
import { loadProviderKeys } from '../../../src/provider/provider-keys.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'

test('nodes that start together end with one set of keys, which stays and is sealed', async (t) => {
  const { documents } = await openTemporaryStore(t)
  const sealer = createSealer(['a secret of the tests'])
  const [first, second] = await Promise.all([
    loadProviderKeys({ documents, sealer }),
    loadProviderKeys({ documents, sealer }),
  ])
  assert.deepEqual(first, second)
  assert.deepEqual(await loadProviderKeys({ documents, sealer }), first)

  const [rsa, ec] = first.signing
  assert.equal(rsa?.kty, 'RSA')
  assert.equal(Buffer.from(rsa.n ?? '', 'base64url').length, 3072 / 8)
  assert.equal(ec?.crv, 'P-256')
  for (const key of first.signing) assert.equal(key.kid, await calculateJwkThumbprint(key))
  assert.equal(Buffer.from(first.cookies[0] ?? '', 'base64url').length, 32)

  const stored = JSON.stringify((await documents.list('provider_key')).map(({ body }) => body))
  for (const secret of [rsa.d, ec.d, first.cookies[0]]) assert.ok(secret && !stored.includes(secret))
  await assert.rejects(loadProviderKeys({ documents, sealer: createSealer(['another secret']) }), {
    reason: 'record_damaged',
  })
})
