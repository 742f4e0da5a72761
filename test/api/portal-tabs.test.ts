/** Several tabs, restored and repeated requests, and loops: acceptance scenarios F of the portal. */
import assert from 'node:assert/strict'
import test from 'node:test'
import {
  type TestBrowser,
  assertErrorPage,
  oneProvider,
  openBrowser,
  readSetCookie,
  startPortal,
  stateOf,
  whoAmI,
} from '../support/portal.ts'

const CALLBACK = '/api/security/oidc/callback'

/** Starts sign-ins for different targets with one cookie. @returns their callbacks */
async function openTabs(browser: TestBrowser, count: number): Promise<string[]> {
  const callbacks: string[] = []
  for (let tab = 0; tab < count; tab++) {
    const start = await browser.visit(`/tab/${tab}?auth_url_hash=`)
    callbacks.push(`${CALLBACK}?code=code1&state=${stateOf(start)}`)
  }
  return callbacks
}

for (const order of ['one after another', 'at once'] as const)
  test(`F1 ten tabs that sign in ${order} end at their own targets and share one session`, async (t) => {
    const { app, api, advance } = await startPortal(t, oneProvider)
    const browser = openBrowser(app)
    const callbacks = await openTabs(browser, 10)
    advance(1)
    const handshakeCookie = browser.cookie
    const cookies = new Set<string | undefined>()
    const finish = async (callback: string, tab: number) => {
      const response = await openBrowser(app, order === 'at once' ? handshakeCookie : browser.cookie).visit(callback)
      assert.equal(response.headers.location, `/tab/${tab}`, response.body)
      cookies.add(readSetCookie(response))
      browser.cookie = readSetCookie(response)
    }
    if (order === 'at once') await Promise.all(callbacks.map(finish))
    else for (const [tab, callback] of [...callbacks.entries()].toReversed()) await finish(callback, tab)
    assert.equal(cookies.size, 1)
    assert.equal(await whoAmI(browser), 'user1')
    assert.equal(api.livePairs().length, 1)
  })

test('F2 a callback sent twice at once has the same answer twice and asks the API once', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const [callback = ''] = await openTabs(browser, 1)
  const { cookie } = browser
  const [one, two] = await Promise.all([
    openBrowser(app, cookie).visit(callback),
    openBrowser(app, cookie).visit(callback),
  ])
  assert.equal(one?.headers.location, '/tab/0')
  assert.equal(two?.headers.location, '/tab/0')
  assert.ok(readSetCookie(one))
  assert.equal(readSetCookie(one), readSetCookie(two))
  assert.equal(api.count('/_security/oidc/authenticate'), 1)

  const forged = await openBrowser(app, cookie).visit(callback.replace('code1', 'code2'))
  assertErrorPage(forged, 401, 'handshake_missing')
})

test('F3 the cookie of the handshake is not the session, and another user gets one of their own', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const [first = '', second = ''] = await openTabs(browser, 2)
  const handshakeCookie = browser.cookie
  await browser.visit(first)
  const stale = openBrowser(app, handshakeCookie)
  assert.equal(await whoAmI(stale), 401)
  const finished = await stale.visit(second.replace('code1', 'code2'))
  assert.equal(finished.headers.location, '/tab/1')
  assert.equal(await whoAmI(stale), 'user2')
  assert.notEqual(stale.cookie, browser.cookie)
  assert.equal(await whoAmI(browser), 'user1')
})

test('F4 the oldest of 51 handshakes is gone, the others work, and none is older than an hour', async (t) => {
  const { app, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const callbacks = await openTabs(browser, 51)
  assertErrorPage(await browser.visit(String(callbacks[0])), 401, 'handshake_missing')
  advance(61 * 60)
  assertErrorPage(await browser.visit(String(callbacks[1])), 401, 'handshake_expired')
  const [fresh = ''] = await openTabs(browser, 1)
  assert.equal((await browser.visit(fresh)).headers.location, '/tab/0')
})

test('F5 the sixth start for one target within a minute ends the loop, and a minute later all is well', async (t) => {
  const { app, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  for (let start = 0; start < 5; start++) assert.equal((await browser.visit('/x?auth_url_hash=')).statusCode, 302)
  const stopped = await browser.visit('/x?auth_url_hash=')
  assertErrorPage(stopped, 429, 'too_many_attempts')
  assert.equal(stopped.headers['retry-after'], '60')
  const ask = { providerType: 'oidc', providerName: 'oidc', currentURL: '/login?next=/x' }
  assert.equal((await browser.post('/internal/security/login', ask)).statusCode, 200, 'a person may go on')
  advance(61)
  assert.equal((await browser.visit('/x?auth_url_hash=')).statusCode, 302)
})

test('F5 failing callbacks are a loop too', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  for (let start = 0; start < 5; start++) {
    const state = stateOf(await browser.visit('/x?auth_url_hash='))
    assertErrorPage(await browser.visit(`${CALLBACK}?code=wrong&state=${state}`), 401, 'rejected')
  }
  assertErrorPage(await browser.visit('/x?auth_url_hash='), 429, 'too_many_attempts')
})

test('F5 so are sign-ins whose tokens the API refuses at once, over the capture page', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  for (let start = 0; start < 5; start++) {
    const capture = await browser.visit('/x')
    assert.match(String(capture.headers.location), /capture-url/)
    const state = stateOf(await browser.visit('/x?auth_provider_hint=oidc&auth_url_hash='))
    assert.equal((await browser.visit(`${CALLBACK}?code=code1&state=${state}`)).headers.location, '/x')
    api.forgetTokens()
  }
  await browser.visit('/x')
  assertErrorPage(await browser.visit('/x?auth_provider_hint=oidc&auth_url_hash='), 429, 'too_many_attempts')
})

test('F5 a good sign-in clears the count', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  for (let start = 0; start < 4; start++) await browser.visit('/x?auth_url_hash=')
  const state = stateOf(await browser.visit('/x?auth_url_hash='))
  await browser.visit(`${CALLBACK}?code=code1&state=${state}`)
  assert.equal(await whoAmI(browser), 'user1')
  for (let start = 0; start < 5; start++) {
    const url = '/api/security/oidc/initiate_login?iss=https://op1.example'
    assert.equal((await browser.visit(url)).statusCode, 302)
  }
})
