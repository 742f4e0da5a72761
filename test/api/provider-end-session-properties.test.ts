/**
 * What holds for every request to the end-session endpoint, whatever its parameters: nobody is signed out without the
 * person's answer to a dialog of this session, and nobody is led off the provider.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as fc from 'fast-check'
import type * as client from 'openid-client'
import { request } from 'undici'
import { type BrowserSession, createBrowserSession, readForm } from '../support/browser-session.ts'
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
} from '../support/provider.ts'

const API = 'https://api.example.org/v1'
let provider: ProviderUnderTest
let config: client.Configuration
let browser: BrowserSession
/** Parameters that mean something somewhere, and some that only look so. */
let values: Readonly<Record<string, readonly string[]>>

before(async () => {
  provider = await startProvider({
    clients: [clientSettings('app', { accessTokenHintMayRedirect: true }), clientSettings('other')],
    settings: {
      resources: [{ identifier: API, scope: 'read', accessTokenFormat: 'jwt' }],
      endSession: { ...END_SESSION, headlessLogout: true },
    },
  })
  config = await discover(provider.origin)
  const own = await signIn(config)
  browser = own.browser
  const jwt = await signIn(config, { browser, parameters: { resource: API, scope: 'openid read' } })
  const bob = await signIn(await discover(provider.origin, 'other'), { user: 'bob' })
  // A dialog of another session, one of nobody, and a form of another kind.
  const tickets = [
    await bob.browser.visit(`${provider.origin}/session/end_session`),
    await createBrowserSession().visit(
      `${provider.origin}/session/end_session?id_token_hint=${own.tokens.id_token}&post_logout_redirect_uri=${GOODBYE}`,
    ),
    await browser.visit(`${provider.origin}/account`),
  ].map((page) => readForm(page).hidden['ticket'] ?? '')
  const bobs = [bob.tokens.id_token ?? '', bob.tokens.access_token]
  const owns = [own.tokens.id_token ?? '', own.tokens.access_token, jwt.tokens.access_token]
  values = {
    id_token_hint: [...owns, ...bobs, 'x'],
    access_token_hint: [...owns, ...bobs, 'x'],
    client_id: ['app', 'other', 'x'],
    post_logout_redirect_uri: [GOODBYE, `${GOODBYE}/`, 'https://evil.example/', 'javascript:alert(1)'],
    state: ['s', 'S t&a=te/é', 'a\nb'],
    ui_locales: ['de', 'x'],
    logout_hint: ['alice', 's-alice'],
    logout: ['yes', 'no', 'true'],
    confirmed: ['true', 'yes'],
    prompt: ['none'],
    sid: ['s', 'x'],
    ticket: [...tickets, 'forged'],
    xsrf: ['forged', ''],
    _r: ['forged'],
  }
})
after(() => provider.close())

async function isSignedIn(): Promise<boolean> {
  const { url } = await beginLogin(config, { prompt: 'none' })
  return new URL((await browser.copy().visit(url, { until: CALLBACK })).url).searchParams.has('code')
}

test('A-9, I-1: no combination of parameters ends a session, or leads off, without an answer to its dialog', async () => {
  const names = Object.keys(values)
  const parameters = fc.array(
    fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...(values[name] ?? [''])))),
    { maxLength: 6 },
  )
  const requests = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST'),
    path: fc.constantFrom('', '/', '/confirm', '/success', '/stayed', '/confirm/'),
    query: parameters,
    form: parameters,
    headers: fc.constantFrom<Record<string, string>>(
      { accept: 'text/html' },
      { accept: 'text/html', 'sec-fetch-site': 'same-origin' },
      { accept: 'text/html', 'sec-fetch-site': 'cross-site' },
      { accept: 'application/json', 'sec-fetch-mode': 'cors' },
    ),
  })
  const property = fc.asyncProperty(requests, async ({ method, path, query, form, headers }) => {
    const cookies = ['ostiary_op', 'ostiary_op.sig'].map((name) => `${name}=${browser.cookie(name)}`).join('; ')
    const url = `${provider.origin}/session/end_session${path}?${new URLSearchParams(query).toString()}`
    const answer = await request(url, {
      method,
      headers: {
        ...headers,
        cookie: cookies,
        ...(method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: method === 'POST' ? new URLSearchParams(form).toString() : null,
    })
    await answer.body.dump()
    assert.ok([200, 303, 400, 405].includes(answer.statusCode), String(answer.statusCode))
    const location = [answer.headers['location']].flat()[0]
    // The page of "nobody is signed in" was shown to a visitor without a session; its answer leads on, and ends nothing.
    const isContinued = path.startsWith('/confirm') && location?.startsWith(GOODBYE) === true
    if (location !== undefined && !isContinued) assert.equal(new URL(location, provider.origin).origin, provider.origin)
    assert.equal(answer.headers['set-cookie'], undefined)
    assert.equal(await isSignedIn(), true)
  })
  await fc.assert(property, { numRuns: 400 })
})

test('A-9: without a browser, only a living access token ends a session, whatever else is sent', async () => {
  const bobs = values['id_token_hint']?.slice(3, 4) ?? []
  const stray = fc.constantFrom(
    'x',
    '',
    values['id_token_hint']?.[0] ?? '',
    ...bobs,
    `${values['access_token_hint']?.[2]}x`,
  )
  const property = fc.asyncProperty(stray, fc.boolean(), async (hint, asIdToken) => {
    const name = asIdToken ? 'id_token_hint' : 'access_token_hint'
    const body = new URLSearchParams({ [name]: hint, logout: 'yes', post_logout_redirect_uri: GOODBYE })
    const url = `${provider.origin}/session/end_session`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    const answer = await request(url, { method: 'POST', headers, body: body.toString() })
    await answer.body.dump()
    assert.ok([303, 401].includes(answer.statusCode), String(answer.statusCode))
    assert.equal(await isSignedIn(), true)
  })
  await fc.assert(property, { numRuns: 40 })
})
