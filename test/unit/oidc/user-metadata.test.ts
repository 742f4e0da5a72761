import assert from 'node:assert/strict'
import test from 'node:test'
import { buildUserMetadata } from '../../../src/oidc/user-metadata.ts'

test('strings, numbers, booleans and lists of only such are kept', () => {
  const claims = { iss: 'https://op', n: 1.5, b: false, list: [], mixed: ['a', 1, true], auth_time: 5 }
  assert.deepEqual(buildUserMetadata(claims), {
    'oidc(iss)': 'https://op',
    'oidc(n)': 1.5,
    'oidc(b)': false,
    'oidc(list)': [],
    'oidc(mixed)': ['a', 1, true],
    'oidc(auth_time)': 5,
  })
})

test('objects, lists with anything else, nulls, dates and the raw ID token are left out', () => {
  const claims = { o: {}, lo: [{}], ll: [[]], ln: ['a', null], x: null, exp: 1, iat: 1, nbf: 1, id_token_hint: 'jwt' }
  assert.deepEqual(buildUserMetadata(claims), {})
})

test('the audience is always a list', () => {
  assert.deepEqual(buildUserMetadata({ aud: 'rp' }), { 'oidc(aud)': ['rp'] })
  assert.deepEqual(buildUserMetadata({ aud: ['rp', 'x'] }), { 'oidc(aud)': ['rp', 'x'] })
})
