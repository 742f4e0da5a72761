import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawBytes, randomText } from '../../../src/kernel/random.ts'

test('no two draws share a byte, whatever is asked for in which order', () => {
  const draws = Array.from({ length: 2000 }, (_, index) => drawBytes(16 + (index % 50)))
  draws.forEach((draw, index) => assert.equal(draw.length, 16 + (index % 50)))
  assert.equal(new Set(draws.map((draw) => draw.subarray(0, 16).toString('hex'))).size, draws.length)
  assert.ok(draws.every((draw) => draw.some((byte) => byte !== 0)))
})

test('who changes what was drawn changes nothing that is drawn later', () => {
  drawBytes(32).fill(7)
  assert.notDeepEqual(drawBytes(32), Buffer.alloc(32, 7))
})

test('all of the supply can be drawn at once, and no more', () => {
  assert.equal(drawBytes(4096).length, 4096)
  assert.throws(() => drawBytes(4097), RangeError)
})

test('a text of 32 bytes has 43 characters of base64url', () => {
  assert.match(randomText(32), /^[\w-]{43}$/)
})
