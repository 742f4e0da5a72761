/**
 * The OpenID Foundation's test modules for OpenID Providers, by their names and re-enacted in our own words: Basic,
 * Config, RP-Initiated, Back-Channel and Front-Channel Logout. What other files prove at length is here in its shortest form.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRemoteJWKSet, decodeProtectedHeader, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import * as client from 'openid-client'
import { type BrowserSession, createBrowserSession, type VisitedPage } from '../support/browser-session.ts'
import {
  beginLogin,
  CALLBACK,
  clientSettings,
  discover,
  GOODBYE,
  type ProviderUnderTest,
  SECRET,
  signIn,
  startProvider,
  submitLogin,
} from '../support/provider.ts'

let provider: ProviderUnderTest
let config: client.Configuration
before(async () => {
  const metadata = { grant_types: ['authorization_code', 'refresh_token'] }
  provider = await startProvider({
    clients: [
      clientSettings('app', { metadata }),
      clientSettings('other', { metadata }),
      clientSettings('post', { metadata: { token_endpoint_auth_method: 'client_secret_post' } }),
    ],
  })
  config = await discover(provider.origin)
})
after(() => provider.close())

function endSession(browser: BrowserSession, parameters: Readonly<Record<string, string>>): Promise<VisitedPage> {
  return browser.visit(`${provider.origin}/session/end_session?${new URLSearchParams(parameters).toString()}`)
}

/** What `prompt=none` gives: an error, or `code`. */
async function silently(browser: BrowserSession, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
  const login = await beginLogin(config, { prompt: 'none', ...parameters })
  const { searchParams } = new URL((await browser.visit(login.url, { until: CALLBACK })).url)
  return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : 'nothing')
}

test('the whole life by openid-client: discovery, login, refresh, userinfo, introspection, revocation, logout', async () => {
  const { browser, tokens } = await signIn(config)
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.equal(refreshed.claims()?.sub, 's-alice')
  const { email, groups } = await client.fetchUserInfo(config, refreshed.access_token, 's-alice')
  assert.deepEqual([email, groups], ['alice@example.org', ['finance-team', 'engineering']])
  const { active, client_id, sub } = await client.tokenIntrospection(config, refreshed.access_token)
  assert.deepEqual([active, client_id, sub], [true, 'app', 's-alice'])
  await client.tokenRevocation(config, refreshed.access_token)
  assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, false)
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: refreshed.id_token ?? '',
    post_logout_redirect_uri: GOODBYE,
    state: 's',
  })
  const dialog = await browser.visit(url.href)
  const back = await browser.submit(dialog, { logout: 'yes' }, { until: GOODBYE })
  assert.equal(back.url, `${GOODBYE}?state=s`)
  assert.equal(await silently(browser), 'login_required')
})

test('oidcc-server, oidcc-ensure-request-with-valid-pkce-succeeds: a plain login, checked by a strict client', async () => {
  const { tokens, page } = await signIn(config)
  const claims = tokens.claims()
  assert.deepEqual([claims?.sub, claims?.aud, claims?.iss], ['s-alice', 'app', provider.origin])
  assert.equal(tokens.token_type, 'bearer')
  assert.equal(new URL(page.url).searchParams.get('iss'), provider.origin)
})

test('oidcc-alternate-happy-flow: scopes and parameters in another order', async () => {
  const { url, redeem } = await beginLogin(config, { scope: 'email groups openid profile' })
  const { origin, pathname, searchParams } = new URL(url)
  const query = new URLSearchParams([...searchParams].toReversed())
  const browser = createBrowserSession()
  const page = await submitLogin(browser, await browser.visit(`${origin}${pathname}?${query.toString()}`), 'alice')
  assert.equal((await redeem(page)).claims()?.sub, 's-alice')
})

test('oidcc-idtoken-unsigned: not offered', async () => {
  const offered = config.serverMetadata().id_token_signing_alg_values_supported
  assert.deepEqual(offered?.toSorted(), ['ES256', 'PS256', 'RS256'])
})

test('oidcc-ensure-request-object-with-redirect-uri: its address is not followed', async () => {
  const object = Buffer.from(JSON.stringify({ redirect_uri: 'https://other.example/cb' })).toString('base64url')
  const request = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${object}.`
  const { url } = await beginLogin(config, { request })
  const page = await createBrowserSession().visit(url, { until: CALLBACK })
  assert.ok(page.url.startsWith(CALLBACK))
  assert.equal(new URL(page.url).searchParams.get('error'), 'request_not_supported')
})

test('oidcc-discovery-endpoint-verification, RIL-14, BCO-1: metadata of a provider on https', async (t) => {
  // Its TLS ends in front of it.
  const proxied = await startProvider({ settings: { issuer: 'https://op.example.org' } })
  t.after(() => proxied.close())
  const answer = await fetch(`${proxied.origin}/.well-known/openid-configuration`)
  assert.equal(answer.status, 200)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
  const metadata = (await answer.json()) as Record<string, unknown>
  assert.equal(metadata['issuer'], 'https://op.example.org')
  for (const [name, value] of Object.entries(metadata))
    if (/_(?:endpoint|uri)$/.test(name)) assert.match(String(value), /^https:\/\/op\.example\.org\//, name)
  assert.deepEqual(metadata['response_types_supported'], ['code'])
  assert.deepEqual(metadata['subject_types_supported'], ['public'])
  assert.ok((metadata['id_token_signing_alg_values_supported'] as string[]).includes('RS256'))
  assert.ok((metadata['scopes_supported'] as string[]).includes('openid'))
  const { keys } = (await (await fetch(`${proxied.origin}/.well-known/jwks.json`)).json()) as {
    keys: Record<string, string>[]
  }
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
  for (const { kty, use, d } of keys)
    assert.deepEqual([['RSA', 'EC'].includes(kty ?? ''), use, d], [true, 'sig', undefined])
})

for (const [name, claims] of [
  ['oidcc-rp-initiated-logout-discovery-endpoint-verification', ['end_session_endpoint']],
  [
    'oidcc-backchannel-logout-discovery-endpoint-verification',
    ['backchannel_logout_supported', 'backchannel_logout_session_supported'],
  ],
  [
    'oidcc-frontchannel-logout-discovery-endpoint-verification',
    ['frontchannel_logout_supported', 'frontchannel_logout_session_supported'],
  ],
] as const) {
  test(name, () => {
    const metadata: Readonly<Record<string, unknown>> = { ...config.serverMetadata() }
    const expected = (claim: string) =>
      claim === 'end_session_endpoint' ? `${provider.origin}/session/end_session` : true
    for (const claim of claims) assert.equal(metadata[claim], expected(claim), claim)
  })
}

test('oidcc-backchannel-rp-initiated-logout: a logout token and nothing else, then back with the state', async (t) => {
  const forms: URLSearchParams[] = []
  const told = await startProvider({
    clients: [clientSettings('app', { metadata: { backchannel_logout_uri: 'https://rp.example/logout' } })],
    parts: {
      async fetch(_url, options) {
        assert.ok(options?.body instanceof URLSearchParams)
        forms.push(options.body)
        return new Response(null, { status: 200 })
      },
    },
  })
  t.after(() => told.close())
  const { browser, tokens } = await signIn(await discover(told.origin))
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE, state: 's' }
  const url = `${told.origin}/session/end_session?${new URLSearchParams(hint).toString()}`
  const back = await browser.submit(await browser.visit(url), { logout: 'yes' }, { until: GOODBYE })
  assert.equal(back.url, `${GOODBYE}?state=s`)
  assert.deepEqual(
    forms.map((form) => [...form.keys()]),
    [['logout_token']],
  )
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', told.origin))
  const { payload } = await jwtVerify(forms[0]?.get('logout_token') ?? '', keys, {
    issuer: told.origin,
    audience: 'app',
    typ: 'logout+jwt',
    algorithms: ['RS256'],
  })
  assert.deepEqual([payload.sub, payload['sid'], payload['nonce']], ['s-alice', tokens.claims()?.['sid'], undefined])
})

test('oidcc-frontchannel-rp-initiated-logout: the frame has iss and sid, then the way back has the state', async (t) => {
  const metadata = {
    frontchannel_logout_uri: 'http://localhost:5601/frame',
    frontchannel_logout_session_required: true,
  }
  const framed = await startProvider({ clients: [clientSettings('app', { metadata })] })
  t.after(() => framed.close())
  const { browser, tokens } = await signIn(await discover(framed.origin))
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE, state: 's' }
  const url = `${framed.origin}/session/end_session?${new URLSearchParams(hint).toString()}`
  const page = await browser.submit(await browser.visit(url), { logout: 'yes' })
  const frame = new URL((/<iframe src="([^"]*)"/.exec(page.body)?.[1] ?? '').replaceAll('&amp;', '&'))
  assert.deepEqual(Object.fromEntries(frame.searchParams), { iss: framed.origin, sid: tokens.claims()?.['sid'] })
  assert.match(page.body, new RegExp(`href="${GOODBYE}\\?state=s"`))
})

test('oidcc-response-type-missing: an error page or a redirect that says so', async () => {
  const url = new URL((await beginLogin(config)).url)
  url.searchParams.delete('response_type')
  const page = await createBrowserSession().visit(url.href, { until: CALLBACK })
  assert.equal(new URL(page.url).searchParams.get('error'), 'invalid_request')
})

test('oidcc-idtoken-signature: RS256 with a kid that is published', async () => {
  const { tokens } = await signIn(config)
  const { alg, kid } = decodeProtectedHeader(tokens.id_token ?? '')
  assert.equal(alg, 'RS256')
  const { keys } = (await (await fetch(`${provider.origin}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string }[]
  }
  assert.ok(keys.some((key) => key.kid === kid))
})

for (const [name, init] of [
  ['oidcc-userinfo-get', (token: string) => ({ headers: { authorization: `Bearer ${token}` } })],
  [
    'oidcc-userinfo-post-header',
    (token: string) => ({ method: 'POST', headers: { authorization: `Bearer ${token}` } }),
  ],
  [
    'oidcc-userinfo-post-body',
    (token: string) => ({ method: 'POST', body: new URLSearchParams({ access_token: token }) }),
  ],
] as const) {
  test(name, async () => {
    const { tokens } = await signIn(config)
    const answer = await fetch(`${provider.origin}/users-srv/userinfo`, init(tokens.access_token))
    assert.equal(answer.status, 200)
    assert.equal(((await answer.json()) as { sub: string }).sub, 's-alice')
  })
}

test('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const browser = createBrowserSession()
  const page = await submitLogin(browser, await browser.visit(url.href), 'alice')
  const tokens = await client.authorizationCodeGrant(config, new URL(page.url), { pkceCodeVerifier })
  assert.equal(tokens.claims()?.nonce, undefined)
})

for (const [name, scope, present] of [
  ['oidcc-scope-profile', 'profile', ['name']],
  ['oidcc-scope-email', 'email', ['email', 'email_verified']],
  ['oidcc-scope-address', 'address', []],
  ['oidcc-scope-phone', 'phone', []],
  ['oidcc-scope-all', 'profile email address phone', ['name', 'email', 'email_verified']],
] as const) {
  test(`${name}: the claims come from userinfo`, async () => {
    const { tokens } = await signIn(config, { parameters: { scope: `openid ${scope}` } })
    const userinfo = await client.fetchUserInfo(config, tokens.access_token, 's-alice')
    assert.deepEqual(Object.keys(userinfo).toSorted(), [...present, 'sub'].toSorted())
  })
}

for (const [name, parameters] of [
  ['oidcc-display-page', { display: 'page' }],
  ['oidcc-display-popup', { display: 'popup' }],
  ['oidcc-ensure-request-with-unknown-parameter-succeeds', { extra: 'foobar' }],
  ['oidcc-login-hint', { login_hint: 'alice' }],
  ['oidcc-ui-locales', { ui_locales: 'se de' }],
  ['oidcc-claims-locales', { claims_locales: 'se' }],
  ['oidcc-ensure-request-with-acr-values-succeeds', { acr_values: '1 2' }],
  ['oidcc-claims-essential', { claims: JSON.stringify({ userinfo: { name: { essential: true } } }) }],
] as const) {
  test(name, async () => {
    const { tokens } = await signIn(config, { parameters })
    assert.equal(tokens.claims()?.sub, 's-alice')
  })
}

test('oidcc-prompt-login: asks again, with a later time of authentication', async () => {
  const first = await signIn(config, { parameters: { max_age: '10000' } })
  await sleep(1100)
  const parameters = { prompt: 'login', max_age: '10000' }
  const login = await beginLogin(config, parameters)
  const form = await first.browser.visit(login.url, { until: CALLBACK })
  assert.equal(form.status, 200)
  const again = await login.redeem(await submitLogin(first.browser, form, 'alice'))
  assert.ok(Number(again.claims()?.auth_time) > Number(first.tokens.claims()?.auth_time))
})

test('oidcc-prompt-none-not-logged-in', async () => {
  assert.equal(await silently(createBrowserSession()), 'login_required')
})

test('oidcc-prompt-none-logged-in, oidcc-max-age-10000: same person, same time, no page', async () => {
  const first = await signIn(config, { parameters: { max_age: '10000' } })
  const again = await signIn(config, { browser: first.browser, parameters: { prompt: 'none', max_age: '10000' } })
  assert.equal(again.tokens.claims()?.sub, 's-alice')
  assert.equal(again.tokens.claims()?.auth_time, first.tokens.claims()?.auth_time)
})

test('oidcc-max-age-1: signs in again', async () => {
  const { browser, tokens } = await signIn(config, { parameters: { max_age: '10000' } })
  await sleep(2100)
  const login = await beginLogin(config, { max_age: '1' })
  const form = await browser.visit(login.url, { until: CALLBACK })
  assert.equal(form.status, 200)
  const again = await login.redeem(await submitLogin(browser, form, 'alice'))
  assert.ok(Number(again.claims()?.auth_time) > Number(tokens.claims()?.auth_time))
})

test('oidcc-id-token-hint: with prompt=none, of this person and of another', async () => {
  const { browser, tokens } = await signIn(config)
  assert.equal(await silently(browser, { id_token_hint: tokens.id_token ?? '' }), 'code')
  const bob = await signIn(config, { user: 'bob' })
  assert.equal(await silently(browser, { id_token_hint: bob.tokens.id_token ?? '' }), 'login_required')
})

test('oidcc-ensure-registered-redirect-uri: a page, no redirect', async () => {
  const { url } = await beginLogin(config, { redirect_uri: 'https://other.example/cb' })
  const page = await createBrowserSession().visit(url)
  assert.equal(page.status, 400)
  assert.equal(page.trail.length, 1)
})

test('oidcc-ensure-post-request-succeeds', async () => {
  const { url, redeem } = await beginLogin(config)
  const { origin, pathname, searchParams } = new URL(url)
  const browser = createBrowserSession()
  const page = await browser.visit(origin + pathname, { body: searchParams })
  assert.equal((await redeem(await submitLogin(browser, page, 'alice'))).claims()?.sub, 's-alice')
})

test('oidcc-server-client-secret-post', async () => {
  const { tokens } = await signIn(await discover(provider.origin, 'post', client.ClientSecretPost(SECRET)))
  assert.equal(tokens.claims()?.sub, 's-alice')
})

for (const [name, parameters, error] of [
  [
    'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
    { request_uri: 'https://rp.example/request' },
    'request_uri_not_supported',
  ],
  [
    'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
    { request: 'e30.e30.' },
    'request_not_supported',
  ],
] as const) {
  test(name, async () => {
    const { url } = await beginLogin(config, parameters)
    const page = await createBrowserSession().visit(url, { until: CALLBACK })
    assert.equal(new URL(page.url).searchParams.get('error'), error)
  })
}

test('oidcc-refresh-token: works, and is bound to its client', async () => {
  const { tokens } = await signIn(config)
  const other = await discover(provider.origin, 'other')
  await assert.rejects(client.refreshTokenGrant(other, tokens.refresh_token ?? ''), { error: 'invalid_grant' })
  const { tokens: fresh } = await signIn(config)
  assert.ok((await client.refreshTokenGrant(config, fresh.refresh_token ?? '')).access_token)
})

test('oidcc-codereuse: invalid_grant, and the first access token is dead', async () => {
  const login = await beginLogin(config)
  const browser = createBrowserSession()
  const page = await submitLogin(browser, await browser.visit(login.url), 'alice')
  const tokens = await login.redeem(page)
  await assert.rejects(login.redeem(page), { error: 'invalid_grant' })
  const answer = await fetch(`${provider.origin}/users-srv/userinfo`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })
  assert.equal(answer.status, 401)
})

test('oidcc-codereuse-30seconds: the same after half a minute', async (t) => {
  const login = await beginLogin(config)
  const browser = createBrowserSession()
  const page = await submitLogin(browser, await browser.visit(login.url), 'alice')
  const tokens = await login.redeem(page)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 31_000 })
  await assert.rejects(login.redeem(page), { error: 'invalid_grant' })
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, 's-alice'))
})

test('oidcc-rp-initiated-logout: 128 characters of state come back, and nothing else', async () => {
  const { browser, tokens } = await signIn(config)
  const state = Array.from({ length: 128 }, (_, place) => String.fromCharCode(33 + ((place * 7) % 94))).join('')
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE }
  const dialog = await endSession(browser, { ...hint, state })
  const back = new URL((await browser.submit(dialog, { logout: 'yes' }, { until: GOODBYE })).url)
  assert.deepEqual([...back.searchParams], [['state', state]])
  assert.equal(await silently(browser), 'login_required')
})

test('oidcc-rp-initiated-logout-no-state', async () => {
  const { browser, tokens } = await signIn(config)
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE }
  const back = await browser.submit(await endSession(browser, hint), { logout: 'yes' }, { until: GOODBYE })
  assert.equal(back.url, GOODBYE)
  assert.equal(await silently(browser), 'login_required')
})

for (const name of [
  'oidcc-rp-initiated-logout-no-params',
  'oidcc-rp-initiated-logout-only-state',
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri',
] as const) {
  test(`${name}: signed out, on our own page`, async () => {
    const { browser, tokens } = await signIn(config)
    const parameters: Record<string, string> = {
      ...(!name.endsWith('no-params') && { state: 's' }),
      ...(name.endsWith('no-post-logout-redirect-uri') && { id_token_hint: tokens.id_token ?? '' }),
    }
    const page = await browser.submit(await endSession(browser, parameters), { logout: 'yes' })
    assert.match(page.body, /<h1>You are signed out<\/h1>/)
    assert.equal(await silently(browser), 'login_required')
  })
}

for (const name of [
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri',
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri',
  'oidcc-rp-initiated-logout-no-id-token-hint',
  'oidcc-rp-initiated-logout-modified-id-token-hint',
  'oidcc-rp-initiated-logout-bad-id-token-hint',
] as const) {
  test(`${name}: not back, and signed out all the same`, async () => {
    const { browser, tokens } = await signIn(config)
    const good = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE, state: 's' }
    const { id_token_hint: _, ...withoutHint } = good
    const [, payload] = good.id_token_hint.split('.')
    const parameters = {
      'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': {
        ...good,
        post_logout_redirect_uri: 'https://other.example/bye',
      },
      'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': {
        ...good,
        post_logout_redirect_uri: `${GOODBYE}?foo=bar`,
      },
      'oidcc-rp-initiated-logout-no-id-token-hint': withoutHint,
      'oidcc-rp-initiated-logout-modified-id-token-hint': {
        ...good,
        id_token_hint: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      },
      'oidcc-rp-initiated-logout-bad-id-token-hint': { ...good, id_token_hint: await signWithAlienKey() },
    }[name]
    const page = await browser.submit(await endSession(browser, parameters), { logout: 'yes' })
    assert.match(page.body, /<h1>You are signed out<\/h1>/)
    assert.equal(await silently(browser), 'login_required')
  })
}

async function signWithAlienKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256')
  const claims = new SignJWT({}).setIssuer(provider.origin).setAudience('app').setSubject('s-alice')
  return claims.setIssuedAt().setExpirationTime('1h').setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
}
