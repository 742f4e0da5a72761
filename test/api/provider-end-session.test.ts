/** Signing out at the provider over HTTP: forms, tickets, parked posts, errors, and what the relying parties are told. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import * as client from 'openid-client'
import { createSealer } from '../../src/kernel/sealer.ts'
import { type BrowserSession, createBrowserSession, readForm, type VisitedPage } from '../support/browser-session.ts'
import {
  beginLogin,
  buildSettings,
  CALLBACK,
  clientSettings,
  discover,
  END_SESSION,
  GOODBYE,
  type ProviderUnderTest,
  SECRET,
  signIn,
  startProvider,
  submitLogin,
  type Tokens,
  TTL,
} from '../support/provider.ts'

const PATH = '/session/end_session'
const TYPO3 = 'http://localhost:5601/typo3?logintype=logout'

let provider: ProviderUnderTest
let config: client.Configuration

before(async () => {
  provider = await startProvider({
    clients: [
      clientSettings('app', { metadata: { grant_types: ['authorization_code', 'refresh_token'] } }),
      clientSettings('asking', {
        consent: 'ask',
        metadata: { grant_types: ['authorization_code', 'refresh_token'] },
      }),
      clientSettings('cidaas', {
        accessTokenHintMayRedirect: true,
        metadata: { post_logout_redirect_uris: [TYPO3, GOODBYE] },
      }),
      clientSettings('evil"><script>', { metadata: { client_name: '"><script>alert(1)</script>' } }),
    ],
  })
  config = await discover(provider.origin)
})
after(() => provider.close())

function urlOf(parameters: Readonly<Record<string, string>>, origin = provider.origin): string {
  return `${origin}${PATH}?${new URLSearchParams(parameters).toString()}`
}

function endSession(browser: BrowserSession, parameters: Readonly<Record<string, string>>): Promise<VisitedPage> {
  return browser.visit(urlOf(parameters))
}

async function isSignedIn(browser: BrowserSession): Promise<boolean> {
  const page = await browser.visit((await beginLogin(config, { prompt: 'none' })).url, { until: CALLBACK })
  return new URL(page.url).searchParams.has('code')
}

test("RIL-6: openid-client's logout: dialog, Yes, back with the state, session and tokens gone", async () => {
  const { browser, tokens } = await signIn(config)
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token ?? '',
    post_logout_redirect_uri: GOODBYE,
    state: 'a state',
  })
  const dialog = await browser.visit(url.href)
  assert.match(dialog.body, /You are signed in as <strong>Alice Adams<\/strong>/)
  assert.match(dialog.body, /<strong>Client app<\/strong>\s+asks to sign you out/)
  const answer = await browser.submit(dialog, { logout: 'yes' }, { until: GOODBYE })
  assert.equal(answer.url, `${GOODBYE}?state=a%20state`)
  assert.equal(await isSignedIn(browser), false)
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false)
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), { error: 'invalid_grant' })
})

test('BCO-4: offline_access needs no prompt where the operator agreed for everybody', async () => {
  const { browser, tokens } = await signIn(config, { parameters: { scope: 'openid offline_access' } })
  assert.equal(tokens.scope, 'openid offline_access')
  await browser.submit(await endSession(browser, {}), { logout: 'yes' })
  assert.equal((await client.refreshTokenGrant(config, tokens.refresh_token ?? '')).claims()?.sub, 's-alice')
})

test('BCO-4: where people are asked, offline_access without prompt=consent is left out', async () => {
  const asking = await discover(provider.origin, 'asking')
  const browser = createBrowserSession()
  const login = await beginLogin(asking, { scope: 'openid offline_access' })
  const consent = await submitLogin(browser, await browser.visit(login.url), 'alice')
  assert.doesNotMatch(consent.body, /while you are not signed in/)
  const tokens = await login.redeem(await browser.submit(consent, { answer: 'allow' }, { until: CALLBACK }))
  assert.equal(tokens.scope, 'openid')
  await browser.submit(await endSession(browser, {}), { logout: 'yes' })
  await assert.rejects(client.refreshTokenGrant(asking, tokens.refresh_token ?? ''), { error: 'invalid_grant' })
})

test('BCO-4: what was granted for use without a session outlives the sign-out', async () => {
  const parameters = { scope: 'openid offline_access', prompt: 'consent' }
  const browser = createBrowserSession()
  const login = await beginLogin(config, parameters)
  const consent = await submitLogin(browser, await browser.visit(login.url), 'alice')
  const tokens = await login.redeem(await browser.submit(consent, { answer: 'allow' }, { until: CALLBACK }))
  await browser.submit(await endSession(browser, {}), { logout: 'yes' })
  assert.equal(await isSignedIn(browser), false)
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.equal(refreshed.claims()?.sub, 's-alice')
})

test('A-9, A-10, I-1, RIL-5, RIL-13, T-13: no GET and no HEAD ends anything or writes anything', async (t) => {
  const { browser, tokens } = await signIn(config)
  const { artefacts } = provider.store
  const writes = (['upsert', 'create', 'consume', 'destroy', 'revokeByGrantId'] as const).map((name) =>
    t.mock.method(artefacts, name),
  )
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE }
  for (const extra of [{ logout: 'yes' }, { confirmed: 'true' }, { answer: 'yes' }]) {
    assert.equal((await endSession(browser, { ...hint, ...extra })).status, 200)
    assert.equal((await browser.visit(urlOf({ ...hint, ...extra }), { method: 'HEAD' })).status, 200)
  }
  const anonymous = createBrowserSession()
  for (let round = 0; round < 20; round++)
    await Promise.all(Array.from({ length: 50 }, () => endSession(anonymous, { id_token_hint: 'x' })))
  assert.equal(anonymous.cookie('ostiary_op'), undefined)
  for (const write of writes) assert.equal(write.mock.callCount(), 0)
  t.mock.restoreAll()
  assert.equal(await isSignedIn(browser), true)
})

test('HEAD has the headers of GET, and does not use up a parked form', async () => {
  const { browser, tokens } = await signIn(config)
  const form = new URLSearchParams({ id_token_hint: tokens.id_token ?? '' })
  const posted = await fetch(provider.origin + PATH, { method: 'POST', body: form, redirect: 'manual' })
  assert.equal(posted.status, 303)
  const location = provider.origin + posted.headers.get('location')
  const head = await browser.visit(location, { method: 'HEAD' })
  const get = await browser.visit(location)
  for (const name of ['content-type', 'cache-control', 'content-security-policy', 'x-frame-options']) {
    assert.equal(head.headers.get(name), get.headers.get(name), name)
  }
  assert.equal(get.headers.get('cache-control'), 'no-store')
  assert.match(get.body, /Client app/)
  const late = await browser.visit(location)
  assert.equal(late.status, 200)
  assert.doesNotMatch(late.body, /Client app/)
})

test('a GET with a handle takes no other parameter, and an unknown handle is a request without parameters', async () => {
  const { browser, tokens } = await signIn(config)
  const page = await endSession(browser, { _r: 'unknown', id_token_hint: tokens.id_token ?? '' })
  assert.equal(page.status, 200)
  assert.doesNotMatch(page.body, /Client app/)
})

test('RIL-1, T-11: a POST counts query and form together, also from another site without cookies', async () => {
  const { browser, tokens } = await signIn(config)
  const url = urlOf({ id_token_hint: tokens.id_token ?? '' })
  const body = new URLSearchParams({ post_logout_redirect_uri: GOODBYE })
  const posted = await fetch(url, { method: 'POST', body, redirect: 'manual' })
  const dialog = await browser.visit(provider.origin + posted.headers.get('location'))
  assert.match(dialog.body, /Client app/)
  const answer = await browser.submit(dialog, { logout: 'yes' }, { until: GOODBYE })
  assert.equal(answer.url, GOODBYE)
})

test('RIL-4, EST-7, 8, 9, 15: expired hints tell the same as fresh ones', async (t) => {
  const short = await startProvider({
    clients: [clientSettings('app', { accessTokenHintMayRedirect: true })],
    settings: { ttl: { ...TTL, accessToken: 1, idToken: 1 } },
  })
  t.after(() => short.close())
  const config = await discover(short.origin)
  for (const kind of ['id_token', 'access_token'] as const) {
    const { browser, tokens } = await signIn(config)
    await sleep(1100)
    const hint = { [`${kind}_hint`]: tokens[kind] ?? '', post_logout_redirect_uri: GOODBYE, state: 's' }
    const page = await browser.visit(urlOf(hint, short.origin))
    assert.match(page.body, /Client app/)
    assert.doesNotMatch(page.body, /data-notice/)
    const answer = await browser.submit(page, { logout: 'yes' }, { until: GOODBYE })
    assert.equal(answer.url, `${GOODBYE}?state=s`)
  }
})

test('RIL-2, EST-13, A-8, A-16, A-18: forged hints count as none', async () => {
  const { browser, tokens } = await signIn(config)
  const [header = '', payload = '', signature = ''] = (tokens.id_token ?? '').split('.')
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = decodeJwt(tokens.id_token ?? '')
  const kid = decodeProtectedHeader(tokens.id_token ?? '').kid
  const variants: Record<string, string> = {
    'alg none': `${encode({ alg: 'none' })}.${payload}.`,
    'alg None': `${encode({ alg: 'None', kid })}.${payload}.${signature}`,
    'alg HS256': `${encode({ alg: 'HS256', kid })}.${payload}.${signature}`,
    'typ of a logout token': `${encode({ alg: 'RS256', kid, typ: 'logout+jwt' })}.${payload}.${signature}`,
    'other claims': `${header}.${encode({ ...claims, sub: 'bob' })}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'a bit of the signature': `${header}.${payload}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`,
    'two parts': `${header}.${payload}`,
    'five parts': `${header}.${payload}.${signature}.${payload}.${signature}`,
    'not a token': 'x',
    'an access token': tokens.access_token,
    'too long': `${tokens.id_token}${'x'.repeat(17_000)}`,
  }
  for (const [name, hint] of Object.entries(variants)) {
    const page = await endSession(browser, { id_token_hint: hint, post_logout_redirect_uri: GOODBYE })
    assert.match(page.body, /data-notice="id_token_hint_unusable"/, name)
    assert.match(page.body, /data-notice="redirect_ignored"/, name)
    assert.doesNotMatch(page.body, /Client app/, name)
  }
})

test('RIL-2: a hint has one spelling: others that decode to the same bytes count as none', async (t) => {
  const elliptic = await startProvider({
    clients: [clientSettings('app', { metadata: { id_token_signed_response_alg: 'ES256' } })],
  })
  t.after(() => elliptic.close())
  const { browser, tokens } = await signIn(await discover(elliptic.origin))
  const token = tokens.id_token ?? ''
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  // A signature of 64 bytes leaves four bits of its last character without meaning.
  const next = digits[digits.indexOf(token.at(-1) ?? '') + 1] ?? ''
  const [header = '', payload = '', signature = ''] = token.split('.')
  const respelled = [
    token.slice(0, -1) + next,
    `${token}==`,
    `${token}!`,
    [header, payload, `${signature.slice(0, 40)} ${signature.slice(40)}`].join('.'),
  ]
  const notices = async (hint: string) => {
    const { body } = await browser.visit(urlOf({ id_token_hint: hint }, elliptic.origin))
    return Array.from(body.matchAll(/data-notice="(\w+)"/g), ([, notice]) => notice)
  }
  assert.deepEqual(await notices(token), [])
  for (const hint of respelled) assert.deepEqual(await notices(hint), ['id_token_hint_unusable'], hint.slice(-20))
})

test('RIL-8, RIL-10, I-2, A-1, A-2, A-5, A-6, A-11: nothing but a registered string is a target, and signing out works all the same', async () => {
  const oddities = [
    '//evil',
    '///evil',
    '/\\evil',
    '\\\\evil',
    'https:evil',
    'https:/evil',
    'https://ok\\@evil',
    `${GOODBYE}@evil`,
    `${GOODBYE}.evil`,
    `${GOODBYE}/..`,
    `${GOODBYE}?`,
    `${GOODBYE}#`,
    `${GOODBYE}%20`,
    `${GOODBYE}/`,
    ` ${GOODBYE}`,
    `${GOODBYE} `,
    `${GOODBYE}\t`,
    `${GOODBYE}\r\nX: y`,
    `${GOODBYE}\u0000`,
    `${GOODBYE}\u2028`,
    `${GOODBYE}%09`,
    GOODBYE.toUpperCase(),
    GOODBYE.replace('localhost', 'LOCALHOST'),
    GOODBYE.replace('localhost', 'localhost.'),
    GOODBYE.replace('http', 'https'),
    GOODBYE.replace(':5601', ':05601'),
    GOODBYE.replace('5601', '5602'),
    GOODBYE.replace('goodbye', './goodbye'),
    GOODBYE.replace('goodbye', '%67oodbye'),
    'javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'http://localhost:5601',
    'http://user@localhost:5601/goodbye',
    '/goodbye',
    'goodbye',
    '?',
    '.',
    'http://[::1]:5601/goodbye',
    encodeURIComponent(GOODBYE),
    `/\t${GOODBYE}`,
    '*',
  ]
  const { browser, tokens } = await signIn(config)
  for (const uri of oddities) {
    const page = await endSession(browser, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: uri })
    assert.match(page.body, /data-notice="redirect_ignored"/, uri)
  }
  const [worst = ''] = oddities
  const page = await endSession(browser, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: worst })
  const answer = await browser.submit(page, { logout: 'yes' })
  assert.match(answer.body, /You are signed out/)
  for (const url of answer.trail) assert.equal(new URL(url).origin, provider.origin)
  assert.equal(await isSignedIn(browser), false)
})

test('T-10: two tabs: both dialogs can be answered', async () => {
  const { browser, tokens } = await signIn(config)
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE }
  const first = await endSession(browser, { ...hint, state: '1' })
  const second = await endSession(browser, { ...hint, state: '2' })
  assert.equal((await browser.submit(first, { logout: 'yes' }, { until: GOODBYE })).url, `${GOODBYE}?state=1`)
  assert.equal((await browser.submit(second, { logout: 'no' }, { until: GOODBYE })).url, `${GOODBYE}?state=2`)
})

test('A-10: a dialog is answered with its own secret, once, in its own session; else 400 and nothing happens', async () => {
  const { browser, tokens } = await signIn(config)
  const dialog = await endSession(browser, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE })
  const { ticket = '' } = readForm(dialog).hidden
  const other = (await signIn(config)).browser
  const bob = (await signIn(config, { user: 'bob' })).browser

  const attempts: [string, BrowserSession, Record<string, string>, Record<string, string>?][] = [
    ['no ticket', browser, { ticket: '', logout: 'yes' }],
    ['a changed ticket', browser, { ticket: ticket.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')), logout: 'yes' }],
    ['another id in the ticket', browser, { ticket: `AAAA${ticket.slice(4)}`, logout: 'yes' }],
    ['ticket and xsrf', browser, { xsrf: 'x', logout: 'yes' }],
    ['no answer', browser, { logout: '' }],
    ['another answer', browser, { logout: 'YES' }],
    ['another session of the same user', other, { logout: 'yes' }],
    ['another user', bob, { logout: 'yes' }],
    ['another site', browser, { logout: 'yes' }, { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', browser, { logout: 'yes' }, { 'sec-fetch-site': 'same-site' }],
  ]
  for (const [name, tab, fields, headers = {}] of attempts) {
    const page = await tab.submit(dialog, fields, { headers })
    assert.equal(page.status, 400, name)
    assert.match(page.body, new RegExp(`href="${PATH}"`), name)
  }
  for (const tab of [browser, other, bob]) assert.equal(await isSignedIn(tab), true)

  const before = browser.copy()
  assert.equal((await browser.submit(dialog, { logout: 'no' }, { until: GOODBYE })).url, GOODBYE)
  // Used, by a browser whose session is gone and by one that has another.
  for (const tab of [before, browser]) assert.equal((await tab.submit(dialog, { logout: 'yes' })).status, 400)
})

test('a ticket expires after ten minutes, and a ticket of a login is no ticket of a sign-out', async (t) => {
  let ahead = 0
  const small = await startProvider({ parts: { clock: () => Date.now() / 1000 + ahead } })
  t.after(() => small.close())
  const { browser } = await signIn(await discover(small.origin))
  const dialog = await browser.visit(small.origin + PATH)
  const login = await createBrowserSession().visit((await beginLogin(await discover(small.origin))).url)
  const { ticket = '' } = readForm(login).hidden
  const stray = await browser.submit(dialog, { ticket, logout: 'yes' })
  assert.equal(stray.status, 400)
  ahead = 601
  const late = await browser.submit(dialog, { logout: 'yes' })
  assert.equal(late.status, 400)
  assert.match(late.body, /expired/)
})

test('"No" to a client ends its login, renews the session and keeps the others', async () => {
  const { browser, tokens } = await signIn(config)
  const cidaas = await discover(provider.origin, 'cidaas')
  const second = await signIn(cidaas, { browser })
  const old = browser.copy()
  const dialog = await endSession(browser, { id_token_hint: tokens.id_token ?? '' })
  const page = await browser.submit(dialog, { logout: 'no' })
  assert.match(page.body, /You are still signed in/)
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false)
  assert.equal((await client.tokenIntrospection(cidaas, second.tokens.access_token)).active, true)
  assert.equal(await isSignedIn(browser), true)
  assert.notEqual(browser.cookie('ostiary_op'), old.cookie('ostiary_op'))
  assert.equal(await isSignedIn(old), false)
})

test('RIL-12, A-39: a known parameter twice is 400, also once in query and form; stray names are nothing', async () => {
  const twice = [
    'state=a&state=b',
    'id_token_hint=a&id_token_hint=a',
    'post_logout_redirect_uri=a&post_logout_redirect_uri=b',
    'client_id=a&client_id=',
    '_r=a&_r=b',
  ]
  for (const query of twice) assert.equal((await fetch(`${provider.origin}${PATH}?${query}`)).status, 400, query)
  const body = new URLSearchParams({ state: 'b' })
  assert.equal((await fetch(`${provider.origin}${PATH}?state=a`, { method: 'POST', body })).status, 400)
  for (const query of ['state=a&STATE=b', 'state=a&state[]=b', 'x=1&x=2']) {
    assert.equal((await fetch(`${provider.origin}${PATH}?${query}`)).status, 200, query)
  }
})

test("RIL-3: a client_id that is not the hint's ends what the hint could do, and nobody is kept from signing out", async () => {
  const { browser, tokens } = await signIn(config)
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE }
  const page = await endSession(browser, { ...hint, client_id: 'cidaas' })
  assert.match(page.body, /data-notice="client_id_mismatch"/)
  assert.match((await browser.submit(page, { logout: 'yes' })).body, /You are signed out/)
})

test('RIL-9: without an ID token nobody is led off, unless the operator lets access tokens do so', async () => {
  for (const [id, returns] of [
    ['app', false],
    ['cidaas', true],
  ] as const) {
    const { browser, tokens } = await signIn(await discover(provider.origin, id))
    const alone = await endSession(browser, { client_id: id, post_logout_redirect_uri: GOODBYE })
    assert.match(alone.body, /data-notice="redirect_ignored"/)
    const hint = { access_token_hint: tokens.access_token, post_logout_redirect_uri: GOODBYE }
    const answer = await browser.submit(await endSession(browser, hint), { logout: 'yes' }, { until: GOODBYE })
    assert.equal(answer.url === GOODBYE, returns)
  }
})

test('RIL-11: who is not signed in is led on, as often as asked', async () => {
  const { browser, tokens } = await signIn(config)
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE }
  for (let time = 0; time < 3; time++) {
    const page = await endSession(browser, hint)
    assert.match(page.body, time === 0 ? /<h1>Sign out\?</ : /<h1>You are not signed in</)
    assert.equal((await browser.submit(page, { logout: 'yes' }, { until: GOODBYE })).url, GOODBYE)
    assert.match((await endSession(browser, {})).body, /<h1>You are signed out</)
  }
})

test('T-8: a loopback port of a native client may vary where a login returns to, never where a logout does', async (t) => {
  const metadata = {
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback'],
    post_logout_redirect_uris: ['http://127.0.0.1/bye'],
  }
  const clients = [clientSettings('app', { consent: 'ask', metadata })]
  const native = await startProvider({ clients })
  t.after(() => native.close())
  const browser = createBrowserSession()
  const redirect = 'http://127.0.0.1:51234/callback'
  const login = await beginLogin(await discover(native.origin), { redirect_uri: redirect })
  const form = await browser.visit(login.url)
  const consent = await browser.submit(form, { username: 'alice', password: 'alice-demo', answer: 'login' })
  const tokens = await login.redeem(await browser.submit(consent, { answer: 'allow' }, { until: redirect }))
  for (const uri of ['http://127.0.0.1:51234/bye', 'http://127.0.0.1:80/bye', 'http://localhost/bye']) {
    const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: uri }
    assert.match((await browser.visit(urlOf(hint, native.origin))).body, /data-notice="redirect_ignored"/, uri)
  }
})

test('a state with control characters or of more than 2 KiB is 400', async () => {
  for (const state of ['a\nb', 'a\u0000', '\u007F', 'x'.repeat(2049), 'é'.repeat(1025)]) {
    assert.equal((await fetch(urlOf({ state }))).status, 400)
  }
  assert.equal((await fetch(`${provider.origin}${PATH}?state=${'x'.repeat(2048)}`)).status, 200)
})

test('methods, content types and sizes that are not of this endpoint', async () => {
  const url = provider.origin + PATH
  for (const [path, allow] of [
    ['', 'GET, HEAD, POST'],
    ['/confirm', 'POST'],
    ['/success', 'GET, HEAD'],
    ['/stayed', 'GET, HEAD'],
  ] as const) {
    const answer = await fetch(url + path, { method: 'DELETE' })
    assert.equal(answer.status, 405, path)
    assert.equal(answer.headers.get('allow'), allow)
  }
  assert.equal((await fetch(`${url}/confirm`)).status, 405)
  assert.equal((await fetch(`${url}/success`, { method: 'POST' })).status, 405)
  for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
    const answer = await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': type } })
    assert.equal(answer.status, 415, type)
  }
  assert.equal((await fetch(url, { method: 'POST', redirect: 'manual' })).status, 303)
  const big = new URLSearchParams({ x: 'x'.repeat(70_000) })
  assert.equal((await fetch(url, { method: 'POST', body: big })).status, 413)
  assert.equal((await fetch(`${url}/other`)).status, 404)
})

test('errors are JSON for who asks for JSON', async () => {
  const answer = await fetch(`${provider.origin}${PATH}?state=a&state=b`, { headers: { accept: 'application/json' } })
  assert.equal(answer.status, 400)
  assert.deepEqual(await answer.json(), {
    error: 'invalid_request',
    error_description: 'the parameter state was sent more than once',
  })
})

test('A-28: a hostile client name is text', async () => {
  const hostile = await discover(provider.origin, 'evil"><script>')
  const { browser, tokens } = await signIn(hostile)
  const page = await endSession(browser, {
    id_token_hint: tokens.id_token ?? '',
    logout_hint: '"><script>alert(2)</script>',
  })
  assert.match(page.body, /&lt;script&gt;alert\(1\)/)
  assert.doesNotMatch(page.body, /<script>alert/)
})

test('the own pages read no cookie and take no parameter', async () => {
  for (const [path, title] of [
    ['success', 'You are signed out'],
    ['stayed', 'You are still signed in'],
  ]) {
    const answer = await fetch(`${provider.origin}${PATH}/${path}?state=a&state=b&message=evil`)
    const text = await answer.text()
    assert.equal(answer.status, 200)
    assert.match(text, new RegExp(`<h1>${title}</h1>`))
    assert.doesNotMatch(text, /evil/)
    assert.deepEqual(answer.headers.getSetCookie(), [])
  }
})

test('callers that send the access token and a raw URI are brought back where the operator allows it', async () => {
  const cidaas = await discover(provider.origin, 'cidaas')
  const { browser, tokens } = await signIn(cidaas)
  const raw = `${provider.origin}${PATH}?access_token_hint=${tokens.access_token}&post_logout_redirect_uri=${TYPO3}`
  const dialog = await browser.visit(raw)
  assert.equal((await browser.submit(dialog, { logout: 'yes' }, { until: TYPO3 })).url, TYPO3)
})

test('an empty post_logout_redirect_uri is as if absent', async () => {
  const { browser, tokens } = await signIn(config)
  const page = await endSession(browser, {
    id_token_hint: tokens.id_token ?? '',
    post_logout_redirect_uri: '',
    state: 'x',
  })
  assert.doesNotMatch(page.body, /data-notice/)
})

test('switched off, the endpoint is 404 and not in discovery, and a change of account still works', async (t) => {
  const off = await startProvider({
    settings: { endSession: { ...END_SESSION, enabled: false } },
  })
  t.after(() => off.close())
  assert.equal((await fetch(off.origin + PATH)).status, 404)
  assert.equal((await fetch(`${off.origin}${PATH}/success`)).status, 404)
  const metadata = (await (await fetch(`${off.origin}/.well-known/openid-configuration`)).json()) as object
  assert.ok(!('end_session_endpoint' in metadata))
  const offConfig = await discover(off.origin)
  const { browser } = await signIn(offConfig)
  const login = await beginLogin(offConfig, { prompt: 'login' })
  const change = await submitLogin(browser, await browser.visit(login.url), 'bob')
  const page = await browser.submit(change, {}, { until: CALLBACK })
  assert.equal((await login.redeem(page)).claims()?.sub, 'bob')
})

test('BCO-2, RIL-7: every relying party of the session is told before the redirect', async (t) => {
  const told: { host: string; token: string }[] = []
  const notified = await startProvider({
    clients: [
      clientSettings('app', { metadata: { backchannel_logout_uri: 'https://rp.example/logout' } }),
      clientSettings('slow', { metadata: { backchannel_logout_uri: 'https://slow.example/logout' } }),
      clientSettings('broken', { metadata: { backchannel_logout_uri: 'https://broken.example/logout' } }),
    ],
    parts: {
      async fetch(url, options) {
        const { host } = new URL(url instanceof Request ? url.url : url)
        const body = options?.body
        assert.ok(body instanceof URLSearchParams)
        assert.deepEqual([...body.keys()], ['logout_token'])
        told.push({ host, token: body.get('logout_token') ?? '' })
        if (host === 'slow.example') await sleep(5000, undefined, { ref: false })
        return new Response(null, { status: host === 'broken.example' ? 500 : 200 })
      },
    },
  })
  t.after(() => notified.close())
  const first = await signIn(await discover(notified.origin))
  let { browser } = first
  const sids = new Map<string, unknown>([['app', first.tokens.claims()?.['sid']]])
  for (const id of ['slow', 'broken']) {
    const next: { browser: BrowserSession; tokens: Tokens } = await signIn(await discover(notified.origin, id), {
      browser,
    })
    ;({ browser } = next)
    sids.set(id, next.tokens.claims()?.['sid'])
  }
  const started = Date.now()
  await browser.submit(await browser.visit(notified.origin + PATH), { logout: 'yes' })
  const waited = Date.now() - started
  assert.ok(waited > 2500 && waited < 4000, `${waited} ms`)
  assert.deepEqual(told.map(({ host }) => host).sort(), ['broken.example', 'rp.example', 'slow.example'])
  for (const { token } of told) {
    const claims = decodeJwt(token)
    assert.equal(decodeProtectedHeader(token).typ, 'logout+jwt')
    assert.equal(claims.iss, notified.origin)
    assert.equal(claims.sub, 's-alice')
    assert.equal(claims['sid'], sids.get(String(claims.aud)))
    assert.deepEqual(claims['events'], { 'http://schemas.openid.net/event/backchannel-logout': {} })
    assert.equal(Number(claims.exp) - Number(claims.iat), 120)
    assert.ok(claims.jti)
    assert.ok(!('nonce' in claims))
  }
})

test('a second node with the same store takes the codes, tickets and parked forms of the first', async (t) => {
  const sealer = createSealer(['a secret of the tests'])
  const { createProvider } = await import('../../src/provider/provider.ts')
  const { createLog } = await import('../../src/observe/log.ts')
  const { browser, tokens } = await signIn(config)
  const second = await createProvider({
    settings: buildSettings({
      origin: provider.origin,
      accountsPath: provider.accountsPath,
      clients: [clientSettings('app')],
    }),
    store: provider.store,
    sealer,
    clock: () => Date.now() / 1000,
    log: createLog('silent'),
  })
  t.after(() => second.close())
  const { url } = await beginLogin(config, { code_challenge: '', code_challenge_method: '' })
  const code = new URL((await browser.visit(url, { until: CALLBACK })).url).searchParams.get('code') ?? ''
  const redeemed = await second.app.inject({
    method: 'POST',
    url: '/token-srv/token',
    payload: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK }).toString(),
    headers: {
      authorization: `Basic ${Buffer.from(`app:${SECRET}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
  })
  assert.equal(redeemed.statusCode, 200, redeemed.body)

  const body = new URLSearchParams({ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE })
  const posted = await fetch(provider.origin + PATH, { method: 'POST', body, redirect: 'manual' })
  const cookie = ['ostiary_op', 'ostiary_op.sig'].map((name) => `${name}=${browser.cookie(name)}`).join('; ')
  const dialog = await second.app.inject({ url: posted.headers.get('location') ?? '', headers: { cookie } })
  assert.match(dialog.body, /Client app/)
  const page = { url: provider.origin + PATH, status: 200, headers: new Headers(), body: dialog.body, trail: [] }
  assert.equal((await browser.submit(page, { logout: 'yes' }, { until: GOODBYE })).url, GOODBYE)
  const again = await second.app.inject({
    method: 'POST',
    url: `${PATH}/confirm`,
    payload: new URLSearchParams({ ...readForm(page).hidden, logout: 'yes' }).toString(),
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.equal(again.statusCode, 400)
})
