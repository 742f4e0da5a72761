/** How relying parties learn of a logout when the first try fails, by frames, and without a browser. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import { request } from 'undici'
import { createSealer } from '../../src/kernel/sealer.ts'
import { createLog } from '../../src/observe/log.ts'
import { artefactKey, sealPayload } from '../../src/provider/artefact-row.ts'
import { createProvider, type ProviderParts } from '../../src/provider/provider.ts'
import type { ProviderClientSettings } from '../../src/settings/settings.ts'
import { createBrowserSession } from '../support/browser-session.ts'
import {
  beginLogin,
  buildSettings,
  CALLBACK,
  clientSettings,
  discover,
  END_SESSION,
  GOODBYE,
  type ProviderUnderTest,
  signIn,
  startProvider,
} from '../support/provider.ts'
import { until } from '../support/until.ts'

const PATH = '/session/end_session'

/** Another node on the same store, until the test ends. */
async function startBeside(
  t: TestContext,
  { origin, accountsPath, store }: ProviderUnderTest,
  parts: Pick<ProviderParts, 'clock' | 'fetch'> & { clients: ProviderClientSettings[] },
): Promise<void> {
  const { clients, ...rest } = parts
  const settings = buildSettings({ origin, accountsPath, clients })
  const node = await createProvider({
    ...rest,
    settings,
    store,
    sealer: createSealer(['a secret of the tests']),
    log: createLog('silent'),
  })
  t.after(() => node.close())
}

test('BCO-3: a passing fault is repeated with a fresh token, a final one is not, and the page names both', async (t) => {
  const told: { path: string; token: string }[] = []
  const relyingParty = createServer((request, response) => {
    const chunks: Uint8Array[] = []
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      told.push({ path, token: new URLSearchParams(Buffer.concat(chunks).toString()).get('logout_token') ?? '' })
      const isFirst = told.filter((notice) => notice.path === path).length === 1
      response.writeHead(path === '/refusing' ? 400 : path === '/passing' && isFirst ? 503 : 204).end()
    })
  })
  await once(relyingParty.listen(0, '127.0.0.1'), 'listening')
  t.after(() => relyingParty.close())
  const origin = `http://127.0.0.1:${(relyingParty.address() as AddressInfo).port}`
  const names = ['passing', 'refusing', 'well']
  const provider = await startProvider({
    clients: names.map((name) => clientSettings(name, { metadata: { backchannel_logout_uri: `${origin}/${name}` } })),
    settings: { allowedHosts: ['127.0.0.0/8'] },
  })
  t.after(() => provider.close())
  const browser = createBrowserSession()
  for (const name of names) await signIn(await discover(provider.origin, name), { browser })

  const page = await browser.submit(await browser.visit(provider.origin + PATH), { logout: 'yes' })
  assert.equal(page.status, 200)
  assert.match(page.body, /<h1>You are signed out<\/h1>/)
  assert.match(page.body, /could not be told yet[^<]*Client passing, Client refusing\./)
  assert.doesNotMatch(page.body, /Client well/)
  assert.equal(browser.cookie('ostiary_op'), undefined)

  await until(() => told.filter(({ path }) => path === '/passing').length === 2)
  const [first, second] = told.filter(({ path }) => path === '/passing').map(({ token }) => decodeJwt(token))
  assert.notEqual(first?.jti, second?.jti)
  assert.ok(Number(second?.iat) - Number(first?.iat) >= 4)
  assert.equal(told.filter(({ path }) => path === '/refusing').length, 1)
  await until(async () => (await waitingNotices(provider)).length === 0)
})

test('BCO-3: a notice outlives the node that dies while it repeats it', async (t) => {
  let ahead = 0
  const clock = () => Date.now() / 1000 + ahead
  const clients = [clientSettings('app', { metadata: { backchannel_logout_uri: 'https://rp.example/logout' } })]
  const { promise: dead, resolve: bury } = Promise.withResolvers<Response>()
  const answers = [Promise.resolve(new Response(null, { status: 503 })), dead]
  const provider = await startProvider({ clients, parts: { clock, fetch: async () => answers.shift() ?? dead } })
  // What hangs does so as if its process had ended.
  t.after(async () => {
    bury(new Response(null, { status: 204 }))
    await provider.close()
  })
  const { browser } = await signIn(await discover(provider.origin))
  await browser.submit(await browser.visit(provider.origin + PATH), { logout: 'yes' })
  ahead = 6
  await until(() => answers.length === 0)

  const told: number[] = []
  await startBeside(t, provider, {
    clients,
    clock,
    fetch: async () => {
      told.push(ahead)
      return new Response(null, { status: told.length === 1 ? 500 : 200 })
    },
  })
  for (const later of [37, 338]) {
    ahead = later
    await until(() => told.includes(later))
  }
  assert.deepEqual(told, [37, 338])
  await until(async () => (await waitingNotices(provider)).length === 0)
})

test('BCO-3: a notice outlives the node that dies before it has told anybody', async (t) => {
  let ahead = 0
  const clock = () => Date.now() / 1000 + ahead
  const clients = [clientSettings('app', { metadata: { backchannel_logout_uri: 'https://rp.example/logout' } })]
  const { promise: dead, resolve: bury } = Promise.withResolvers<Response>()
  let attempts = 0
  const hang = () => {
    attempts += 1
    return dead
  }
  const provider = await startProvider({ clients, parts: { clock, fetch: hang } })
  t.after(async () => {
    bury(new Response(null, { status: 204 }))
    await provider.close()
  })
  const { browser } = await signIn(await discover(provider.origin))
  const page = browser.submit(await browser.visit(provider.origin + PATH), { logout: 'yes' })
  await until(() => attempts === 1)
  let told = 0
  await startBeside(t, provider, {
    clients,
    clock,
    fetch: async () => {
      told += 1
      return new Response(null, { status: 204 })
    },
  })
  ahead = 61
  await until(async () => (await waitingNotices(provider)).length === 0)
  assert.equal(told, 1)
  assert.match((await page).body, /could not be told yet[^<]*Client app\./)
})

test('BCO-3: a notice that was sealed with a secret that is gone is logged once, and holds no other up', async (t) => {
  let ahead = 0
  const clock = () => Date.now() / 1000 + ahead
  const clients = [clientSettings('app', { metadata: { backchannel_logout_uri: 'https://rp.example/logout' } })]
  let attempts = 0
  const fetch = async () => new Response(null, { status: ++attempts < 3 ? 503 : 204 })
  const provider = await startProvider({ clients, parts: { clock, fetch } })
  t.after(() => provider.close())
  const key = artefactKey('LogoutNotice', 'closed')
  const payload = sealPayload(createSealer(['a secret that was removed']), key, { dueAt: 0 })
  const removeAt = Math.floor(Date.now() / 1000) + 3600
  await provider.store.artefacts.create({ model: 'LogoutNotice', key, payload, grantId: 'logout notices', removeAt })

  const { browser } = await signIn(await discover(provider.origin))
  await browser.submit(await browser.visit(provider.origin + PATH), { logout: 'yes' })
  for (const [place, later] of [6, 40].entries()) {
    ahead = later
    await until(() => attempts === place + 2)
  }
  await until(async () => (await waitingNotices(provider)).length === 1)
  assert.equal(provider.logged().split('logout notices cannot be opened').length - 1, 1)
})

test('BCO-3: of several nodes one repeats a notice, and after the fourth attempt nobody does', async (t) => {
  let ahead = 0
  const clock = () => Date.now() / 1000 + ahead
  const clients = [clientSettings('app', { metadata: { backchannel_logout_uri: 'https://rp.example/logout' } })]
  let attempts = 0
  const refuse = async () => {
    attempts += 1
    return new Response(null, { status: 503 })
  }
  const provider = await startProvider({ clients, parts: { clock, fetch: refuse } })
  t.after(() => provider.close())
  const second = await createProvider({
    settings: buildSettings({ origin: provider.origin, accountsPath: provider.accountsPath, clients }),
    store: provider.store,
    sealer: createSealer(['a secret of the tests']),
    clock,
    log: createLog('silent'),
    fetch: refuse,
  })
  t.after(() => second.close())
  const { browser } = await signIn(await discover(provider.origin))
  await browser.submit(await browser.visit(provider.origin + PATH), { logout: 'yes' })
  for (const [place, later] of [6, 40, 350].entries()) {
    ahead = later
    await until(() => attempts === place + 2)
  }
  await until(async () => (await waitingNotices(provider)).length === 0)
  assert.equal(attempts, 4)
})

test('A-31: a notice never opens a connection to the inside unless the operator allowed it', async (t) => {
  let connections = 0
  const inside = createServer((_request, response) => response.end())
  inside.on('connection', () => connections++)
  await once(inside.listen(0, '127.0.0.1'), 'listening')
  t.after(() => inside.close())
  const uri = `https://localhost:${(inside.address() as AddressInfo).port}/logout`
  const provider = await startProvider({
    clients: [clientSettings('app', { metadata: { backchannel_logout_uri: uri } })],
  })
  t.after(() => provider.close())
  const { browser } = await signIn(await discover(provider.origin))
  const page = await browser.submit(await browser.visit(provider.origin + PATH), { logout: 'yes' })
  assert.match(page.body, /could not be told yet/)
  assert.equal(connections, 0)
  // Final: the address will not get better.
  assert.deepEqual(await waitingNotices(provider), [])
})

test('FCO-1: the answer loads a frame for each client that is told so, then goes on', async (t) => {
  const frame = 'http://localhost:5601/front?a=b'
  const provider = await startProvider({
    clients: [
      clientSettings('app'),
      clientSettings('front', {
        metadata: { frontchannel_logout_uri: frame, frontchannel_logout_session_required: true },
      }),
    ],
  })
  t.after(() => provider.close())
  const { browser, tokens } = await signIn(await discover(provider.origin))
  const other = await signIn(await discover(provider.origin, 'front'), { browser })
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE, state: 's' }
  const dialog = await browser.visit(`${provider.origin}${PATH}?${new URLSearchParams(hint).toString()}`)
  const page = await browser.submit(dialog, { logout: 'yes' })
  assert.equal(page.status, 200)
  const sid = other.tokens.claims()?.['sid']
  assert.ok(typeof sid === 'string')
  const iss = encodeURIComponent(provider.origin)
  assert.deepEqual(
    [...page.body.matchAll(/<iframe src="([^"]*)"/g)].map((match) => match[1]),
    [`${frame}&amp;iss=${iss}&amp;sid=${encodeURIComponent(sid)}`],
  )
  assert.match(page.headers.get('content-security-policy') ?? '', /; frame-src http:\/\/localhost:5601$/)
  assert.ok(page.body.includes(`href="${GOODBYE}?state=s"`))
  assert.ok(page.body.includes(`content="3; url=${GOODBYE}?state=s"`))
})

test('pages are in the language that was asked for, or that the browser prefers', async (t) => {
  const provider = await startProvider({ clients: [clientSettings('app', { consent: 'ask' })] })
  t.after(() => provider.close())
  const config = await discover(provider.origin)
  const browser = createBrowserSession()
  const login = await browser.visit((await beginLogin(config, { ui_locales: 'fr de-CH' })).url)
  assert.match(login.body, /<html lang="de">[^]*<h1>Anmelden<\/h1>/)
  const wrong = await browser.submit(login, { username: 'alice', password: 'wrong', answer: 'login' })
  assert.match(wrong.body, /Passwort stimmt nicht/)
  const consent = await browser.submit(wrong, { username: 'alice', password: 'alice-demo', answer: 'login' })
  assert.match(consent.body, /möchte über Sie, <strong>Alice Adams<\/strong>/)

  const german = { headers: { 'accept-language': 'de-DE,de;q=0.9' } }
  assert.match(
    (await browser.visit(`${provider.origin}${PATH}?ui_locales=de`)).body,
    /<h1>Abmelden\?<\/h1>|Sie sind abgemeldet/,
  )
  assert.match((await browser.visit(`${provider.origin}${PATH}/success`, german)).body, /Sie sind abgemeldet/)
  assert.match((await browser.visit(`${provider.origin}/nowhere`, german)).body, /Hier ist nichts/)
  assert.match((await browser.visit(`${provider.origin}${PATH}?ui_locales=tlh`)).body, /<html lang="en">/)
  const error = await browser.visit(`${provider.origin}/authz-srv/authz?ui_locales=de`)
  assert.equal(error.status, 400)
  assert.match(error.body, /Das hat nicht geklappt[^]*Kennung für Rückfragen: <code>[\w-]{16}<\/code>/)
})

test('strict_errors: what does not count is 400, and a dialog about nothing is there all the same', async (t) => {
  const provider = await startProvider({ settings: { endSession: { ...END_SESSION, strictErrors: true } } })
  t.after(() => provider.close())
  const { browser, tokens } = await signIn(await discover(provider.origin))
  const good = { id_token_hint: tokens.id_token ?? '' }
  const ask = (parameters: Record<string, string>) =>
    browser.visit(`${provider.origin}${PATH}?${new URLSearchParams(parameters).toString()}`)
  for (const [parameters, text] of [
    [{ id_token_hint: 'x' }, /did not prove who it is/],
    [{ access_token_hint: 'x' }, /access token that we do not know/],
    [{ ...good, client_id: 'other' }, /name of another application/],
    [{ ...good, post_logout_redirect_uri: `${GOODBYE}/` }, /did not register the address/],
  ] as const) {
    const page = await ask(parameters)
    assert.equal(page.status, 400)
    assert.match(page.body, text)
    assert.match(page.body, /<a href="\/session\/end_session">/)
  }
  assert.equal((await ask({ ...good, post_logout_redirect_uri: GOODBYE })).status, 200)
  assert.equal((await ask({})).status, 200)
})

test('headless_logout: a program ends the session of its access token; without the switch it cannot', async (t) => {
  const clients = [clientSettings('app', { accessTokenHintMayRedirect: true }), clientSettings('plain')]
  const provider = await startProvider({ clients, settings: { endSession: { ...END_SESSION, headlessLogout: true } } })
  t.after(() => provider.close())
  const config = await discover(provider.origin)
  // Not `fetch`, which calls itself a browser by its headers.
  const post = async (token: string, headers: Record<string, string> = {}) => {
    const query = new URLSearchParams({ access_token_hint: token, post_logout_redirect_uri: GOODBYE })
    const answer = await request(`${provider.origin}${PATH}?${query.toString()}`, { method: 'POST', headers })
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
  }
  const { browser, tokens } = await signIn(config)
  const plain = await signIn(await discover(provider.origin, 'plain'))

  for (const header of [{ cookie: 'a=b' }, { 'sec-fetch-site': 'cross-site' }, { accept: 'text/html' }]) {
    assert.equal((await post(tokens.access_token, header)).status, 303)
  }
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, true)

  const answer = await post(tokens.access_token)
  assert.equal(answer.status, 302)
  assert.equal(answer.headers['location'], GOODBYE)
  const after = await browser.visit((await beginLogin(config, { prompt: 'none' })).url, { until: CALLBACK })
  assert.equal(new URL(after.url).searchParams.get('error'), 'login_required')

  // The policy of the client decides about the return.
  const stays = await post(plain.tokens.access_token)
  assert.equal(stays.status, 200)
  assert.deepEqual(JSON.parse(stays.text), { success: true, status: 200 })

  for (const token of [tokens.access_token, 'unknown', plain.tokens.id_token ?? '']) {
    const refused = await post(token)
    assert.equal(refused.status, 401)
    assert.equal(refused.headers['cache-control'], 'no-store')
    assert.deepEqual(JSON.parse(refused.text), {
      success: false,
      status: 400,
      error: { code: 24007, type: 'LoginException', status: 400, error: 'invalid token passed' },
    })
  }
})

function waitingNotices({ store }: ProviderUnderTest) {
  return store.artefacts.list(['LogoutNotice'], 'grantId', 'logout notices')
}
