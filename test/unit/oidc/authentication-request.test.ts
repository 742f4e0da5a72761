import assert from 'node:assert/strict'
import test from 'node:test'
import {
  type AuthenticationClient,
  type AuthenticationRequest,
  createAuthenticationUrls,
} from '../../../src/oidc/authentication-request.ts'

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

const buildAuthenticationUrl = (all: AuthenticationClient & AuthenticationRequest) => createAuthenticationUrls(all)(all)

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

test('a parameter of the endpoint gives way only to what is sent, whatever was sent before', () => {
  const build = createAuthenticationUrls({
    ...REQUEST,
    endpoint: 'https://op.example.com/login?login_hint=x&state=y&p=1',
  })
  const fresh = { state: 's', nonce: 'n', codeChallenge: undefined }
  for (const [loginHint, start, end] of [
    [undefined, 'login_hint=x&p=1&response_type', 'state=s&nonce=n'],
    ['alice & bob', 'p=1&response_type', 'state=s&nonce=n&login_hint=alice+%26+bob'],
    [undefined, 'login_hint=x&p=1&response_type', 'state=s&nonce=n'],
  ] as const) {
    const url = build({ ...fresh, loginHint })
    assert.ok(url.startsWith(`https://op.example.com/login?${start}`), url)
    assert.ok(url.endsWith(`&scope=openid&${end}`), url)
  }
})
