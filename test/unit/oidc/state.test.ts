import assert from 'node:assert/strict'
import test from 'node:test'
import { createHmac } from '../../../src/kernel/hmac.ts'
import { buildCodeChallenge, deriveCodeVerifier } from '../../../src/oidc/pkce.ts'
import { belongsToRealm, createState, joinParts, responseKey } from '../../../src/oidc/state.ts'

const KEY = createHmac(Buffer.alloc(32, 1))
const NOW = 1_800_000_000
const OTHER_KEY = createHmac(Buffer.alloc(32, 2))

test('a state names its realm to every node that has the key, and no other realm (A-15)', () => {
  const state = createState(KEY, 'r1', NOW)
  assert.match(state, /^[\w-]{43}$/)
  assert.ok(belongsToRealm(KEY, 'r1', state))
  assert.ok(!belongsToRealm(KEY, 'r2', state))
  assert.ok(!belongsToRealm(OTHER_KEY, 'r1', state))
  assert.notEqual(createState(KEY, 'r1', NOW), state)
})

test("a state of a caller's own making belongs to no realm", () => {
  for (const state of ['', 'abc', 'a'.repeat(43), 'é'.repeat(43)]) assert.ok(!belongsToRealm(KEY, 'r1', state))
})

test('a verifier is the same on every node, and another for every realm, state and nonce', () => {
  const verifier = deriveCodeVerifier(KEY, 'r', 's', 'n')
  assert.match(verifier, /^[\w-]{43}$/)
  assert.equal(deriveCodeVerifier(KEY, 'r', 's', 'n'), verifier)
  const others = [
    deriveCodeVerifier(OTHER_KEY, 'r', 's', 'n'),
    deriveCodeVerifier(KEY, 'rs', '', 'n'),
    deriveCodeVerifier(KEY, 'r', 'sn', ''),
    deriveCodeVerifier(KEY, 'r', 's', 'm'),
  ]
  assert.equal(new Set([verifier, ...others]).size, 5)
})

test('the challenge is the one of RFC 7636 appendix B', () => {
  const challenge = buildCodeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')
  assert.equal(challenge, 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
})

test('parts are joined after their lengths in bytes', () => {
  assert.deepEqual([...joinParts(['é', ''])], [0, 0, 0, 2, 0xc3, 0xa9, 0, 0, 0, 0])
})

test('a response is remembered by realm and state, whatever the state is', () => {
  for (const state of ['', 's', 'é'.repeat(43), createState(KEY, 'r', NOW)]) {
    assert.equal(responseKey('r', state).length, 32)
    assert.deepEqual(responseKey('r', state), responseKey('r', state))
    assert.notDeepEqual(responseKey('r', state), responseKey('s', state))
  }
  assert.notDeepEqual(responseKey('r', 's'), responseKey('rs', ''))
  assert.notDeepEqual(responseKey('r', 'AAAAAA'), responseKey('r', 'AAAAAAAA'))
})

test('the marks of our own responses are in the order of their time', () => {
  const keyAt = (now: number) => responseKey('r', createState(KEY, 'r', now))
  for (const earlier of [NOW, NOW + 1, NOW + 255]) {
    assert.equal(Buffer.compare(keyAt(earlier), keyAt(earlier + 1)), -1)
  }
})
