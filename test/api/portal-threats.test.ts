/** Attacks on the portal that must fail, each for its own reason; those by addresses are in a file of their own. */
import assert from 'node:assert/strict'
import test from 'node:test'
import {
  ORIGIN,
  type PortalFixture,
  assertErrorPage,
  oneProvider,
  openBrowser,
  readSetCookie,
  signIn,
  startPortal,
  stateOf,
  twoProviders,
  whoAmI,
} from '../support/portal.ts'

const CALLBACK = '/api/security/oidc/callback'
const IMPLICIT = '/api/security/oidc/implicit'
const INITIATE = '/api/security/oidc/initiate_login'
const START = '/x?auth_url_hash='
const MARKUP = '"><script>alert(1)</script>'

/** Codes of the failures in the log, oldest first. */
const codesIn = ({ logged }: PortalFixture) =>
  logged.flatMap((line) => (JSON.parse(line) as { code?: string }).code ?? [])
const signInsIn = ({ audited }: PortalFixture) =>
  audited.filter((event) => event['event.action'] === 'user_login').map((event) => event['event.outcome'])

test('A-24 nobody is signed in by a response that was not made for their browser, on any path', async (t) => {
  const portal = await startPortal(t, oneProvider)
  const [attacker, victim] = [openBrowser(portal.app), openBrowser(portal.app)]
  const foreign = stateOf(await attacker.visit(START))
  const own = stateOf(await victim.visit(START))
  const implicit = (fragment: string) =>
    `${CALLBACK}?authenticationResponseURI=${encodeURIComponent(`${ORIGIN}${IMPLICIT}#${fragment}`)}`
  const forged: readonly (readonly [string, string])[] = [
    [`${CALLBACK}?code=code2&state=${foreign}`, 'handshake_missing'],
    [`${CALLBACK}?code=code2&state=`, 'handshake_missing'],
    [`${CALLBACK}?code=code2`, 'handshake_missing'],
    [`${CALLBACK}?error=access_denied&state=${foreign}`, 'handshake_missing'],
    [implicit(`id_token=x&state=${foreign}`), 'handshake_missing'],
    [implicit('id_token=x'), 'handshake_missing'],
  ]
  for (const [url, code] of forged) {
    assertErrorPage(await victim.visit(url), 401, code)
    assertErrorPage(await openBrowser(portal.app).visit(url), 401, 'no_cookie')
    assert.equal(codesIn(portal).at(-1), 'no_cookie')
  }
  assert.equal(portal.api.count('/_security/oidc/authenticate'), 0, 'nothing was asked of the provider')
  assertErrorPage(await victim.visit(`${CALLBACK}?code=stolen&state=${own}`), 401, 'rejected')
  assertErrorPage(await victim.visit(`${CALLBACK}?code=code1&state=${own}`), 401, 'handshake_missing')
  assert.equal(await whoAmI(victim), 401)
  assert.ok(signInsIn(portal).every((outcome) => outcome === 'failure'))
  assert.deepEqual(portal.api.livePairs(), [])
})

test('A-26 a sign-in makes a new cookie, the old one is dead and is cleared, and a failed sign-in makes none', async (t) => {
  const { app, advance } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const state = stateOf(await browser.visit(START))
  const before = browser.cookie
  const failed = await browser.visit(`${CALLBACK}?code=wrong&state=${state}`)
  assert.equal(failed.headers['set-cookie'], undefined)
  assert.equal(await whoAmI(browser), 401)
  await signIn(browser)
  assert.notEqual(browser.cookie, before)
  assert.equal(await whoAmI(openBrowser(app, before)), 401)
  const first = browser.cookie
  await signIn(browser, 'code2', `${INITIATE}?iss=https://op1.example`)
  assert.notEqual(browser.cookie, first)
  const old = openBrowser(app, first)
  assert.equal(readSetCookie(await old.visit('/security/logged_out')), '', 'a dead cookie is taken away')
  advance(31 * 86_400)
  assert.equal(readSetCookie(await browser.visit('/security/logged_out')), '')
})

test('A-27 a cookie that another host planted makes no session: of two different ones none counts', async (t) => {
  const portal = await startPortal(t, oneProvider)
  const [attacker, victim] = [openBrowser(portal.app), openBrowser(portal.app)]
  await signIn(attacker)
  await signIn(victim, 'code2')
  const cookie = `sid=${attacker.cookie}; sid=${victim.cookie}`
  const send = (url: string) => portal.app.inject({ url, headers: { accept: 'text/html', cookie } })
  assert.equal((await send('/security/account')).statusCode, 302)
  assertErrorPage(await send(`${CALLBACK}?code=code1&state=x`), 401, 'several_cookies')
  assert.equal(codesIn(portal).at(-1), 'several_cookies')
  assert.equal((await send('/api/security/logout')).headers['set-cookie'], undefined)
  assert.deepEqual([await whoAmI(attacker), await whoAmI(victim)], ['user1', 'user2'])
  // A planted handshake cookie cannot finish the sign-in that the victim began with another.
  const planted = openBrowser(portal.app)
  const state = stateOf(await planted.visit(START))
  assertErrorPage(
    await portal.app.inject({
      url: `${CALLBACK}?code=code1&state=${state}`,
      headers: { accept: 'text/html', cookie: `sid=${victim.cookie}; sid=${planted.cookie}` },
    }),
    401,
    'several_cookies',
  )
})

test('A-29 markup in parameters, headers and names is never markup of a page', async (t) => {
  const portal = await startPortal(t, twoProviders)
  const markup = encodeURIComponent(MARKUP)
  const browser = openBrowser(portal.app)
  const pages = [
    `${CALLBACK}?error=${markup}&error_description=${markup}&state=${markup}`,
    `${CALLBACK}?code=${markup}&state=${markup}`,
    `${INITIATE}?iss=${markup}`,
    `/login?msg=${markup}&next=/${markup}&auth_provider_hint=${markup}&auth_url_hash=%23${markup}`,
    `/security/logged_out?msg=${markup}&state=${markup}&next=/${markup}`,
    `/security/unauthenticated?next=/${markup}`,
    `/internal/security/capture-url?next=/${markup}`,
    `/${markup}`,
  ]
  for (const url of pages) {
    const { body, headers } = await browser.visit(url, { 'x-opaque-id': MARKUP })
    assert.doesNotMatch(body, /<script>alert|"><script/, url)
    assert.match(String(headers['content-security-policy']), /script-src 'self';/)
    const json = await browser.fetch(url, { 'x-opaque-id': MARKUP })
    if (json.statusCode >= 400) assert.equal(json.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(json.headers['x-content-type-options'], 'nosniff')
  }
  const form = { providerName: MARKUP, username: MARKUP, password: 'x', next: `/${MARKUP}` }
  assert.doesNotMatch((await browser.submit('/login', form)).body, /<script>alert/)
  assert.doesNotMatch((await browser.submit('/login', { ...form, providerName: 'basic1' })).body, /<script>alert/)
  const unknown = await browser.visit('/login?msg=constructor')
  assert.doesNotMatch(unknown.body, /loginInfoMessage|loginErrorMessage/)

  await signIn(browser, 'code1', '/login?auth_provider_hint=oidc1')
  const realm = { name: MARKUP, type: MARKUP }
  const body = { username: MARKUP, full_name: MARKUP, email: MARKUP, roles: [MARKUP], authentication_realm: realm }
  portal.api.intercept = ({ path }) => (path === '/_security/_authenticate' ? { status: 200, body } : undefined)
  for (const url of ['/security/account', '/security/overwritten_session'])
    assert.doesNotMatch((await browser.visit(url)).body, /<script>alert/, url)
})

test('A-33 unfinished sign-ins are bounded: fifty in a browser, and the store is told to let the oldest go', async (t) => {
  const trims: (readonly number[])[] = []
  const { app, store, clock } = await startPortal(t, oneProvider, {
    wrapSessions: (sessions) => ({
      ...sessions,
      trimUnclaimed: async (most, limit) => {
        trims.push([most, limit])
        return sessions.trimUnclaimed(most, limit)
      },
    }),
  })
  const browser = openBrowser(app)
  let largest = 0
  for (let tab = 0; tab < 60; tab++) {
    await browser.visit(`/tab/${tab}?auth_url_hash=`)
    const [record] = await store.sessions.list({}, { limit: 10 })
    if (tab === 49) largest = record?.content.length ?? 0
    assert.equal(record?.removeAt, Math.floor(clock()) + 7200)
  }
  const [record] = await store.sessions.list({}, { limit: 10 })
  assert.ok(record && record.content.length < largest * 1.1, 'ten more take no more room')
  for (let stranger = 0; stranger < 256; stranger++) await openBrowser(app).visit(START)
  assert.deepEqual(trims, [[100_000, 1024]])
})

test('A-39 a parameter that decides something is refused when it comes twice, and its look-alikes do nothing', async (t) => {
  const portal = await startPortal(t, oneProvider)
  const browser = openBrowser(portal.app)
  const state = stateOf(await browser.visit(START))
  const inside = encodeURIComponent(`${ORIGIN}${IMPLICIT}#code=code1&state=${state}&state=x`)
  const twice = [
    `${CALLBACK}?code=code1&code=code2&state=${state}`,
    `${CALLBACK}?code=code1&state=${state}&state=${state}`,
    `${CALLBACK}?code=code1&state=${state}&iss=a&iss=b`,
    `${CALLBACK}?error=a&error=b&state=${state}`,
    `${CALLBACK}?authenticationResponseURI=a&authenticationResponseURI=b`,
    `${CALLBACK}?authenticationResponseURI=${inside}`,
    `${INITIATE}?iss=https://op1.example&iss=https://op2.example`,
    `${INITIATE}?iss=https://op1.example&login_hint=a&login_hint=b`,
  ]
  for (const url of twice) {
    assertErrorPage(await browser.visit(url), 400, 'bad_request')
    assert.equal(codesIn(portal).at(-1), 'bad_request')
  }
  assert.equal(portal.api.count('/_security/oidc/authenticate'), 0)
  for (const stray of [`code[]=code2`, `Code=code2`, `State=x`, `state[]=x`, `CODE=code2`])
    assertErrorPage(await browser.visit(`${CALLBACK}?${stray}&Code=a`), 400, 'bad_request')
  const body = { iss: 'https://op2.example' }
  const start = await openBrowser(portal.app).submit(`${INITIATE}?iss=https://op1.example`, body)
  assert.equal(
    start.statusCode,
    401,
    'the query of a POST has no say: the issuer of the body is known, its realm not used here',
  )
  const finished = await browser.visit(`${CALLBACK}?code=code1&Code=code2&code[]=code2&state=${state}&State=x`)
  assert.equal(finished.statusCode, 302)
  assert.equal(await whoAmI(browser), 'user1')
})

test('A-42 a redirect has no body, and a page that moves on or ends a visit holds nothing else', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const stranger = await browser.visit('/security/account')
  assert.equal(stranger.statusCode, 302)
  assert.equal(stranger.body, '')
  const form = { providerName: 'basic', username: 'basic', password: 'basic', next: '/x' }
  assert.equal((await openBrowser(app).submit('/login', form)).body, '')
  const state = stateOf(await browser.visit(START))
  const done = await browser.visit(`${CALLBACK}?code=code1&state=${state}`)
  assert.equal(done.body, '')
  const secrets = /user1|finance|basic|oidc1/
  for (const url of [IMPLICIT, '/internal/security/capture-url?next=/x', `${CALLBACK}?code=a&code=b`, '/nowhere']) {
    const { body } = await browser.visit(url)
    assert.ok(body.trimEnd().endsWith('</html>'))
    assert.doesNotMatch(body, secrets, url)
  }
  assert.equal((await browser.visit('/')).body, '')
  assert.equal((await browser.visit('/api/security/logout')).body, '')
})

test('A-46 a third party names an issuer and a login hint, and nothing else of the sign-in', async (t) => {
  const portal = await startPortal(t, oneProvider)
  const unknown = await openBrowser(portal.app).visit(`${INITIATE}?iss=https://evil.example`)
  assertErrorPage(unknown, 401, 'unknown_issuer')
  assert.equal(unknown.headers['set-cookie'], undefined)
  assert.equal(codesIn(portal).at(-1), 'unknown_issuer')
  const smuggled = {
    iss: 'https://op1.example',
    login_hint: 'alice',
    scope: 'everything',
    redirect_uri: 'https://evil.example',
    prompt: 'none',
    response_type: 'token',
    client_id: 'evil',
    state: 'chosen',
    nonce: 'chosen',
    realm: 'oidc2',
  }
  for (const start of [
    await openBrowser(portal.app).visit(`${INITIATE}?${new URLSearchParams(smuggled).toString()}`),
    await openBrowser(portal.app).submit(INITIATE, smuggled),
  ]) {
    assert.equal(start.statusCode, 302)
    assert.doesNotMatch(String(start.headers.location), /evil|everything|chosen|prompt/)
  }
  const asked = portal.api.calls.filter(({ path }) => path === '/_security/oidc/prepare').slice(1)
  for (const { body } of asked) assert.deepEqual(body, { iss: 'https://op1.example', login_hint: 'alice' })
})
