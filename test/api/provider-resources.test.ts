/** Access tokens for APIs: opaque or JWTs, by the identifier that the operator gave the API, also as hints of a logout. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose'
import * as client from 'openid-client'
import { request } from 'undici'
import { createBrowserSession } from '../support/browser-session.ts'
import {
  beginLogin,
  CALLBACK,
  clientSettings,
  discover,
  END_SESSION,
  GOODBYE,
  type ProviderUnderTest,
  signIn,
  startProvider,
  submitLogin,
  TTL,
} from '../support/provider.ts'

const ORDERS = 'https://api.example.org/orders'
const FILES = 'https://api.example.org/files'
const RESOURCES = [
  { identifier: ORDERS, scope: 'read write', accessTokenFormat: 'jwt' },
  { identifier: FILES, scope: 'list', accessTokenFormat: 'opaque' },
] as const
const AT_ORDERS = { resource: ORDERS, scope: 'openid read' }

let provider: ProviderUnderTest
let config: client.Configuration
before(async () => {
  const metadata = { grant_types: ['authorization_code', 'refresh_token'] }
  provider = await startProvider({
    clients: [
      clientSettings('app', { metadata, accessTokenHintMayRedirect: true }),
      clientSettings('asking', { consent: 'ask' }),
    ],
    settings: { resources: RESOURCES, endSession: { ...END_SESSION, headlessLogout: true } },
  })
  config = await discover(provider.origin)
})
after(() => provider.close())

test('a JWT access token is signed by a published key, for one API, with what was asked for there', async () => {
  const { tokens } = await signIn(config, { parameters: { resource: ORDERS, scope: 'openid email read other' } })
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', provider.origin))
  const { payload } = await jwtVerify(tokens.access_token, keys, {
    issuer: provider.origin,
    audience: ORDERS,
    typ: 'at+jwt',
  })
  assert.equal(payload['client_id'], 'app')
  assert.equal(payload['scope'], 'read')
  assert.equal(payload.sub, 's-alice')
  assert.equal(payload['sid'], tokens.claims()?.['sid'])
  assert.equal(Number(payload.exp) - Number(payload.iat), TTL.jwtAccessToken)
  assert.equal(tokens.expires_in, TTL.jwtAccessToken)
  // It is for the API, not for us; the claims of the scopes are in the ID token then.
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, 's-alice'))
})

test('an opaque access token is looked up, and names its API', async () => {
  const { tokens } = await signIn(config, { parameters: { resource: FILES, scope: 'openid list read' } })
  const { active, aud, scope } = await client.tokenIntrospection(config, tokens.access_token)
  assert.deepEqual([active, aud, scope], [true, FILES, 'list'])
  assert.equal(tokens.expires_in, TTL.accessToken)
})

test('a refresh gives a token for the same API, and a login without an API one for userinfo', async () => {
  const { tokens } = await signIn(config, { parameters: AT_ORDERS })
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource: ORDERS })
  assert.equal(decodeJwt(fresh.access_token).aud, ORDERS)
  const plain = await signIn(config)
  assert.equal(plain.tokens.access_token.includes('.'), false)
  assert.equal((await client.fetchUserInfo(config, plain.tokens.access_token, 's-alice')).sub, 's-alice')
})

test('an API that nobody set up is invalid_target', async () => {
  for (const resource of ['https://api.example.org/ORDERS', `${ORDERS}/`, 'orders', `${ORDERS}#x`]) {
    const { url } = await beginLogin(config, { resource, scope: 'openid read' })
    const answer = await createBrowserSession().visit(url, { until: CALLBACK })
    assert.equal(new URL(answer.url).searchParams.get('error'), 'invalid_target', resource)
  }
})

test('consent names the API and what is to be done there, and is remembered', async () => {
  const asking = await discover(provider.origin, 'asking')
  const browser = createBrowserSession()
  const login = await beginLogin(asking, AT_ORDERS)
  const consent = await submitLogin(browser, await browser.visit(login.url), 'alice')
  assert.match(consent.body, /who you are/)
  assert.match(consent.body, /to act for you at <strong>https:\/\/api\.example\.org\/orders<\/strong>: read/)
  const tokens = await login.redeem(await browser.submit(consent, { answer: 'allow' }, { until: CALLBACK }))
  assert.equal(decodeJwt(tokens.access_token)['scope'], 'read')
  const more = await browser.visit((await beginLogin(asking, { ...AT_ORDERS, scope: 'openid read write' })).url)
  assert.match(more.body, /: write</)
  assert.doesNotMatch(more.body, /who you are/)
})

test('a JWT access token as the hint names client and session, and leads back where the operator allows it', async () => {
  const { browser, tokens } = await signIn(config, { parameters: AT_ORDERS })
  const query = { access_token_hint: tokens.access_token, post_logout_redirect_uri: GOODBYE, state: 's' }
  const dialog = await browser.visit(urlOf(query))
  assert.match(dialog.body, /Client app/)
  assert.doesNotMatch(dialog.body, /data-notice/)
  const other = await signIn(config)
  assert.match((await other.browser.visit(urlOf(query))).body, /data-notice="other_session"/)
  const answer = await browser.submit(dialog, { logout: 'yes' }, { until: GOODBYE })
  assert.equal(answer.url, `${GOODBYE}?state=s`)
})

test('A-13, A-16, A-18, A-19, A-20: what only looks like a JWT access token of ours is no hint', async () => {
  const { browser, tokens } = await signIn(config, { parameters: AT_ORDERS })
  const [header = '', payload = '', signature = ''] = tokens.access_token.split('.')
  const claims = decodeJwt(tokens.access_token)
  const { kid = '' } = decodeProtectedHeader(tokens.access_token)
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const alien = (more: object = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid, ...more }).sign(privateKey)
  const published = await (await fetch(`${provider.origin}/.well-known/jwks.json`)).text()
  const hmacInput = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`
  const hmac = createHmac('sha256', published).update(hmacInput).digest('base64url')
  const jwk = await exportJWK(publicKey)
  const hints: Record<string, string> = {
    'alg none': `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
    'no signature': `${header}.${payload}.`,
    'HS256 with the published keys': `${hmacInput}.${hmac}`,
    'an alien key': await alien(),
    'a key in the header': await alien({ jwk }),
    'a place of keys in the header': await alien({ jku: 'http://127.0.0.1:1/keys' }),
    'a kid that is a path': await alien({ kid: '../../dev/null' }),
    'other claims': `${header}.${encode({ ...claims, client_id: 'asking' })}.${signature}`,
    'typ of an ID token': `${encode({ alg: 'RS256', kid })}.${payload}.${signature}`,
    'an ID token': tokens.id_token ?? '',
    'two parts': `${header}.${payload}`,
    'five parts': `${header}.${payload}.${signature}.${payload}.${signature}`,
    'too long': `${tokens.access_token}${'x'.repeat(17_000)}`,
  }
  for (const [name, hint] of Object.entries(hints)) {
    const page = await browser.visit(urlOf({ access_token_hint: hint, post_logout_redirect_uri: GOODBYE }))
    assert.match(page.body, /data-notice="access_token_hint_unusable"/, name)
    assert.match(page.body, /data-notice="redirect_ignored"/, name)
    assert.doesNotMatch(page.body, /Client app/, name)
  }
  const swapped = await browser.visit(urlOf({ id_token_hint: tokens.access_token }))
  assert.match(swapped.body, /data-notice="id_token_hint_unusable"/)
})

test('headless_logout takes a living JWT access token of a living session, once', async () => {
  const { browser, tokens } = await signIn(config, { parameters: AT_ORDERS })
  const post = async (hint: string) => {
    const query = urlOf({ access_token_hint: hint, post_logout_redirect_uri: GOODBYE })
    const answer = await request(query, { method: 'POST' })
    await answer.body.dump()
    return { status: answer.statusCode, location: answer.headers['location'] }
  }
  assert.deepEqual(await post(tokens.access_token), { status: 302, location: GOODBYE })
  const after = await browser.visit((await beginLogin(config, { prompt: 'none' })).url, { until: CALLBACK })
  assert.equal(new URL(after.url).searchParams.get('error'), 'login_required')
  assert.equal((await post(tokens.access_token)).status, 401)
})

test('headless_logout refuses a JWT access token that has expired', async (t) => {
  const short = await startProvider({
    settings: {
      resources: RESOURCES,
      ttl: { ...TTL, jwtAccessToken: 1 },
      endSession: { ...END_SESSION, headlessLogout: true },
    },
  })
  t.after(() => short.close())
  const shortConfig = await discover(short.origin)
  const { browser, tokens } = await signIn(shortConfig, { parameters: AT_ORDERS })
  await sleep(1100)
  const url = `${short.origin}/session/end_session?access_token_hint=${tokens.access_token}`
  const answer = await request(url, { method: 'POST' })
  assert.equal(answer.statusCode, 401)
  await answer.body.dump()
  const after = await browser.visit((await beginLogin(shortConfig, { prompt: 'none' })).url, { until: CALLBACK })
  assert.ok(new URL(after.url).searchParams.has('code'))
})

function urlOf(parameters: Readonly<Record<string, string>>): string {
  return `${provider.origin}/session/end_session?${new URLSearchParams(parameters).toString()}`
}
