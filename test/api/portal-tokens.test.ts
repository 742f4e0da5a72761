/** Using and refreshing tokens: acceptance scenarios B of the portal. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { SecurityError } from '../../src/kernel/errors.ts'
import { oneProvider, openBrowser, readSetCookie, signIn, startPortal, whoAmI } from '../support/portal.ts'

const NAV0 = '/abc?one=two%20three'
const NAV1 = `${NAV0}&auth_url_hash=`

test('B1 after the access token has died, ten requests at once share one refresh and notice nothing', async (t) => {
  const { app, api, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  advance(20)
  const responses = await Promise.all(Array.from({ length: 10 }, () => browser.fetch('/internal/security/me')))
  for (const response of responses) {
    assert.equal(response.statusCode, 200)
    assert.equal(response.headers['set-cookie'], undefined)
  }
  assert.equal(api.count('/_security/oauth2/token'), 1)
})

test('B1 two nodes at once end with one pair in the session', async (t) => {
  const { app, api, advance, restart } = await startPortal(t, oneProvider)
  const other = await restart({})
  const browser = openBrowser(app)
  await signIn(browser)
  advance(20)
  const asked = [app, other, app, other].map((node) => whoAmI(openBrowser(node, browser.cookie)))
  assert.deepEqual(await Promise.all(asked), ['user1', 'user1', 'user1', 'user1'])
  const before = api.count('/_security/oauth2/token')
  assert.equal(await whoAmI(openBrowser(other, browser.cookie)), 'user1')
  assert.equal(api.count('/_security/oauth2/token'), before)
})

test('B2 what is asked of the API as the user long after the request began is asked again with fresh tokens', async (t) => {
  const { app, api, advance } = await startPortal(t, oneProvider)
  const browsers = Array.from({ length: 5 }, () => openBrowser(app))
  for (const browser of browsers) await signIn(browser)
  let waited = 0
  api.intercept = (call) => {
    if (call.path === '/_security/user/_has_privileges' && ++waited === 1) advance(30)
    return undefined
  }
  const nobody = { match: 'query', query: { provider: { type: 'oidc', name: 'nobody' } } }
  const invalidate = async (browser = browsers[0]) => browser?.post('/api/security/session/_invalidate', nobody)
  assert.deepEqual((await invalidate())?.json(), { total: 0 })
  assert.equal(waited, 2)
  assert.equal(api.count('/_security/oauth2/token'), 1)

  waited = 0
  const answers = await Promise.all(browsers.map((browser) => invalidate(browser)))
  assert.deepEqual(
    answers.map((answer) => answer?.statusCode),
    [200, 200, 200, 200, 200],
  )
})

test('B2 if the tokens cannot be refreshed then, a program is told so and the session stays', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  api.intercept = (call) => {
    if (call.path === '/_security/user/_has_privileges') api.forgetTokens()
    return undefined
  }
  const answer = await browser.post('/api/security/session/_invalidate', { match: 'all' })
  assert.equal(answer.statusCode, 400)
  assert.equal(answer.headers['kbn-session-error-reason'], 'SESSION_EXPIRED')
  const authorization = `Basic ${Buffer.from('basic:basic').toString('base64')}`
  api.intercept = ({ path }) => (path.endsWith('_has_privileges') ? { status: 401, body: {} } : undefined)
  const byHeader = await openBrowser(app).post('/api/security/session/_invalidate', { match: 'all' }, { authorization })
  assert.equal(byHeader.statusCode, 401)
})

test('B3 when the refresh token is refused too, a page starts a new sign-in and the old session ends', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  assert.equal(await whoAmI(browser), 'user1')
  const old = browser.cookie
  api.forgetTokens()
  const response = await browser.visit(NAV1)
  assert.equal(new URL(String(response.headers.location)).origin, 'https://op1.example')
  assert.ok(readSetCookie(response))
  assert.notEqual(browser.cookie, old)
  const after = await openBrowser(app, old).fetch('/internal/security/me')
  assert.equal(after.headers['kbn-session-error-reason'], 'SESSION_EXPIRED')
})

test('B3 a program gets 400 instead and the session stays, until a page is asked for', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  assert.equal(await whoAmI(browser), 'user1')
  api.forgetTokens()
  for (let call = 0; call < 2; call++) {
    const response = await browser.fetch('/internal/security/me')
    assert.deepEqual(response.json(), {
      statusCode: 400,
      error: 'Bad Request',
      message: 'Your session has expired because your refresh token is no longer valid. Please log in again.',
    })
    assert.equal(response.headers['kbn-session-error-reason'], 'SESSION_EXPIRED')
    assert.equal(response.headers['set-cookie'], undefined)
  }
  const page = await browser.visit(NAV0)
  assert.match(String(page.headers.location), /^\/internal\/security\/capture-url\?/)
  assert.equal(readSetCookie(page), '')
})

test('a refresh token of another client is told apart as a fault of the set-up', async (t) => {
  const { app, api, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  advance(20)
  const body = { error: 'invalid_grant', error_description: 'tokens must be refreshed by the creating client' }
  api.intercept = ({ path }) => (path === '/_security/oauth2/token' ? { status: 400, body } : undefined)
  const response = await browser.fetch('/internal/security/me')
  assert.equal(response.statusCode, 400)
  assert.match(response.json<{ message: string }>().message, /system misconfiguration/)
})

test('a refresh that the API cannot do now ends nothing', async (t) => {
  const { app, api, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  advance(20)
  // A 400 with `Retry-After` says nothing of the token.
  for (const status of [503, 403, 500, 400]) {
    const answer = { status, body: {}, ...(status === 400 && { passing: true as const }) }
    api.intercept = ({ path }) => (path === '/_security/oauth2/token' ? answer : undefined)
    assert.equal(await whoAmI(browser), status === 500 ? 500 : 503)
  }
  api.intercept = undefined
  assert.equal(await whoAmI(browser), 'user1')
})

test('a pair that the store does not take serves all the same, and is written down as soon as it can be', async (t) => {
  let isFull = false
  const full = () => Promise.reject(new SecurityError('store_unavailable', 'the disk is full'))
  const { app, api, advance } = await startPortal(t, oneProvider, {
    wrapSessions: (sessions) => ({
      ...sessions,
      update: (session, version) => (isFull ? full() : sessions.update(session, version)),
    }),
  })
  const browser = openBrowser(app)
  await signIn(browser)
  assert.equal(await whoAmI(browser), 'user1')
  advance(16)
  isFull = true
  for (let lifetime = 1; lifetime <= 2; lifetime++) {
    for (let visit = 0; visit < 2; visit++) assert.equal(await whoAmI(browser), 'user1')
    assert.equal(api.count('/_security/oauth2/token'), lifetime, 'the API would not give the pair again')
    if (lifetime === 1) advance(16)
  }
  isFull = false
  for (let visit = 0; visit < 2; visit++) assert.equal(await whoAmI(browser), 'user1')
  assert.equal(api.count('/_security/oauth2/token'), 2)
  const last = api.livePairs().at(-1)
  await browser.visit('/api/security/logout')
  assert.ok(last !== undefined && !api.livePairs().includes(last), 'it was written down')
})

test('a session by user name and password ends when they are refused', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const form = { providerName: 'basic', username: 'basic', password: 'basic', next: '/x' }
  assert.equal((await browser.submit('/login', form)).statusCode, 303)
  assert.equal(await whoAmI(browser), 'basic')
  api.intercept = ({ path }) => (path === '/_security/_authenticate' ? { status: 401, body: {} } : undefined)
  assert.equal(await whoAmI(browser), 401)
  api.intercept = undefined
  assert.equal(await whoAmI(browser), 401)
})
