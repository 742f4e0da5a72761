import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBase64url } from '../../../src/kernel/base64url.ts'

test('base64url is read in its canonical form only', () => {
  assert.deepEqual(decodeBase64url(''), Buffer.alloc(0))
  assert.deepEqual(decodeBase64url('-_8'), Buffer.of(0xfb, 0xff))
  for (const other of ['-_9', '-_8=', '+/8', ' -_8', '-_8\n', '-_8*', '-_8a*', 'A']) {
    assert.equal(decodeBase64url(other), undefined, other)
  }
})
