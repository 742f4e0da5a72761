import assert from 'node:assert/strict'
import test from 'node:test'
import { buildCodeChallenge, deriveCodeVerifier } from '../../../src/oidc/pkce.ts'
import { belongsToRealm, createState, joinParts, responseKey } from '../../../src/oidc/state.ts'

const KEY = Buffer.alloc(32, 1)
const OTHER_KEY = Buffer.alloc(32, 2)

test('a state names its realm to every node that has the key, and no other realm (A-15)', () => {
  const state = createState(KEY, 'r1')
  assert.match(state, /^[\w-]{43}$/)
  assert.ok(belongsToRealm(KEY, 'r1', state))
  assert.ok(!belongsToRealm(KEY, 'r2', state))
  assert.ok(!belongsToRealm(OTHER_KEY, 'r1', state))
  assert.notEqual(createState(KEY, 'r1'), state)
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

test('a response is remembered by realm and state', () => {
  assert.equal(responseKey('r', 's').length, 32)
  assert.notDeepEqual(responseKey('r', 's'), responseKey('rs', ''))
})
