import assert from 'node:assert/strict'
import test from 'node:test'
import { buildLogoutUrl } from '../../../src/oidc/logout-request.ts'

const REQUEST = {
  endpoint: 'https://op/logout',
  idToken: 'a.b.c',
  postLogoutRedirectUri: 'https://rp/out',
  state: 's-1',
}

test('hint, return address and state, in this order (rp-logout-url)', () => {
  const expected = 'https://op/logout?id_token_hint=a.b.c&post_logout_redirect_uri=https%3A%2F%2Frp%2Fout&state=s-1'
  assert.equal(buildLogoutUrl(REQUEST), expected)
})

test("they follow the endpoint's own parameters", () => {
  const url = new URL(buildLogoutUrl({ ...REQUEST, endpoint: 'https://op/logout?parameter=123' }))
  assert.deepEqual([...url.searchParams.keys()], ['parameter', 'id_token_hint', 'post_logout_redirect_uri', 'state'])
})

test('an unset return address is left out, never sent empty', () => {
  for (const postLogoutRedirectUri of [undefined, ''])
    assert.equal(
      buildLogoutUrl({ ...REQUEST, postLogoutRedirectUri }),
      'https://op/logout?id_token_hint=a.b.c&state=s-1',
    )
})
