/** Attacks on the provider that no other test of it is about, by their number in docs/security.md. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import {
  beginLogin,
  CALLBACK,
  clientSettings,
  discover,
  type ProviderUnderTest,
  SECRET,
  signIn,
  startProvider,
} from '../support/provider.ts'
import { assertLittleWorkInSteps } from '../support/work.ts'

let provider: ProviderUnderTest
before(async () => {
  const signing = { token_endpoint_auth_method: 'client_secret_jwt' }
  provider = await startProvider({ clients: [clientSettings('app'), clientSettings('signing', { metadata: signing })] })
})
after(() => provider.close())

/** Hands a made-up code in with a client assertion whose times are changed. @returns the error */
async function redeem(times: Record<string, unknown>): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const good = { iss: 'signing', sub: 'signing', aud: provider.origin, jti: randomUUID(), iat: now, exp: now + 60 }
  const changed = Object.fromEntries(Object.entries({ ...good, ...times }).filter(([, value]) => value !== null))
  const payload = JSON.stringify(changed).replace(/"(-?1e400)"/, '$1')
  const encode = (text: string) => Buffer.from(text).toString('base64url')
  const input = `${encode(JSON.stringify({ alg: 'HS256' }))}.${encode(payload)}`
  const key = await crypto.subtle.importKey('raw', Buffer.from(SECRET), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ])
  const signature = Buffer.from(await crypto.subtle.sign('HMAC', key, Buffer.from(input))).toString('base64url')
  const answer = await fetch(`${provider.origin}/token-srv/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'made-up',
      redirect_uri: CALLBACK,
      client_id: 'signing',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: `${input}.${signature}`,
    }),
  })
  return ((await answer.json()) as { error: string }).error
}

test('A-50: a client assertion has an end, which is a finite number, not past and within the hour, and does not begin later', async () => {
  const now = Math.floor(Date.now() / 1000)
  // Whoever is told that the code is wrong was believed.
  for (const times of [
    {},
    { exp: now + 60.5 },
    { exp: now + 3600 },
    { nbf: now - 1 },
    { iat: now + 45 },
    { iat: null },
  ])
    assert.equal(await redeem(times), 'invalid_grant', JSON.stringify(times))
  for (const times of [
    { exp: null },
    { exp: String(now + 60) },
    { exp: '1e400' },
    { exp: 1e300 },
    { exp: true },
    { exp: now + 4000 },
    { exp: now - 120 },
    { nbf: now + 120 },
    { nbf: 'soon' },
    { nbf: '-1e400' },
    { iat: [now] },
    { iat: now + 120 },
    { iat: '1e400' },
    { iat: '-1e400' },
  ])
    assert.equal(await redeem(times), 'invalid_client', JSON.stringify(times))
})

test('A-34: thousands of parameters are refused before anything reads them', async () => {
  const query = Array.from({ length: 15_000 }, () => 'a').join('&')
  const form = { method: 'POST', body: new URLSearchParams(query) }
  await assertLittleWorkInSteps(500, async () => {
    for (const path of ['/authz-srv/authz', '/users-srv/userinfo', '/session/end_session'])
      assert.equal((await fetch(`${provider.origin}${path}?${query}`)).status, 400, path)
    assert.equal((await fetch(`${provider.origin}/authz-srv/authz`, form)).status, 400)
  })
})

test('A-42: what sends a browser on is empty, and an error page leads nowhere by itself', async () => {
  const config = await discover(provider.origin)
  const { browser } = await signIn(config)
  const { url } = await beginLogin(config)
  const returned = await browser.visit(url, { until: CALLBACK })
  assert.equal(returned.body, '')
  const refused = await browser.visit(url.replace(encodeURIComponent(CALLBACK), encodeURIComponent(`${CALLBACK}x`)))
  assert.equal(refused.status, 400)
  assert.doesNotMatch(refused.body, /<form|<script|http-equiv="refresh"/i)
})
