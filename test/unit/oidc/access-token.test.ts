import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { checkAccessToken } from '../../../src/oidc/access-token.ts'
import { readJwt } from '../../../src/oidc/jwt.ts'

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const idToken = (atHash: unknown, alg = 'RS256') =>
  readJwt(`${part({ alg })}.${part({ at_hash: atHash })}.c2ln`) ?? assert.fail()
const check = (atHash: unknown, { alg = 'RS256', tokenType = 'Bearer', required = true } = {}) =>
  checkAccessToken({ idToken: idToken(atHash, alg), accessToken: 'at-1', tokenType }, required)
const half = (hash: string) => {
  const digest = createHash(hash).update('at-1').digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
const refusedFor = (message: string) => ({
  reason: 'access_token_invalid',
  message: 'Failed to verify access token.',
  cause: new Error(message),
})

for (const alg of ['RS256', 'ES384', 'HS512', 'PS384'])
  test(`the hash of the access token belongs to ${alg}`, () => {
    assert.doesNotThrow(() => check(half(`sha${alg.slice(2)}`), { alg }))
  })

test('another access token than the hash covers is refused in both flows', () => {
  for (const required of [true, false])
    assert.throws(() => check(half('sha512'), { required }), refusedFor('Access token hash (at_hash) mismatch'))
})

test('an algorithm without a hash fits no hash', () => {
  assert.throws(() => check(half('sha256'), { alg: 'EdDSA' }), refusedFor('Access token hash (at_hash) mismatch'))
})

test('a missing hash is refused where the access token came by way of the browser (oidcc-client-test-missing-athash)', () => {
  const missing = "Failed to verify access token. ID Token doesn't contain at_hash claim "
  for (const hash of [undefined, null, '', ' ']) {
    assert.throws(() => check(hash), refusedFor(missing))
    assert.doesNotThrow(() => check(hash, { required: false }))
  }
})

test('a hash that is no text is refused', () => {
  assert.throws(() => check(5), refusedFor('The at_hash claim of the ID Token is not a string'))
})

test('the type must be Bearer, in any case', () => {
  assert.doesNotThrow(() => check(half('sha256'), { tokenType: 'bEaReR' }))
  const detail = 'Invalid access token type [mac], while [Bearer] was expected'
  assert.throws(() => check(half('sha256'), { tokenType: 'mac' }), refusedFor(detail))
})

test('without an access token there is nothing to check', () => {
  const tokens = { idToken: idToken('wrong'), accessToken: undefined, tokenType: 'Bearer' }
  assert.doesNotThrow(() => checkAccessToken(tokens, true))
})
