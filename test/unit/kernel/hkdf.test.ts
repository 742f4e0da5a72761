import assert from 'node:assert/strict'
import { hkdfSync, randomBytes } from 'node:crypto'
import test from 'node:test'
import { createHkdf } from '../../../src/kernel/hkdf.ts'

test('it is HKDF-SHA-256, for salts and secrets of any length', () => {
  for (const saltLength of [0, 8, 32, 64, 65]) {
    const salt = randomBytes(saltLength)
    const derive = createHkdf(salt)
    for (const length of [0, 1, 32, 100]) {
      for (const purpose of ['', 'ostiary session content v1', 'für etwas ganz anderes']) {
        const secret = randomBytes(length)
        const expected = Buffer.from(hkdfSync('sha256', secret, salt, purpose, 32))
        assert.deepEqual(derive(secret, purpose), expected, `salt of ${saltLength} bytes, secret of ${length}`)
      }
    }
  }
})
