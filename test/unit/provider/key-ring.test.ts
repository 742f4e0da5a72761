import assert from 'node:assert/strict'
import { test } from 'node:test'
import { advanceKeys, announceKeys, isRotationDue, type KeyRing, orderKeys } from '../../../src/provider/key-ring.ts'

const POLICY = { rotateEvery: 900, announce: 100, retain: 300 }
const RING: KeyRing = {
  signing: [{ jwk: { kty: 'EC', kid: 'old' }, state: 'current', since: 0 }],
  cookies: [{ secret: 'c0', since: 0 }],
}
const NEXT = [{ kty: 'EC', kid: 'new' }]
const advance = (ring: KeyRing, now: number) => advanceKeys(ring, POLICY, now, () => `c${now}`)
const kids = (ring: KeyRing) => orderKeys(ring).map(({ kid }) => kid)
const secrets = (ring: KeyRing) => ring.cookies.map(({ secret }) => secret)

test('a key is announced, signs after that, verifies for a while when it is retired, and goes', () => {
  const announced = announceKeys(RING, NEXT, 1000)
  assert.deepEqual(kids(announced), ['old', 'new'])
  assert.equal(advance(announced, 1099), announced)
  const promoted = advance(announced, 1100)
  assert.deepEqual(kids(promoted), ['new', 'old'])
  assert.deepEqual(secrets(promoted), ['c1100', 'c0'])
  assert.equal(advance(promoted, 1399), promoted)
  const alone = advance(promoted, 1400)
  assert.deepEqual(kids(alone), ['new'])
  assert.deepEqual(secrets(alone), ['c1100'])
})

test('a rotation under way goes on: nothing new is announced', () => {
  const announced = announceKeys(RING, NEXT, 1000)
  assert.equal(announceKeys(announced, [{ kty: 'EC', kid: 'newer' }], 1001), announced)
  assert.equal(isRotationDue(announced, POLICY, 5000), false)
})

test('keys rotate by time, or with 0 never by themselves', () => {
  assert.equal(isRotationDue(RING, POLICY, 899), false)
  assert.equal(isRotationDue(RING, POLICY, 900), true)
  assert.equal(isRotationDue(RING, { ...POLICY, rotateEvery: 0 }, 1e9), false)
})
