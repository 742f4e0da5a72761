/** Signing out: acceptance scenarios C of the portal. */
import assert from 'node:assert/strict'
import test from 'node:test'
import {
  assertErrorPage,
  oneProvider,
  openBrowser,
  provider,
  readSetCookie,
  signIn,
  startPortal,
  twoProviders,
  whoAmI,
} from '../support/portal.ts'

const LOGOUT = '/api/security/logout'

test('C1 without a session there is nothing to end, and no cookie to set', async (t) => {
  const one = await startPortal(t, oneProvider)
  const response = await openBrowser(one.app).visit(LOGOUT)
  assert.equal(response.statusCode, 302)
  assert.equal(response.headers.location, '/security/logged_out?msg=LOGGED_OUT')
  assert.equal(response.headers['set-cookie'], undefined)
  assert.equal((await openBrowser(one.app).visit('/logout?x=1')).headers.location, `${LOGOUT}?x=1`)

  const two = await startPortal(t, twoProviders)
  assert.equal((await openBrowser(two.app).visit(LOGOUT)).headers.location, '/login?msg=LOGGED_OUT')
})

test('C2 the session ends here, at the API and, by the redirect, at the provider', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const old = browser.cookie
  const response = await browser.visit(LOGOUT)
  assert.equal(response.statusCode, 302)
  assert.equal(response.headers.location, 'https://op1.example/end?id_token_hint=hint&state=out')
  assert.equal(readSetCookie(response), '')
  assert.equal(await whoAmI(openBrowser(app, old)), 401)
  assert.deepEqual(api.livePairs(), [])
})

test('a sign-out whose answer was lost leads to the provider all the same when it is asked for again', async (t) => {
  const { app, api, advance, audited } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const { cookie } = browser
  const ask = () => openBrowser(app, cookie).visit(LOGOUT)
  const [first, ...others] = await Promise.all([ask(), ask(), ask()])
  advance(30)
  for (const again of [...others, await ask()]) {
    assert.equal(again.headers.location, first.headers.location)
    assert.equal(readSetCookie(again), '')
  }
  assert.equal(first.headers.location, 'https://op1.example/end?id_token_hint=hint&state=out')
  assert.equal(api.calls.filter(({ path }) => path === '/_security/oidc/logout').length, 1)
  assert.equal(audited.filter((event) => event['event.action'] === 'user_logout').length, 1)
  advance(60)
  assert.equal((await ask()).headers.location, '/security/logged_out?msg=LOGGED_OUT')
})

test('C3 a program, a picture or a prefetch cannot sign out', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  for (const headers of [
    { 'kbn-xsrf': 'true' },
    { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-purpose': 'prefetch' },
  ]) {
    const response = await browser.visit(LOGOUT, headers)
    assert.equal(response.statusCode, 400)
    assert.equal(response.headers['set-cookie'], undefined)
    if (!('sec-purpose' in headers))
      assert.deepEqual(response.json(), {
        statusCode: 400,
        error: 'Bad Request',
        message: 'Client should be able to process redirect response.',
      })
  }
  assert.equal((await app.inject({ method: 'HEAD', url: LOGOUT })).statusCode, 405)
  assert.equal(await whoAmI(browser), 'user1')
})

test('C4 without an end-session endpoint the person arrives at the logged-out page, with what was asked for', async (t) => {
  const { app } = await startPortal(t, oneProvider, { endSession: false })
  const browser = openBrowser(app)
  await signIn(browser)
  assert.equal((await browser.visit(LOGOUT)).headers.location, '/security/logged_out?msg=LOGGED_OUT')
  const asked = await browser.visit(`${LOGOUT}?next=/app/x&msg=SESSION_EXPIRED`)
  assert.equal(asked.headers.location, '/security/logged_out?next=%2Fapp%2Fx&msg=SESSION_EXPIRED')
  assert.equal((await browser.visit(`${LOGOUT}?provider=oidc`)).headers.location, '/security/logged_out?msg=LOGGED_OUT')
  assert.equal((await browser.visit(`${LOGOUT}?provider=basic`)).headers.location, '/login?msg=LOGGED_OUT')
  assert.equal((await browser.visit(`${LOGOUT}?provider=nope`)).headers.location, '/security/logged_out?msg=LOGGED_OUT')
})

test('C4 if the API fails, the session here has ended all the same, and the page says what may live on', async (t) => {
  for (const [status, expected] of [
    [500, 500],
    [503, 503],
    [401, 503],
  ] as const) {
    const { app, api } = await startPortal(t, oneProvider)
    const browser = openBrowser(app)
    await signIn(browser)
    const old = browser.cookie
    api.intercept = ({ path }) => (path === '/_security/oidc/logout' ? { status, body: {} } : undefined)
    const response = await browser.visit(LOGOUT)
    assertErrorPage(response, expected, 'logout_failed')
    assert.equal(readSetCookie(response), '')
    assert.equal(await whoAmI(openBrowser(app, old)), 401)
  }
})

test('C4 tokens that cannot be ended are told of, whatever the provider, and ended one by one where that is possible', async (t) => {
  const { app, api } = await startPortal(t, {
    providers: [provider('token', 'token', 0), provider('oidc', 'oidc', 1, 'oidc1')],
  })
  const browser = openBrowser(app)
  const params = { username: 'basic', password: 'basic' }
  const login = { providerType: 'token', providerName: 'token', currentURL: '/', params }
  assert.equal((await browser.post('/internal/security/login', login)).statusCode, 200)
  api.intercept = ({ method }) => (method === 'DELETE' ? { status: 500, body: {} } : undefined)
  assertErrorPage(await browser.visit(LOGOUT), 503, 'logout_failed')

  await signIn(browser, 'code1', '/login?auth_provider_hint=oidc')
  const before = api.livePairs().length
  api.intercept = ({ path }) => (path === '/_security/oidc/logout' ? { status: 400, body: {} } : undefined)
  const refused = await browser.visit(LOGOUT)
  assertErrorPage(refused, 400, 'logout_failed')
  assert.match(refused.body, /the API tokens of the session end by themselves/)
  assert.equal(api.livePairs().length, before - 1)
})

test('C4 a sign-out goes on to the provider although its receipt cannot be stored', async (t) => {
  const { app } = await startPortal(t, oneProvider, {
    wrapSessions: (sessions) => ({
      ...sessions,
      create: async (session, also) => {
        if (session.ended !== undefined) throw new Error('the store is away')
        return sessions.create(session, also)
      },
    }),
  })
  const browser = openBrowser(app)
  await signIn(browser)
  assert.match(String((await browser.visit(LOGOUT)).headers.location), /^https:\/\/op1\.example\/end/)
})

test('C5 the logged-out page takes any return of the provider, and a signed-in visitor goes home', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  for (const url of ['/security/logged_out', '/logged_out?state=abc']) {
    const response = await browser.visit(url)
    assert.equal(response.statusCode, 200)
    assert.match(response.body, /href="\/"[^>]*>\s*Log in\s*</)
  }
  assert.match((await browser.visit('/logged_out?msg=SESSION_EXPIRED&next=/x')).body, /has timed out.*href="\/x"/s)
  assert.doesNotMatch((await browser.visit('/logged_out?msg=%3Cb%3Ehello')).body, /hello/)
  assert.equal(api.count('/_security/oidc/prepare'), 0)
  await signIn(browser)
  assert.equal((await browser.visit('/security/logged_out')).headers.location, '/')
})

test('B4 signing out while a refresh runs also ends the pair that comes too late', async (t) => {
  const { app, api, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  advance(20)
  let arrived = () => {}
  const refreshing = new Promise<void>((resolve) => (arrived = resolve))
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  api.intercept = ({ method, path }, answer) => {
    if (method !== 'POST' || path !== '/_security/oauth2/token') return undefined
    const issued = answer()
    arrived()
    return gate.then(() => issued)
  }
  const waiting = openBrowser(app, browser.cookie).fetch('/internal/security/me')
  await refreshing
  await browser.visit(LOGOUT)
  release()
  assert.equal((await waiting).statusCode, 401)
  assert.deepEqual(api.livePairs(), [])
})
