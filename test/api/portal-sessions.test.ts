/** Sessions and what every answer has in common: acceptance scenarios G of the portal, as far as they are offered. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import test from 'node:test'
import { SecurityError } from '../../src/kernel/errors.ts'
import { createContentSealer } from '../../src/portal/session-content.ts'
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

const SESSION = '/internal/security/session'
const short = { providers: [provider('oidc', 'oidc', 0, 'oidc1', { idleTimeout: 10, lifespan: 0 })], selector: false }

interface SessionInfo {
  readonly expiresInMs: number
  readonly canBeExtended: boolean
  readonly expirationReason: string
}

test('G1 the session tells when it ends, and is extended by being used', async (t) => {
  const { app, advance, store, clock } = await startPortal(t, short)
  const browser = openBrowser(app)
  await signIn(browser)
  const begun = Math.floor(clock())
  const system = { 'kbn-system-request': 'true' }
  const first = (await browser.fetch(SESSION, system)).json<SessionInfo>()
  advance(3)
  const second = (await browser.fetch(SESSION, system)).json<SessionInfo>()
  assert.equal(second.expiresInMs, first.expiresInMs - 3000)
  assert.equal(second.expirationReason, 'idle')
  assert.equal(second.canBeExtended, true)
  const extended = await browser.post(SESSION, {})
  assert.equal(extended.statusCode, 302)
  assert.equal(extended.headers.location, SESSION)
  assert.ok((await browser.fetch(SESSION, system)).json<SessionInfo>().expiresInMs > 9000)
  const record = (await store.sessions.list({}, { limit: 10 })).find((one) => one.provider !== undefined)
  assert.equal(record?.createdAt, begun, 'it is the same session')
  assert.equal((await openBrowser(app).fetch(SESSION)).statusCode, 401)
  const authorization = `Basic ${Buffer.from('basic:basic').toString('base64')}`
  const byHeader = await openBrowser(app).fetch(SESSION, { authorization })
  assert.equal(byHeader.statusCode, 204)
  assert.equal(byHeader.body, '')
})

test('who is known by heart is asked for no more, until the session or the token has changed', async (t) => {
  const { app, advance, api, restart } = await startPortal(t, {
    ...oneProvider,
    providers: [provider('oidc', 'oidc', 0, 'oidc1', { idleTimeout: 100, lifespan: 0 })],
  })
  const asked = () => api.count('/_security/_authenticate')
  const [alice, system] = [openBrowser(app), { 'kbn-system-request': 'true' }]
  await signIn(alice)
  for (let look = 0; look < 3; look++) assert.equal(await whoAmI(alice), 'user1')
  const before = asked()
  for (let look = 0; look < 3; look++) assert.equal(await whoAmI(alice), 'user1')
  assert.equal(asked(), before)
  const me = await alice.fetch('/internal/security/me')
  assert.ok(!me.body.includes('id_token_hint'))

  advance(5)
  assert.equal(await whoAmI(alice), 'user1')
  assert.ok(asked() > before, 'an activity that is to be written down')
  for (let look = 0; look < 3; look++) assert.equal(await whoAmI(alice), 'user1')
  advance(14)
  assert.equal((await alice.fetch('/internal/security/me', system)).statusCode, 200)
  assert.equal(api.count('/_security/oauth2/token'), 1, 'a token that is over was refreshed')

  const again = openBrowser(app, alice.cookie)
  for (let look = 0; look < 3; look++) assert.equal(await whoAmI(again), 'user1')
  advance(100)
  assert.equal(await whoAmI(again), 401, 'a deadline')

  const [carol, other] = [openBrowser(app), openBrowser(await restart({}))]
  await signIn(carol)
  for (let look = 0; look < 3; look++) assert.equal(await whoAmI(carol), 'user1')
  other.cookie = carol.cookie
  assert.equal((await other.visit('/api/security/logout')).statusCode, 302)
  assert.equal(await whoAmI(carol), 401, 'a sign-out at another portal on this store')
})

test('G2 after the idle time a program is told why, and a person at the login page', async (t) => {
  const { app, advance, api } = await startPortal(t, { ...short, selector: true })
  const browser = openBrowser(app)
  await signIn(browser, 'code1', '/login?auth_provider_hint=oidc')
  advance(11)
  for (let call = 0; call < 2; call++) {
    const response = await browser.fetch('/internal/security/me')
    assert.equal(response.statusCode, 401)
    assert.equal(response.headers['kbn-session-error-reason'], 'SESSION_IDLE_TIMEOUT')
    assert.equal(response.headers['set-cookie'], undefined)
  }
  assert.deepEqual(api.livePairs(), [])
  const page = await browser.visit('/x')
  assert.equal(page.headers.location, '/login?next=%2Fx&msg=SESSION_IDLE_TIMEOUT')
  assert.equal(readSetCookie(page), '')
  assert.match((await browser.visit(page.headers.location)).body, /timed out due to inactivity/)
})

test('G2 the lifespan ends a session that is in use all the time, and nothing else does', async (t) => {
  const limits = { idleTimeout: 10, lifespan: 60 }
  const { app, advance } = await startPortal(t, { providers: [provider('oidc', 'oidc', 0, 'oidc1', limits)] })
  const browser = openBrowser(app)
  await signIn(browser)
  for (let call = 0; call < 19; call++) {
    advance(3)
    assert.equal(await whoAmI(browser), 'user1')
  }
  advance(3)
  const response = await browser.fetch('/internal/security/me')
  assert.equal(response.headers['kbn-session-error-reason'], 'SESSION_LIFESPAN_TIMEOUT')
})

test('while the store takes no writes, who is signed in goes on; staying signed in is not promised', async (t) => {
  let full = false
  const { app, advance, logged } = await startPortal(t, oneProvider, {
    wrapSessions: (sessions) => {
      const checkRoom = () => {
        if (full) throw new SecurityError('store_unavailable', 'the disk is full')
      }
      return {
        ...sessions,
        update: async (...change) => {
          checkRoom()
          return sessions.update(...change)
        },
        delete: async (...what) => {
          checkRoom()
          return sessions.delete(...what)
        },
      }
    },
  })
  const browser = openBrowser(app)
  const params = { username: 'basic', password: 'basic' }
  const login = { providerType: 'basic', providerName: 'basic', currentURL: '/', params }
  assert.equal((await browser.post('/internal/security/login', login)).statusCode, 200)
  full = true
  assert.equal(await whoAmI(browser), 'basic', 'at the first request after the sign-in')
  advance(3600)
  full = false
  assert.equal(await whoAmI(browser), 'basic')
  full = true
  advance(3600)
  assert.equal((await browser.visit('/security/account')).statusCode, 200, 'when its activity is due to be noted')
  assert.ok(logged.some((line) => line.includes('that a session is used could not be noted')))
  assert.equal((await browser.post('/internal/security/session', {})).statusCode, 503)
  assert.equal((await browser.visit('/logout')).headers.location, '/api/security/logout')
  assert.equal((await browser.visit('/api/security/logout')).statusCode, 503, 'nothing was ended')
  full = false
  assert.equal(await whoAmI(browser), 'basic')

  full = true
  advance(3.5 * 86_400)
  assert.equal((await browser.visit('/security/account')).statusCode, 503, 'a session past its deadline opens nothing')
  assert.equal((await browser.visit('/login')).statusCode, 200)
})

test('G3 changed settings act on the sessions that are there', async (t) => {
  const { app, advance, restart } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  advance(60)
  assert.equal(await whoAmI(browser), 'user1')
  advance(30)
  const strict = await restart(short)
  assert.equal(await whoAmI(openBrowser(strict, browser.cookie)), 401)
})

test("G3 a provider's own time-outs count for its sessions, whatever those of others are", async (t) => {
  const providers = [
    provider('oidc', 'quick', 0, 'oidc1', { idleTimeout: 120, lifespan: 0 }),
    provider('oidc', 'endless', 1, 'oidc2', { idleTimeout: 0, lifespan: 0 }),
  ]
  const { app, advance } = await startPortal(t, { selector: true, providers })
  const [quick, endless] = [openBrowser(app), openBrowser(app)]
  await signIn(quick, 'code1', '/login?auth_provider_hint=quick')
  await signIn(endless, 'code1', '/login?auth_provider_hint=endless')
  advance(119)
  assert.deepEqual([await whoAmI(quick), await whoAmI(endless)], ['user1', 'user1'])
  const info = (await endless.fetch(SESSION)).json<Record<string, unknown>>()
  assert.deepEqual(info, { expiresInMs: null, canBeExtended: false, provider: { type: 'oidc', name: 'endless' } })
  advance(121)
  assert.deepEqual([await whoAmI(quick), await whoAmI(endless)], [401, 'user1'])
  advance(365 * 86_400)
  assert.equal(await whoAmI(endless), 'user1')
})

test('G6 a session works at every node with the same key, and another key leaves it alone', async (t) => {
  const { app, restart } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const twin = await restart({})
  const stranger = await restart({ encryptionKey: 'quite another encryption key for this one' })
  assert.equal(await whoAmI(openBrowser(twin, browser.cookie)), 'user1')
  assert.equal(await whoAmI(openBrowser(stranger, browser.cookie)), 401)
  const equal = await app.inject({
    url: '/internal/security/me',
    headers: { cookie: `sid=garbage; sid=${browser.cookie}; sid=${browser.cookie}` },
  })
  assert.equal(equal.statusCode, 200)
  const other = openBrowser(app)
  await signIn(other)
  const two = { cookie: `sid=${browser.cookie}; sid=${other.cookie}` }
  assert.equal((await browser.fetch('/internal/security/me', two)).statusCode, 401)
  assert.equal(await whoAmI(browser), 'user1')
  assert.equal(await whoAmI(other), 'user1')
  await openBrowser(twin, browser.cookie).visit('/api/security/logout')
  assert.equal(await whoAmI(browser), 401, 'signed out at one node, refused at the other at once')
})

test('G7 the store and the encryption key together hold neither token nor claim nor cookie', async (t) => {
  const { app, store } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const records = await store.sessions.list({}, { limit: 10 })
  assert.equal(records.filter(({ usernameHash }) => usernameHash !== undefined).length, 1)
  const dump = records.map((record) => JSON.stringify(record) + Buffer.from(record.content).toString('latin1')).join('')
  for (const secret of ['access-', 'refresh-', 'user1', 'finance', String(browser.cookie)])
    assert.ok(!dump.includes(secret), secret)
  const sealer = createContentSealer('an encryption key for tests only, long enough')
  for (const { id, content } of records) assert.equal(sealer.open(id, sealer.buildId(id), content), undefined)
})

test('every answer has the same protection, and only what has a hash in its name may be cached', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const page = await openBrowser(app).visit('/login')
  const urls = ['/login', '/nowhere', '/internal/security/me', '/%zz', '/internal/security/oidc/implicit.js']
  for (const url of urls) {
    const { headers } = await app.inject({ url, headers: { accept: 'text/html', 'x-opaque-id': 'mine' } })
    assert.match(String(headers['content-security-policy']), /script-src 'self'; style-src 'self'/, url)
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['cache-control'], 'private, no-cache, no-store, must-revalidate')
    assert.equal(headers['referrer-policy'], 'strict-origin-when-cross-origin')
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
    assert.equal(headers['kbn-name'], 'test-portal')
    assert.match(String(headers['x-request-id']), /^[0-9a-f]{32}$/)
    assert.equal(headers['x-opaque-id'], 'mine')
  }
  const files = [...page.body.matchAll(/"(\/ui\/[^"]+)"/g)].map(([, file]) => String(file))
  assert.equal(files.length, 3)
  for (const file of files) {
    const response = await app.inject({ url: file })
    assert.equal(response.statusCode, 200)
    assert.equal(response.headers['cache-control'], 'public, max-age=31536000, immutable')
    // As a page of another version names it, which still runs on another node.
    const other = await app.inject({ url: file.replace(/\.[0-9a-f]{16}\./, '.0123456789abcdef.') })
    assert.equal(other.body, response.body)
    assert.equal(other.headers['content-type'], response.headers['content-type'])
    assert.match(String(other.headers['cache-control']), /no-store/)
  }
})

test('a known path names its methods, an unknown one is 404 for those who are signed in', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const wrong = await app.inject({ method: 'DELETE', url: '/login', headers: { accept: 'text/html' } })
  assertErrorPage(wrong, 405, 'method_not_allowed')
  assert.equal(wrong.headers['allow'], 'GET, HEAD, POST')
  const browser = openBrowser(app)
  await signIn(browser)
  assertErrorPage(await browser.visit('/nowhere'), 404, 'not_found')
  assert.deepEqual((await browser.fetch('/nowhere')).json(), {
    statusCode: 404,
    error: 'Not Found',
    message: 'Not Found',
  })
})

test('a body that is too large or broken is refused before anybody looks at it', async (t) => {
  const { app, logged } = await startPortal(t, oneProvider)
  const send = (payload: string, type = 'application/json') =>
    app.inject({
      method: 'POST',
      url: '/internal/security/login',
      headers: { 'kbn-xsrf': '1', 'content-type': type },
      payload,
    })
  assert.equal((await send(`{"a":"${'x'.repeat(65 * 1024)}"}`)).statusCode, 413)
  const broken = await send('{"params":{"password":hunter2}}')
  assert.equal(broken.statusCode, 400)
  assert.ok(!broken.body.includes('hunter2') && !logged.join('').includes('hunter2'), 'nothing of it is repeated')
  assert.equal((await send('a', 'text/plain')).statusCode, 415)
})

test('A-7 a path that begins with several slashes stays on this host', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const { port } = new URL(await app.listen({ port: 0 }))
  for (const path of ['//evil.example/x', '/\\evil.example/x', '///evil.example/x']) {
    const request = http.get({ port, path, headers: { accept: 'text/html' } })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    response.resume()
    assert.equal(response.headers.location, '/login?next=%2Fevil.example%2Fx')
  }
})

test('H7 the account page shows who it is and for how long, escaped, without the raw ID token', async (t) => {
  const { app, api, clock } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const page = await browser.visit('/security/account')
  assert.equal(page.statusCode, 200)
  const facts = ['user1', 'The user1', 'user1@example.org', 'oidc (oidc)', 'oidc1 (oidc)', 'token', 'Enabled']
  const names = ['finance-team', 'engineering', 'finance_data', 'kibana_user']
  for (const text of [...facts, ...names, 'locale', 'en-GB'])
    assert.match(page.body, new RegExp(`>\\s*${text.replaceAll(/[()]/g, '\\$&')}\\s*<`), text)
  for (const [title, days] of [
    ['Ends without activity', 3],
    ['Ends at the latest', 30],
  ] as const) {
    const end = new Date((Math.floor(clock()) + days * 86_400) * 1000).toISOString()
    assert.match(page.body, new RegExp(`${title}</dt>\\s*<dd>\\s*<time datetime="${end}"`))
  }
  assert.doesNotMatch(page.body, /raw-id-token|id_token_hint/)
  assert.match(page.body, /href="\/logout"/)
  assert.equal((page.body.match(/<h1/g) ?? []).length, 1)

  const hostile = '<script>alert(1)</script>'
  const body = {
    username: hostile,
    full_name: hostile,
    roles: [],
    metadata: { 'oidc(groups)': [hostile], [hostile]: { [hostile]: hostile } },
  }
  api.intercept = ({ path }) => (path === '/_security/_authenticate' ? { status: 200, body } : undefined)
  const escaped = await browser.visit('/security/account')
  assert.doesNotMatch(escaped.body, /<script>/)
  assert.match(escaped.body, /No role is assigned to you; ask your administrator\./)
})
