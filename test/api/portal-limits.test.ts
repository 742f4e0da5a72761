/** Acceptance scenarios G4 and G5, the access agreement of H5, and the audit of H8. */
import assert from 'node:assert/strict'
import test from 'node:test'
import {
  type PortalFixture,
  type TestBrowser,
  oneProvider,
  openBrowser,
  provider,
  signIn,
  signInByForm,
  startPortal,
  twoProviders,
  whoAmI,
} from '../support/portal.ts'

const INVALIDATE = '/api/security/session/_invalidate'
const AGREEMENT = '/security/access_agreement'

async function openSessions({ app }: PortalFixture) {
  const [oidc1, oidc2, basic, other] = Array.from({ length: 4 }, () => openBrowser(app)) as [
    TestBrowser,
    TestBrowser,
    TestBrowser,
    TestBrowser,
  ]
  await signIn(oidc1, 'code1', '/login?auth_provider_hint=oidc1')
  await signIn(oidc2, 'code1', '/login?auth_provider_hint=oidc2')
  await signInByForm(basic, 'basic')
  await signInByForm(other, 'other')
  const all = [oidc1, oidc2, basic, other]
  return { admin: basic, other, states: () => Promise.all(all.map((browser) => whoAmI(browser))) }
}

test('G4 all sessions are ended by who holds the privilege [all], the own one too', async (t) => {
  const portal = await startPortal(t, twoProviders)
  const { admin, states } = await openSessions(portal)
  const live = (await portal.store.sessions.list({}, { limit: 100 })).length
  const answer = await admin.post(INVALIDATE, { match: 'all' })
  assert.deepEqual(answer.json(), { total: live })
  assert.equal(answer.headers['set-cookie'], undefined)
  assert.deepEqual(await states(), [401, 401, 401, 401])
})

const QUERIES = [
  { of: 'a type', query: { provider: { type: 'oidc' } }, total: 2, left: [401, 401, 'basic', 'other'] },
  {
    of: 'a provider',
    query: { provider: { type: 'oidc', name: 'oidc2' } },
    total: 1,
    left: ['user1', 401, 'basic', 'other'],
  },
  {
    of: 'a user',
    query: { provider: { type: 'basic' }, username: 'other' },
    total: 1,
    left: ['user1', 'user1', 'basic', 401],
  },
  {
    of: 'an unknown user',
    query: { provider: { type: 'basic' }, username: 'x' },
    total: 0,
    left: ['user1', 'user1', 'basic', 'other'],
  },
] as const

for (const { of, query, total, left } of QUERIES)
  test(`G4 the sessions of ${of} are ended, others stay`, async (t) => {
    const portal = await startPortal(t, twoProviders)
    const { admin, states } = await openSessions(portal)
    assert.deepEqual((await admin.post(INVALIDATE, { match: 'query', query })).json(), { total })
    assert.deepEqual(await states(), left)
  })

test('G4 a session past its deadline is not counted as ended', async (t) => {
  const providers = [provider('basic', 'basic1', 0, undefined, { idleTimeout: 600, lifespan: 0 })]
  const portal = await startPortal(t, { providers })
  const [idle, admin] = [openBrowser(portal.app), openBrowser(portal.app)]
  await signInByForm(idle, 'basic')
  portal.advance(700)
  await signInByForm(admin, 'basic')
  assert.deepEqual((await admin.post(INVALIDATE, { match: 'all' })).json(), { total: 1 })
  const refused = await idle.fetch('/internal/security/me')
  assert.equal(refused.headers['kbn-session-error-reason'], 'SESSION_IDLE_TIMEOUT')
})

test('G4 without the privilege nothing is ended; a bad body is refused; a header will do', async (t) => {
  const portal = await startPortal(t, twoProviders)
  const { admin, other, states } = await openSessions(portal)
  assert.equal((await other.post(INVALIDATE, { match: 'all' })).statusCode, 403)
  assert.equal((await openBrowser(portal.app).post(INVALIDATE, { match: 'all' })).statusCode, 401)
  const bodies: readonly (readonly [object, RegExp])[] = [
    [{}, /request body\.match/],
    [{ match: 'all', query: {} }, /^\[request body\.query\]: a value wasn't expected to be present$/],
    [{ match: 'query' }, /request body\.query/],
    [{ match: 'query', query: { username: 'x' } }, /request body\.query\.provider/],
    [{ match: 'query', query: { provider: { name: 'x' } } }, /provider\.type/],
    [{ match: 'all', more: 1 }, /definition for this key is missing/],
  ]
  for (const [body, message] of bodies) {
    const answer = await admin.post(INVALIDATE, body)
    assert.equal(answer.statusCode, 400)
    assert.match(answer.json<{ message: string }>().message, message)
  }
  assert.ok((await states()).every((state) => state !== 401))
  const authorization = `Basic ${Buffer.from('basic:basic').toString('base64')}`
  const byHeader = await openBrowser(portal.app).post(INVALIDATE, { match: 'all' }, { authorization })
  assert.equal(byHeader.statusCode, 200)
})

test('G5 one session too many ends the oldest of that user and provider, and tells why', async (t) => {
  const portal = await startPortal(t, { ...twoProviders, maxSessions: 2 })
  const browsers = Array.from({ length: 3 }, () => openBrowser(portal.app))
  const [elsewhere, stranger] = [openBrowser(portal.app), openBrowser(portal.app)]
  await signIn(elsewhere, 'code1', '/login?auth_provider_hint=oidc2')
  await signIn(stranger, 'code2', '/login?auth_provider_hint=oidc1')
  for (const browser of browsers) {
    await signIn(browser, 'code1', '/login?auth_provider_hint=oidc1')
    portal.advance(1)
  }
  const [first, second, third] = browsers
  const refused = await first?.fetch('/internal/security/me')
  assert.equal(refused?.headers['kbn-session-error-reason'], 'CONCURRENCY_LIMIT')
  for (const browser of [second, third, elsewhere, stranger]) assert.notEqual(browser && (await whoAmI(browser)), 401)
  const page = await first?.visit('/x')
  assert.equal(page?.headers.location, '/login?next=%2Fx&msg=CONCURRENCY_LIMIT')
  const ends = portal.audited.filter((event) => event['event.action'] === 'user_logout')
  assert.deepEqual(
    ends.map(({ reason }) => reason),
    ['concurrency limit'],
  )
})

test('G5 of ten sign-ins at once, the limit remains', async (t) => {
  const { app } = await startPortal(t, { ...twoProviders, maxSessions: 2 })
  const browsers = Array.from({ length: 10 }, () => openBrowser(app))
  await Promise.all(browsers.map((browser) => signInByForm(browser, 'basic')))
  const states = await Promise.all(browsers.map((browser) => whoAmI(browser)))
  assert.equal(states.filter((state) => state === 'basic').length, 2)
})

test('H5 the agreement stands before every page until it is acknowledged, and before no program', async (t) => {
  const providers = [provider('basic', 'basic1', 0, undefined, { accessAgreement: 'Be **good**.' })]
  const { app, audited } = await startPortal(t, { providers })
  const browser = openBrowser(app)
  await signInByForm(browser, 'basic')
  assert.equal(await whoAmI(browser), 'basic')
  const forced = await browser.visit('/security/account?x=1')
  assert.equal(forced.headers.location, `${AGREEMENT}?next=%2Fsecurity%2Faccount%3Fx%3D1`)
  assert.equal((await browser.visit('/nowhere')).statusCode, 302)
  assert.equal((await browser.visit('/security/overwritten_session')).statusCode, 200, 'it comes first')
  const page = await browser.visit(forced.headers.location)
  assert.match(page.body, /<strong>good<\/strong>.*name="next" value="\/security\/account\?x=1"/s)
  const state = await browser.fetch('/internal/security/access_agreement/state')
  assert.deepEqual(state.json(), { accessAgreement: 'Be **good**.' })

  const foreign = await browser.submit(AGREEMENT, { next: '/' }, { 'sec-fetch-site': 'cross-site' })
  assert.equal(foreign.statusCode, 403)
  const done = await browser.submit(AGREEMENT, { next: '/security/account?x=1' })
  assert.equal(done.statusCode, 303)
  assert.equal(done.headers.location, '/security/account?x=1')
  assert.equal((await browser.visit('/security/account')).statusCode, 200)
  assert.equal(audited.filter((event) => event['event.action'] === 'access_agreement_acknowledged').length, 1)

  const again = openBrowser(app)
  await signInByForm(again, 'basic')
  assert.equal((await again.visit('/security/account')).statusCode, 302, 'per session')
  const acknowledged = await again.post('/internal/security/access_agreement/acknowledge', {})
  assert.equal(acknowledged.statusCode, 204)
  assert.equal((await again.visit('/security/account')).statusCode, 200)
})

test('H5 an agreement that was left open by somebody else acknowledges nothing', async (t) => {
  const providers = [provider('basic', 'basic1', 0, undefined, { accessAgreement: 'Be good.' })]
  const { app, audited } = await startPortal(t, { providers })
  const browser = openBrowser(app)
  const read = async () => {
    const { body } = await browser.visit(AGREEMENT)
    return { session: /name="session" value="([\w-]{43})"/.exec(body)?.[1] ?? '' }
  }
  await signInByForm(browser, 'basic')
  const left = await read()
  await signInByForm(browser, 'other')
  assert.equal((await browser.submit(AGREEMENT, left)).headers.location, '/')
  assert.equal((await browser.visit('/security/account')).statusCode, 302)
  assert.deepEqual(
    audited.filter((event) => event['event.action'] === 'access_agreement_acknowledged'),
    [],
  )
  await browser.submit(AGREEMENT, await read())
  assert.equal((await browser.visit('/security/account')).statusCode, 200)
})

test('without an agreement there is no page for it', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  await signInByForm(browser, 'basic')
  assert.equal((await browser.visit(AGREEMENT)).statusCode, 404)
  assert.equal((await browser.submit(AGREEMENT, {})).statusCode, 404)
})

test('H8 a session is one login and one logout in the audit log, and a failed callback one failure', async (t) => {
  const { app, audited, logged } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  await browser.visit('/security/account')
  await browser.visit('/api/security/logout')
  const callback = await browser.visit('/x?auth_url_hash=')
  const state = new URL(String(callback.headers.location)).searchParams.get('state') ?? ''
  await browser.visit(`/api/security/oidc/callback?code=wrong&state=${state}`)
  await browser.visit('/api/security/oidc/callback?code=a&state=foreign')
  assert.deepEqual(
    audited.map((event) => [event['event.action'], event['event.outcome'], event['user.name'], event['reason']]),
    [
      ['user_login', 'success', 'user1', undefined],
      ['user_logout', 'unknown', 'user1', 'logout'],
      ['user_login', 'failure', undefined, undefined],
      ['user_login', 'failure', undefined, undefined],
    ],
  )
  assert.ok(audited.every(({ 'trace.id': id }) => typeof id === 'string' && /^[0-9a-f]{32}$/.test(id)))
  assert.equal(audited[0]?.['session.id'], audited[1]?.['session.id'])
  const text = JSON.stringify(audited) + logged.join('')
  for (const secret of ['access-', 'refresh-', 'nonce-', 'code=wrong', state]) assert.ok(!text.includes(secret), secret)
})

test('that somebody comes without a session is told to those only who look for it', async (t) => {
  const { app, logged } = await startPortal(t, oneProvider)
  await openBrowser(app).fetch('/internal/security/me', { 'x-opaque-id': 'mine' })
  const line = logged.map((text) => JSON.parse(text) as Record<string, unknown>).find(({ code }) => code)
  assert.equal(line?.['log.level'], 'debug')
  assert.equal(line?.['http.request.id'], 'mine')
})
