import assert from 'node:assert/strict'
import test from 'node:test'
import { createLogoutUrls } from '../../../src/oidc/logout-request.ts'

const CLIENT = { endpoint: 'https://op/logout', postLogoutRedirectUri: 'https://rp/out' }
const REQUEST = { idToken: 'a.b.c', state: 's-1' }

test('hint, return address and state, in this order (rp-logout-url)', () => {
  const expected = 'https://op/logout?id_token_hint=a.b.c&post_logout_redirect_uri=https%3A%2F%2Frp%2Fout&state=s-1'
  assert.equal(createLogoutUrls(CLIENT)(REQUEST), expected)
})

test("they follow the endpoint's own parameters, and replace those of their names", () => {
  const url = new URL(createLogoutUrls({ ...CLIENT, endpoint: 'https://op/logout?parameter=123&state=fixed' })(REQUEST))
  assert.deepEqual([...url.searchParams.keys()], ['parameter', 'id_token_hint', 'post_logout_redirect_uri', 'state'])
})

test('an unset return address is left out, never sent empty', () => {
  for (const postLogoutRedirectUri of [undefined, ''])
    assert.equal(
      createLogoutUrls({ ...CLIENT, postLogoutRedirectUri })(REQUEST),
      'https://op/logout?id_token_hint=a.b.c&state=s-1',
    )
})
