import assert from 'node:assert/strict'
import { createHmac as createReference, randomBytes } from 'node:crypto'
import test from 'node:test'
import { createHmac } from '../../../src/kernel/hmac.ts'

test('it is HMAC-SHA-256, for keys and messages of any length', () => {
  for (const keyLength of [0, 1, 32, 63, 64, 65, 200]) {
    const key = randomBytes(keyLength)
    const hmac = createHmac(key)
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
      const message = randomBytes(length)
      const expected = createReference('sha256', key).update(message).digest()
      assert.deepEqual(hmac(message), expected, `key of ${keyLength} bytes, message of ${length}`)
    }
  }
})

test('one that was given stays as it is while others are made', () => {
  const hmac = createHmac(Buffer.alloc(32, 1))
  const first = hmac(Buffer.from('a'))
  const copy = Buffer.from(first)
  hmac(Buffer.from('b'))
  assert.deepEqual(first, copy)
})
