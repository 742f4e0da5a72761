/** Choosing among several providers: acceptance scenarios E of the portal. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { SecurityError } from '../../src/kernel/errors.ts'
import {
  ORIGIN,
  assertErrorPage,
  openBrowser,
  provider,
  readSetCookie,
  signIn,
  startPortal,
  stateOf,
  twoProviders,
  whoAmI,
} from '../support/portal.ts'

const NAV0 = '/abc/xyz/handshake?one=two%20three'
const CALLBACK = '/api/security/oidc/callback'
const FORM = { providerName: 'basic1', username: 'basic', password: 'basic', next: '/x' }

test('E1 a deep link leads to the selector, also with an unfinished handshake', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  const location = '/login?next=%2Fabc%2Fxyz%2Fhandshake%3Fone%3Dtwo%2520three'
  for (let visit = 0; visit < 2; visit++) {
    const response = await browser.visit(NAV0)
    assert.equal(response.headers.location, location)
    assert.equal(response.headers['set-cookie'], undefined)
    await browser.visit('/login?auth_provider_hint=oidc1&auth_url_hash=')
  }
  const page = await browser.visit(location)
  assert.equal(page.statusCode, 200)
  const cards = [...page.body.matchAll(/data-test-subj="loginCard-([^"]+)"/g)].map(([, card]) => card)
  assert.deepEqual(cards, ['oidc/oidc1', 'oidc/oidc2', 'basic/basic1'])
  assert.match(
    page.body,
    /href="\/login\?auth_provider_hint=oidc1&amp;next=%2Fabc%2Fxyz%2Fhandshake%3Fone%3Dtwo%2520three"/,
  )
})

test('E2 a hint leads past the selector to its provider, over the capture page', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  const first = await browser.visit('/abc?auth_provider_hint=oidc2')
  assert.equal(first.headers.location, '/login?next=%2Fabc%3Fauth_provider_hint%3Doidc2&auth_provider_hint=oidc2')
  const second = await browser.visit(first.headers.location)
  assert.match(String(second.headers.location), /^\/internal\/security\/capture-url\?next=%2Flogin%3Fnext%3D/)
  const capture = await browser.visit(String(second.headers.location))
  const link = /<noscript><meta http-equiv="refresh" content="0;url=([^"]+)"/.exec(capture.body)?.[1]
  const third = await browser.visit(String(link).replaceAll('&amp;', '&'))
  assert.equal(new URL(String(third.headers.location)).origin, 'https://op2.example')
  const finished = await browser.visit(`${CALLBACK}?code=code1&state=${stateOf(third)}`)
  assert.equal(finished.headers.location, '/abc')

  const stranger = openBrowser(app)
  assert.match((await stranger.visit('/login?auth_provider_hint=basic1')).body, /data-test-subj="loginForm"/)
  const unknown = await stranger.visit('/abc?auth_provider_hint=nobody')
  assert.equal(unknown.headers.location, '/login?next=%2Fabc%3Fauth_provider_hint%3Dnobody')
})

test('E3 a program asks for a provider by name and gets its address', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  const currentURL = `${ORIGIN}/login?next=/abc/xyz/handshake?one=two%20three`
  const ask = { providerType: 'oidc', providerName: 'oidc1', currentURL }
  const response = await browser.post('/internal/security/login', ask)
  assert.equal(response.statusCode, 200, response.body)
  assert.ok(readSetCookie(response))
  const { location } = response.json<{ location: string }>()
  const state = String(new URL(location).searchParams.get('state'))
  assert.equal((await browser.visit(`${CALLBACK}?code=code1&state=${state}`)).headers.location, NAV0)
  const other = await openBrowser(app).post('/internal/security/login', { ...ask, providerName: 'oidc2' })
  assert.equal(new URL(other.json<{ location: string }>().location).origin, 'https://op2.example')
})

test('E4 an initiated sign-in ends with the provider of the issuer', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  for (const number of [1, 2]) {
    const browser = openBrowser(app)
    const start = await browser.visit(`/api/security/oidc/initiate_login?iss=https://op${number}.example`)
    const finished = await browser.visit(`${CALLBACK}?code=code1&state=${stateOf(start)}`)
    assert.equal(finished.headers.location, '/')
    const me = (await browser.fetch('/internal/security/me')).json<Record<string, unknown>>()
    assert.deepEqual(me['authentication_provider'], { type: 'oidc', name: `oidc${number}` })
    assert.deepEqual(me['authentication_realm'], { name: `oidc${number}`, type: 'oidc' })
  }
})

test('E5 what a program may not ask is refused with a message that names the field', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const params = { username: 'basic', password: 'basic' }
  const good = { providerType: 'basic', providerName: 'basic1', currentURL: '', params }
  const oidc = { providerType: 'oidc', providerName: 'oidc1', currentURL: '' }
  const cases: readonly [object, number, RegExp][] = [
    [{ ...good, providerName: 'nobody' }, 401, /^Unauthorized$/],
    [{ ...good, params: { ...params, password: 'wrong' } }, 401, /^Unauthorized$/],
    [{ ...good, params: undefined }, 400, /params\]: expected/],
    [{ ...oidc, params }, 400, /params\]: a value wasn't expected to be present/],
    [{ ...good, providerType: 'oidc' }, 400, /providerType/],
    [{ ...good, more: 1 }, 400, /more\]: definition for this key is missing/],
    [{ ...good, params: { ...params, username: '' } }, 400, /params\.username/],
    [{ ...good, currentURL: 7 }, 400, /currentURL\]: expected value of type \[string\] but got \[number\]/],
    [[], 400, /request body/],
  ]
  for (const [body, status, message] of cases) {
    const response = await openBrowser(app).post('/internal/security/login', body)
    assert.equal(response.statusCode, status, JSON.stringify(body))
    assert.match(response.json<{ message: string }>().message, message)
    assert.equal(response.headers['set-cookie'], undefined)
  }
  const bare = await app.inject({ method: 'POST', url: '/internal/security/login', payload: good })
  assert.equal(bare.statusCode, 400)
  assert.equal(bare.json<{ message: string }>().message, 'Request must contain a kbn-xsrf header.')
})

test('E6 the form signs in without any script', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  const wrong = await browser.submit('/login', { ...FORM, password: 'wrong' })
  assert.equal(wrong.statusCode, 401)
  assert.match(wrong.body, /role="alert"[^>]*>\s*Username or password is incorrect\. Please try again\./)
  assert.match(wrong.body, /value="basic"/)
  assert.doesNotMatch(wrong.body, /wrong/)
  assert.equal(wrong.headers['set-cookie'], undefined)
  assert.equal((await browser.submit('/login', { ...FORM, password: '' })).statusCode, 400)
  assertErrorPage(await browser.submit('/login', FORM, { 'sec-fetch-site': 'cross-site' }), 403, 'cross_site_form')

  const send = (headers: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: '/login',
      headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: new URLSearchParams(FORM).toString(),
    })
  assertErrorPage(await send({ origin: 'https://evil.example' }), 403, 'cross_site_form')
  assertErrorPage(await send({ origin: 'null' }), 403, 'cross_site_form')
  assertErrorPage(await send({}), 403, 'cross_site_form')
  assert.equal((await send({ origin: ORIGIN })).statusCode, 303)
  assert.equal((await send({ origin: 'http://host.example:81', host: 'host.example:81' })).statusCode, 303)
  assert.equal((await send({ origin: 'https://host.example', host: 'Host.example:443' })).statusCode, 303)
  for (const host of ['host.example:80', 'host.example.', 'a@host.example', 'host.example/', ''])
    assertErrorPage(await send({ origin: 'https://host.example', host }), 403, 'cross_site_form')

  const good = await browser.submit('/login', { ...FORM, auth_url_hash: '#/board' })
  assert.equal(good.statusCode, 303)
  assert.equal(good.headers.location, '/x#/board')
  assert.ok(readSetCookie(good))
  assert.equal((await browser.visit('/login?next=/x')).headers.location, '/x')
})

test('E6 while the API is away the form comes back, and the login page says so', async (t) => {
  const { app, api } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  api.intercept = () => {
    throw new Error('connection refused')
  }
  const form = await browser.submit('/login', FORM)
  assert.equal(form.statusCode, 503)
  assert.match(form.body, /We couldn&#39;t log you in\. Please try again\./)
  const page = await browser.visit('/login')
  assert.equal(page.statusCode, 503)
  assert.match(page.body, /Cannot connect to the security API/)
  const state = (await browser.fetch('/internal/security/login_state')).json<Record<string, unknown>>()
  assert.equal(state['layout'], 'error-es-unavailable')
})

test('E6 who cannot be looked at now keeps the session that they may have', async (t) => {
  const { app, api } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  await browser.submit('/login', FORM)
  assert.equal(await whoAmI(browser), 'basic')
  api.intercept = ({ path }) => {
    if (path === '/_security/_authenticate') throw new Error('away for a moment')
    return undefined
  }
  const start = await browser.visit('/login?auth_provider_hint=oidc1&auth_url_hash=')
  assertErrorPage(start, 503, 'unavailable')
  assert.equal(start.headers['set-cookie'], undefined)
  api.intercept = undefined
  assert.equal(await whoAmI(browser), 'basic')
})

test('E7 another user in the same browser gets a session of their own and is told', async (t) => {
  const { app, api } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  await signIn(browser, 'code1', '/login?auth_provider_hint=oidc1')
  const first = browser.cookie
  const start = await browser.visit('/api/security/oidc/initiate_login?iss=https://op1.example')
  const finished = await browser.visit(`${CALLBACK}?code=code2&state=${stateOf(start)}`)
  assert.equal(finished.headers.location, '/security/overwritten_session?next=%2F')
  assert.notEqual(browser.cookie, first)
  assert.equal(await whoAmI(browser), 'user2')
  assert.equal(await whoAmI(openBrowser(app, first)), 401)
  assert.equal(api.livePairs().length, 1)
  assert.match(
    (await browser.visit('/security/overwritten_session?next=//evil')).body,
    /href="\/"[^>]*>\s*Continue as user2/,
  )

  const ask = { providerType: 'basic', providerName: 'basic1', currentURL: '/login?next=/y' }
  const basic = await browser.post('/internal/security/login', {
    ...ask,
    params: { username: 'basic', password: 'basic' },
  })
  assert.equal(basic.json<{ location: string }>().location, '/security/overwritten_session?next=%2Fy')
  assert.deepEqual(api.livePairs(), [])
  const other = await browser.post('/internal/security/login', {
    ...ask,
    params: { username: 'other', password: 'other' },
  })
  assert.equal(other.json<{ location: string }>().location, '/security/overwritten_session?next=%2Fy')
  const same = await browser.post('/internal/security/login', {
    ...ask,
    params: { username: 'other', password: 'other' },
  })
  assert.equal(same.json<{ location: string }>().location, '/y')
})

test('E7 the same user again: plain redirect, new cookie, old tokens dead', async (t) => {
  const { app, api } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  await signIn(browser, 'code1', '/login?auth_provider_hint=oidc1')
  const first = browser.cookie
  const start = await browser.visit('/api/security/oidc/initiate_login?iss=https://op1.example')
  const finished = await browser.visit(`${CALLBACK}?code=code1&state=${stateOf(start)}`)
  assert.equal(finished.headers.location, '/')
  assert.notEqual(browser.cookie, first)
  assert.equal(await whoAmI(openBrowser(app, first)), 401)
  assert.equal(api.livePairs().length, 1)
})

test('E8 a callback that fails leaves the sign-in alone', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  await signIn(browser, 'code1', '/login?auth_provider_hint=oidc1')
  const start = await browser.visit('/api/security/oidc/initiate_login?iss=https://op2.example')
  assertErrorPage(await browser.visit(`${CALLBACK}?code=nonsense&state=${stateOf(start)}`), 401, 'rejected')
  assert.equal(await whoAmI(browser), 'user1')
})

test('no pair of tokens is left of a form that was posted while the store was away', async (t) => {
  const providers = [provider('token', 'token1', 0)]
  let isAway = false
  const away = () => Promise.reject(new SecurityError('store_unavailable', 'away'))
  const { app, api } = await startPortal(
    t,
    { providers },
    {
      wrapSessions: (sessions) => ({
        ...sessions,
        find: (id) => (isAway ? away() : sessions.find(id)),
        create: (session, more) => (isAway ? away() : sessions.create(session, more)),
      }),
    },
  )
  const form = { ...FORM, providerName: 'token1' }
  const browser = openBrowser(app)
  await browser.submit('/login', form)
  assert.equal(api.livePairs().length, 1)
  isAway = true
  assert.equal((await browser.submit('/login', form)).statusCode, 503)
  assert.equal((await openBrowser(app).submit('/login', form)).statusCode, 503)
  assert.equal(api.livePairs().length, 1)
})

test('a provider of type token keeps the pair of the password grant, and signing out revokes both', async (t) => {
  const { app, api } = await startPortal(t, { selector: false, providers: [provider('token', 'token1', 0)] })
  const browser = openBrowser(app)
  assert.equal((await browser.submit('/login', { ...FORM, providerName: 'token1' })).statusCode, 303)
  const me = (await browser.fetch('/internal/security/me')).json<Record<string, unknown>>()
  assert.equal(me['authentication_type'], 'token')
  assert.equal((await browser.visit('/api/security/logout')).headers.location, '/login?msg=LOGGED_OUT')
  assert.deepEqual(api.livePairs(), [])
})
