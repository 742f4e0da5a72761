/** Signing in with the authorization code flow: acceptance scenarios A of the portal. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { SecurityError } from '../../src/kernel/errors.ts'
import type { Sessions } from '../../src/store/store.ts'
import {
  assertErrorPage,
  oneProvider,
  openBrowser,
  provider,
  readSetCookie,
  signIn,
  startPortal,
  stateOf,
  whoAmI,
} from '../support/portal.ts'

const NAV0 = '/abc/xyz/handshake?one=two%20three'
const NAV1 = `${NAV0}&auth_provider_hint=saml&auth_url_hash=%23%2Fboard`
const CALLBACK = '/api/security/oidc/callback'

test('A1 a program without a session gets 401 with exactly the promised body, and no cookie', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const response = await openBrowser(app).fetch('/internal/security/me')
  assert.equal(response.statusCode, 401)
  assert.deepEqual(response.json(), { statusCode: 401, error: 'Unauthorized', message: 'Unauthorized' })
  assert.equal(response.headers['x-login-location'], '/login')
  assert.equal(response.headers['www-authenticate'], undefined)
  assert.equal(response.headers['set-cookie'], undefined)
})

test('A2 a program signs in with user name and password', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const params = { username: 'basic', password: 'basic' }
  const response = await browser.post('/internal/security/login', {
    providerType: 'basic',
    providerName: 'basic',
    currentURL: '/',
    params,
  })
  assert.equal(response.statusCode, 200, response.body)
  assert.ok(readSetCookie(response))
  const me = (await browser.fetch('/internal/security/me')).json<Record<string, unknown>>()
  assert.deepEqual(me['authentication_provider'], { type: 'basic', name: 'basic' })
  assert.equal(me['authentication_type'], 'realm')
})

test('A3 a deep link leads over the capture page, byte for byte, without a cookie', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const response = await openBrowser(app).visit(NAV0)
  assert.equal(response.statusCode, 302)
  assert.equal(
    response.headers.location,
    '/internal/security/capture-url?next=%2Fabc%2Fxyz%2Fhandshake%3Fone%3Dtwo%2520three%26auth_provider_hint%3Doidc',
  )
  assert.equal(response.headers['set-cookie'], undefined)
})

test('A4 with the fragment known, the browser goes to the provider and holds a session that is not signed in', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const response = await browser.visit(NAV1)
  assert.equal(response.statusCode, 302)
  const location = new URL(String(response.headers.location))
  assert.equal(location.origin, 'https://op1.example')
  for (const name of ['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'nonce', 'code_challenge'])
    assert.ok(location.searchParams.get(name), name)
  assert.ok(readSetCookie(response))
  assert.equal(await whoAmI(browser), 401)
})

test('A5 a third party initiates a sign-in, by GET and by POST without the anti-CSRF header', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const url = '/api/security/oidc/initiate_login'
  const posted = await app.inject({ method: 'POST', url, payload: { iss: 'https://op1.example' } })
  assert.equal(posted.statusCode, 302, posted.body)
  assert.equal(new URL(String(posted.headers.location)).origin, 'https://op1.example')
  assert.ok(readSetCookie(posted))
  const got = await openBrowser(app).visit(`${url}?iss=https://op2.example`)
  assert.equal(got.statusCode, 401, 'no provider of the portal has the realm of this issuer')
  const fine = await openBrowser(app).visit(`${url}?iss=https://op1.example&login_hint=ann&scope=x&redirect_uri=y`)
  const location = new URL(String(fine.headers.location))
  assert.equal(location.searchParams.get('login_hint'), 'ann')
  assert.equal(location.searchParams.get('scope'), 'openid')

  const crossSite = await app.inject({
    method: 'POST',
    url,
    headers: { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'iss=https%3A%2F%2Fop1.example&prompt=none',
  })
  assert.equal(crossSite.statusCode, 303)
  assert.equal(crossSite.headers.location, `${url}?iss=https%3A%2F%2Fop1.example`)
  assert.equal(crossSite.headers['set-cookie'], undefined)
})

test('A6 background calls, prefetches and frames never start a sign-in and get no cookie', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const programs = [
    { 'kbn-xsrf': 'true' },
    { 'sec-fetch-mode': 'cors' },
    { accept: 'application/json' },
    { 'x-requested-with': 'XMLHttpRequest' },
  ]
  for (const headers of programs) {
    const response = await openBrowser(app).visit(NAV1, headers)
    assert.equal(response.statusCode, 401, JSON.stringify(headers))
    assert.deepEqual(response.json(), { statusCode: 401, error: 'Unauthorized', message: 'Unauthorized' })
    assert.equal(response.headers['set-cookie'], undefined)
  }
  for (const headers of [
    { 'sec-purpose': 'prefetch;prerender' },
    { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { authorization: 'Bearer nonsense' },
  ]) {
    const response = await openBrowser(app).visit(NAV1, headers)
    assertErrorPage(response, 401, 'unauthenticated')
    assert.equal(response.headers['set-cookie'], undefined)
  }
  assert.equal(api.count('/_security/oidc/prepare'), 0)
})

test('A7 a callback counts only with the cookie and the state of its handshake, and a foreign one harms nothing', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const state = stateOf(await browser.visit(NAV1))
  assertErrorPage(await openBrowser(app).visit(`${CALLBACK}?code=code1&state=${state}`), 401, 'no_cookie')
  assertErrorPage(await browser.visit(`${CALLBACK}?code=code1&state=foreign`), 401, 'handshake_missing')
  assertErrorPage(await browser.visit(`${CALLBACK}?code=code1`), 401, 'handshake_missing')
  const two = `sid=${browser.cookie}; sid=${'A'.repeat(43)}`
  assertErrorPage(await browser.visit(`${CALLBACK}?code=code1&state=${state}`, { cookie: two }), 401, 'several_cookies')
  assert.equal(api.count('/_security/oidc/authenticate'), 0)
  assert.equal((await browser.visit(`${CALLBACK}?code=code1&state=${state}`)).statusCode, 302)
})

test('A8 the callback leads to where the person wanted to go, with a new cookie, and me tells who it is', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const state = stateOf(await browser.visit(NAV1))
  const handshakeCookie = browser.cookie
  const response = await browser.visit(
    `${CALLBACK}?code=code1&state=${state}&session_state=x&iss=https%3A%2F%2Fop1.example`,
  )
  assert.equal(response.headers.location, `${NAV0}#/board`)
  assert.equal(response.headers['referrer-policy'], 'no-referrer')
  assert.ok(readSetCookie(response))
  assert.notEqual(browser.cookie, handshakeCookie)
  const me = (await browser.fetch('/internal/security/me')).json<Record<string, unknown>>()
  assert.deepEqual(Object.keys(me), [
    'username',
    'full_name',
    'email',
    'roles',
    'metadata',
    'enabled',
    'authentication_realm',
    'lookup_realm',
    'authentication_provider',
    'authentication_type',
    'elastic_cloud_user',
  ])
  assert.equal(me['username'], 'user1')
  assert.deepEqual(me['authentication_realm'], { name: 'oidc1', type: 'oidc' })
  assert.deepEqual(me['authentication_provider'], { type: 'oidc', name: 'oidc' })
  assert.equal(me['authentication_type'], 'token')
  assert.deepEqual(Object.keys(me['metadata'] as object), ['oidc(groups)', 'oidc(locale)'])
})

test('A9 a sign-in that a third party initiated ends at the portal, whatever target it names', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const start = await browser.visit(
    '/api/security/oidc/initiate_login?iss=https://op1.example&target_link_uri=https://other.example/',
  )
  const response = await browser.visit(`${CALLBACK}?code=code2&state=${stateOf(start)}`)
  assert.equal(response.headers.location, '/')
  assert.equal(await whoAmI(browser), 'user2')
})

test('A10 requests in a session set no cookie, and those of scripts in the background do not count as activity', async (t) => {
  const { app, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  for (let call = 0; call < 2; call++) {
    const response = await browser.fetch('/internal/security/me')
    assert.equal(response.statusCode, 200)
    assert.equal(response.headers['set-cookie'], undefined)
  }
  const system = { 'kbn-system-request': 'true' }
  const left = async (headers?: Record<string, string>) =>
    (await browser.fetch('/internal/security/session', headers)).json<{ expiresInMs: number }>().expiresInMs
  const before = await left(system)
  advance(100)
  assert.equal(await left(system), before - 100_000)
  assert.ok((await left()) > before - 100_000)
})

test('A11 an Authorization header stands for itself: the session neither helps nor suffers', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const refused = await browser.fetch('/internal/security/me', { authorization: 'Basic AbCdEf' })
  assert.equal(refused.statusCode, 401)
  assert.equal(refused.headers['set-cookie'], undefined)
  const basic = `Basic ${Buffer.from('basic:basic').toString('base64')}`
  const me = (await browser.fetch('/internal/security/me', { authorization: basic })).json<Record<string, unknown>>()
  assert.equal(me['username'], 'basic')
  assert.deepEqual(me['authentication_provider'], { type: 'http', name: '__http__' })
  assert.equal((await browser.fetch('/internal/security/session', { authorization: basic })).statusCode, 204)
  assert.equal(await whoAmI(browser), 'user1')
})

test('A12 an error of the provider is judged by the API and shown by its registered code only', async (t) => {
  const { app, api, logged } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const state = stateOf(await browser.visit(NAV1))
  const url = `${CALLBACK}?error=access_denied&error_description=%3Cb%3Eboo&state=${state}`
  const response = await browser.visit(url)
  assertErrorPage(response, 401, 'op_error')
  assert.match(response.body, /access_denied/)
  assert.doesNotMatch(response.body, /boo/)
  assert.ok(
    logged.some((line) => line.includes('access_denied <b>boo')),
    'the log has the words of the provider',
  )
  assert.ok(response.body.includes('href="/abc/xyz/handshake?one=two%20three#/board"'), 'try again knows the target')
  assert.equal(api.calls.at(-1)?.body?.['redirect_uri'], url)

  assertErrorPage(await browser.visit(`${CALLBACK}?state=x`), 400, 'bad_request')
  assertErrorPage(await browser.visit(`${CALLBACK}?code=a&state=x&state=y`), 400, 'bad_request')
})

test('A13 an issuer that is missing, unsafe or unknown starts nothing', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const url = '/api/security/oidc/initiate_login'
  assertErrorPage(await openBrowser(app).visit(url), 400, 'bad_request')
  assertErrorPage(await openBrowser(app).visit(`${url}?iss=http://op.example.org`), 400, 'bad_request')
  assertErrorPage(
    await openBrowser(app).visit(`${url}?iss=https://a.example&iss=https://b.example`),
    400,
    'bad_request',
  )
  const unknown = await openBrowser(app).visit(`${url}?iss=https://stranger.example`)
  assertErrorPage(unknown, 401, 'unknown_issuer')
  assert.equal(unknown.headers['set-cookie'], undefined)
})

test('A14 a used callback leads a signed-in browser back to its target, and a signed-out one nowhere', async (t) => {
  const { app, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const callback = await signIn(browser, 'code1', NAV1.replace('&auth_url_hash=%23%2Fboard', ''))
  advance(11)
  const again = await browser.visit(callback)
  assert.equal(again.headers.location, NAV0)
  assert.equal(again.headers['set-cookie'], undefined)
  assert.equal(await whoAmI(browser), 'user1')
  assert.equal((await browser.visit(NAV1)).headers.location, `${NAV0}#/board`)
  await browser.visit('/api/security/logout')
  assertErrorPage(await browser.visit(callback), 401, 'no_cookie')
})

test('A15 while the API is away nothing is lost: a reload of the callback signs in', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const state = stateOf(await browser.visit(NAV1))
  api.intercept = () => {
    throw new Error('connection refused')
  }
  const away = await browser.visit(`${CALLBACK}?code=code1&state=${state}`)
  assertErrorPage(away, 503, 'unavailable')
  assert.equal(away.headers['retry-after'], '30')
  api.intercept = undefined
  assert.equal((await browser.visit(`${CALLBACK}?code=code1&state=${state}`)).statusCode, 302)
  api.intercept = () => ({ status: 503, body: undefined })
  assert.equal(await whoAmI(browser), 503)
  api.intercept = undefined
  assert.equal(await whoAmI(browser), 'user1')
})

test('A16 a provider whose realm was changed ends its sessions and its open handshakes', async (t) => {
  const { app, restart, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const waiting = openBrowser(app)
  const state = stateOf(await waiting.visit(NAV1))
  const renamed = await restart({ providers: [provider('oidc', 'oidc', 0, 'oidc2')] })
  const response = await openBrowser(renamed, browser.cookie).fetch('/internal/security/me')
  assert.equal(response.statusCode, 401)
  assert.equal(response.headers['kbn-session-error-reason'], 'UNEXPECTED_SESSION_ERROR')
  assert.deepEqual(api.livePairs(), [], 'the tokens of the ended session are revoked')
  assert.equal(await whoAmI(browser), 401, 'the record has ended')
  const late = await openBrowser(renamed, waiting.cookie).visit(`${CALLBACK}?code=code1&state=${state}`)
  assertErrorPage(late, 401, 'realm_changed')
})

test('A17 a portal whose own credentials are refused says so and stores nothing', async (t) => {
  const { app, api, logged } = await startPortal(t, oneProvider)
  api.intercept = ({ path }) => (path === '/_security/oidc/prepare' ? { status: 403, body: {} } : undefined)
  const response = await openBrowser(app).visit(NAV1)
  assertErrorPage(response, 503, 'portal_credentials')
  assert.equal(response.headers['set-cookie'], undefined)
  assert.ok(logged.some((line) => line.includes('"log.level":"error"')))
})

test('A-47 nothing secret is in the log, in the audit log or in an answer to a program', async (t) => {
  const { app, logged, audited, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const answers: string[] = []
  await browser.visit(`${CALLBACK}?code=code1&state=forged`)
  const form = { providerName: 'basic', username: 'other', password: 'a typed password', next: '/' }
  await openBrowser(app).submit('/login', form)
  await openBrowser(app).submit('/login', { ...form, password: 'other' })
  await signIn(browser)
  const cookies = [String(browser.cookie)]
  advance(20)
  for (const path of ['me', 'session', 'login_state'])
    answers.push((await browser.fetch(`/internal/security/${path}`)).body)
  answers.push((await browser.visit('/security/account')).body)
  await browser.visit(`/api/security/oidc/initiate_login?iss=https://op1.example&login_hint=a-hint`)
  await browser.visit('/api/security/logout?next=/secret-place')
  cookies.push(String((await openBrowser(app).visit(NAV1)).headers['set-cookie']).slice(4, 47))
  const secrets = ['code1', 'state-', 'nonce-', 'access-', 'refresh-', 'raw-id-token', 'a typed password', ...cookies]
  const queries = ['forged', 'a-hint', 'secret-place']
  const told = { log: logged.join(''), audit: JSON.stringify(audited), answers: answers.join('') }
  for (const [place, text] of Object.entries(told))
    for (const secret of [...secrets, ...(place === 'answers' ? [] : queries)])
      assert.ok(!text.includes(secret), `${secret} in ${place}`)
})

test('a sign-in that cannot be stored gives no cookie and leaves no tokens behind', async (t) => {
  let full = false
  const wrapSessions = (sessions: Sessions): Sessions => ({
    ...sessions,
    create: async (...session) => {
      if (full) throw new SecurityError('store_unavailable', 'the disk is full')
      return sessions.create(...session)
    },
  })
  const { app, api } = await startPortal(t, oneProvider, { wrapSessions })
  const browser = openBrowser(app)
  const state = stateOf(await browser.visit(NAV1))
  full = true
  const response = await browser.visit(`${CALLBACK}?code=code1&state=${state}`)
  assertErrorPage(response, 503, 'unavailable')
  assert.equal(response.headers['set-cookie'], undefined)
  assert.equal(api.count('/_security/oidc/authenticate'), 1)
  assert.deepEqual(api.livePairs(), [])
})
