import assert from 'node:assert/strict'
import test from 'node:test'
import { buildAuthenticationUrl } from '../../../src/oidc/authentication-request.ts'

const REQUEST = {
  endpoint: 'https://op.example.com/login',
  responseType: 'code',
  clientId: 'rp-my',
  redirectUri: 'https://rp.my.com/cb',
  scopes: ['openid'],
  state: 's-1',
  nonce: 'n-1',
  loginHint: undefined,
  codeChallenge: undefined,
}
const PLAIN =
  'https://op.example.com/login?response_type=code&client_id=rp-my&redirect_uri=https%3A%2F%2Frp.my.com%2Fcb' +
  '&scope=openid&state=s-1&nonce=n-1'

test('the parameters come in their natural order', () => {
  assert.equal(buildAuthenticationUrl(REQUEST), PLAIN)
})

test('a hint and a challenge follow', () => {
  const url = buildAuthenticationUrl({ ...REQUEST, loginHint: 'alice', codeChallenge: 'c-1' })
  assert.equal(url, `${PLAIN}&login_hint=alice&code_challenge=c-1&code_challenge_method=S256`)
})

test('a blank hint is not sent', () => {
  assert.equal(buildAuthenticationUrl({ ...REQUEST, loginHint: ' ' }), PLAIN)
})

test('scopes and response types are joined with blanks', () => {
  const url = buildAuthenticationUrl({ ...REQUEST, scopes: ['openid', 'a', 'b'], responseType: 'id_token token' })
  assert.match(url, /response_type=id_token\+token&.*&scope=openid\+a\+b&/)
})
