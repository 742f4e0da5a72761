/** Dynamic registration of clients: off unless switched on, with rules that a registrant cannot bend. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import * as client from 'openid-client'
import { createSealer } from '../../src/kernel/sealer.ts'
import { gatherAudit } from '../support/audit.ts'
import { createLog } from '../../src/observe/log.ts'
import { createProvider } from '../../src/provider/provider.ts'
import { createBrowserSession } from '../support/browser-session.ts'
import {
  beginLogin,
  buildSettings,
  CALLBACK,
  clientSettings,
  discover,
  GOODBYE,
  type ProviderUnderTest,
  signIn,
  startProvider,
  submitLogin,
} from '../support/provider.ts'

const TOKEN = 'an-initial-access-token-of-more-than-32-characters'
const BASE = { redirect_uris: [CALLBACK], client_name: 'Newcomer', post_logout_redirect_uris: [GOODBYE] }

const audit = gatherAudit()
const { events } = audit
let provider: ProviderUnderTest
before(async () => {
  provider = await startProvider({
    settings: { registration: { enabled: true, initialAccessToken: TOKEN } },
    parts: { audit },
  })
})
after(() => provider.close())

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function send(method: string, url: string, body?: unknown, token: string | undefined = TOKEN): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const answer = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
}

const register = (metadata: unknown, token?: string) => send('POST', `${provider.origin}/register`, metadata, token)

test('switched off there is no endpoint, and discovery names none', async (t) => {
  const closed = await startProvider()
  t.after(() => closed.close())
  assert.equal((await send('POST', `${closed.origin}/register`, BASE)).status, 404)
  const metadata = (await (await fetch(`${closed.origin}/.well-known/openid-configuration`)).json()) as object
  assert.ok(!('registration_endpoint' in metadata))
})

test('without the token, or with another, nobody registers', async () => {
  for (const token of ['', 'wrong', `${TOKEN}x`]) {
    const { status, body } = await register(BASE, token)
    assert.ok(status === 400 || status === 401, `${status}`)
    assert.ok(['invalid_token', 'invalid_request'].includes(String(body['error'])))
  }
})

test('a registered client asks for consent, signs people in and out, and is told of the logout', async () => {
  const { status, body } = await register({ ...BASE, grant_types: ['authorization_code', 'refresh_token'] })
  assert.equal(status, 201)
  const secret = String(body['client_secret'])
  assert.ok(Buffer.from(secret, 'base64url').length >= 32)
  const config = await discover(provider.origin, String(body['client_id']), client.ClientSecretBasic(secret))
  assert.equal(config.serverMetadata().registration_endpoint, `${provider.origin}/register`)
  const login = await beginLogin(config)
  const browser = createBrowserSession()
  const consent = await submitLogin(browser, await browser.visit(login.url), 'alice')
  assert.match(consent.body, /<strong>Newcomer<\/strong> at <strong>localhost:5601<\/strong>/)
  const tokens = await login.redeem(await browser.submit(consent, { answer: 'allow' }, { until: CALLBACK }))
  const query = new URLSearchParams({ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: GOODBYE })
  const dialog = await browser.visit(`${provider.origin}/session/end_session?${query.toString()}`)
  assert.match(dialog.body, /Newcomer/)
  assert.equal((await browser.submit(dialog, { logout: 'yes' }, { until: GOODBYE })).url, GOODBYE)
})

test('its registration is read, changed and removed with its own token, which changes with each change', async () => {
  const { body: made } = await register(BASE)
  const [url, first] = [String(made['registration_client_uri']), String(made['registration_access_token'])]
  assert.equal(url, `${provider.origin}/register/${String(made['client_id'])}`)
  const other = await register(BASE)
  assert.equal((await send('GET', url, undefined, TOKEN)).status, 401)
  assert.equal((await send('GET', url, undefined, first)).body['client_name'], 'Newcomer')

  const { client_id, client_secret } = made
  const changed = await send('PUT', url, { ...BASE, client_id, client_secret, client_name: 'Renamed' }, first)
  assert.equal(changed.status, 200)
  const second = String(changed.body['registration_access_token'])
  assert.notEqual(second, first)
  assert.equal((await send('GET', url, undefined, first)).status, 401)
  assert.equal((await send('DELETE', url, undefined, String(other.body['registration_access_token']))).status, 401)
  assert.equal((await send('DELETE', url, undefined, second)).status, 204)
  assert.equal((await send('GET', url, undefined, second)).status, 401)
  assert.deepEqual(
    events
      .filter((event) => event['provider.client'] === client_id)
      .map((event) => [event['event.type'], event['event.action']]),
    ['client_registered', 'client_changed', 'client_removed'].map((action) => ['provider', action]),
  )
})

test('T-4, A-37: an assertion of a client that proves itself by key, or by secret, counts once', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }] }
  const byKey = await register({ ...BASE, token_endpoint_auth_method: 'private_key_jwt', jwks })
  const bySecret = await register({ ...BASE, token_endpoint_auth_method: 'client_secret_jwt' })
  assert.deepEqual([byKey.status, bySecret.status], [201, 201], JSON.stringify([byKey.body, bySecret.body]))
  assert.equal(byKey.body['client_secret'], undefined)

  for (const [alg, { body }, key] of [
    ['ES256', byKey, privateKey],
    ['HS256', bySecret, new TextEncoder().encode(String(bySecret.body['client_secret']))],
  ] as const) {
    const id = String(body['client_id'])
    const sign = () =>
      new SignJWT({ jti: crypto.randomUUID() })
        .setProtectedHeader({ alg })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(provider.origin)
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(key)
    const ask = async (assertion: string) => {
      const answer = await fetch(`${provider.origin}/token-srv/introspect`, {
        method: 'POST',
        body: new URLSearchParams({
          token: 'x',
          client_id: id,
          client_assertion: assertion,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        }),
      })
      return [answer.status, ((await answer.json()) as { error?: string }).error]
    }
    const assertion = await sign()
    assert.deepEqual(await ask(assertion), [200, undefined], alg)
    assert.deepEqual(await ask(assertion), [401, 'invalid_client'])
    const another = await sign()
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(another)))
    assert.equal(answers.filter(([status]) => status === 200).length, 1)
  }
})

test('T-9: a registrant sets none of our own flags', async () => {
  const flags = { consent: 'skip', require_pkce: false, access_token_hint_may_redirect: true }
  const { status, body } = await register({ ...BASE, ...flags })
  assert.equal(status, 201)
  for (const flag of Object.keys(flags)) assert.ok(!(flag in body), flag)
  const secret = client.ClientSecretBasic(String(body['client_secret']))
  const config = await discover(provider.origin, String(body['client_id']), secret)
  const browser = createBrowserSession()
  const login = await beginLogin(config)
  const page = await submitLogin(browser, await browser.visit(login.url), 'alice')
  assert.match(page.body, /<h1>Allow access\?<\/h1>/)
  const tokens = await login.redeem(await browser.submit(page, { answer: 'allow' }, { until: CALLBACK }))
  const query = new URLSearchParams({ access_token_hint: tokens.access_token, post_logout_redirect_uri: GOODBYE })
  const dialog = await browser.visit(`${provider.origin}/session/end_session?${query.toString()}`)
  assert.match(dialog.body, /data-notice="redirect_ignored"/)
})

const REFUSED: readonly (readonly [name: string, change: object, error?: string])[] = [
  ['no redirect URI', { redirect_uris: [] }, 'invalid_redirect_uri'],
  ['http on another host', { redirect_uris: ['http://rp.example/cb'] }, 'invalid_redirect_uri'],
  ['a fragment', { redirect_uris: ['https://rp.example/cb#x'] }, 'invalid_redirect_uri'],
  ['user information', { redirect_uris: ['https://rp@evil.example/cb'] }, 'invalid_redirect_uri'],
  ['a wildcard', { redirect_uris: ['https://*.rp.example/cb'] }, 'invalid_redirect_uri'],
  ['a blank', { redirect_uris: ['https://rp.example/c b'] }, 'invalid_redirect_uri'],
  ['a backslash', { redirect_uris: ['https://rp.example\\@evil.example/'] }, 'invalid_redirect_uri'],
  ['a relative URI', { redirect_uris: ['/cb'] }, 'invalid_redirect_uri'],
  ['javascript', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
  ['data', { redirect_uris: ['data:text/html,x'] }, 'invalid_redirect_uri'],
  ['vbscript', { redirect_uris: ['vbscript:x'] }, 'invalid_redirect_uri'],
  ['javascript of a native client', { application_type: 'native', redirect_uris: ['javascript:x'] }],
  ['a private scheme without a dot', { application_type: 'native', redirect_uris: ['myapp:/cb'] }],
  ['a private scheme of a web client', { redirect_uris: ['com.example.app:/cb'] }, 'invalid_redirect_uri'],
  ['a logout URI with a fragment', { post_logout_redirect_uris: ['https://rp.example/bye#x'] }],
  ['a logout URI with a wildcard', { post_logout_redirect_uris: ['https://rp.example/*'] }],
  ['a logout URI by javascript', { post_logout_redirect_uris: ['javascript:alert(1)'] }],
  ['a logo by javascript', { logo_uri: 'javascript:alert(1)' }],
  ['terms by data', { tos_uri: 'data:text/html,x' }],
  ['a notice over http', { backchannel_logout_uri: 'http://rp.example/out' }],
  ['a notice to loopback over http', { backchannel_logout_uri: 'http://127.0.0.1/out' }],
  ['a notice with a fragment', { backchannel_logout_uri: 'https://rp.example/out#x' }],
  ['keys over http', { jwks_uri: 'http://rp.example/keys', token_endpoint_auth_method: 'private_key_jwt' }],
  ['oidcc-3rd_party-init-login-nohttps', { initiate_login_uri: 'http://rp.example/login' }],
  ['a frame of another origin', { frontchannel_logout_uri: 'https://evil.example/out' }],
  ['a frame that is no text', { frontchannel_logout_uri: ['https://rp.example/out'] }],
  ['a frame with a fragment', { frontchannel_logout_uri: 'http://localhost:5601/out#x' }],
  ['a session flag that is no boolean', { frontchannel_logout_session_required: 'yes' }],
  ['another response type', { response_types: ['id_token'] }],
  ['another subject type', { subject_type: 'pairwise' }],
  ['ID tokens without signature', { id_token_signed_response_alg: 'none' }],
  ['an unknown scope', { scope: 'openid admin' }],
  ['text instead of a list', { redirect_uris: 'https://rp.example/cb' }],
]
for (const [name, change, error = 'invalid_client_metadata'] of REFUSED) {
  test(`A-28, A-31: a registration with ${name} is 400`, async () => {
    const { status, body } = await register({ ...BASE, ...change })
    assert.equal(status, 400, JSON.stringify(body))
    const expected = error === 'invalid_redirect_uri' ? [error] : [error, 'invalid_redirect_uri']
    assert.ok(expected.includes(String(body['error'])), JSON.stringify(body))
  })
}

test('oidcc-3rd_party-init-login, and what else is registered comes back as it was', async () => {
  const metadata = {
    ...BASE,
    initiate_login_uri: 'https://rp.example/login?a=b',
    backchannel_logout_uri: 'https://rp.example/out',
    frontchannel_logout_uri: 'http://localhost:5601/frame?a=b',
    frontchannel_logout_session_required: true,
  }
  const { status, body } = await register(metadata)
  assert.equal(status, 201)
  for (const [name, value] of Object.entries(metadata)) assert.deepEqual(body[name], value, name)
})

test('A-31: what others registered is never called on the inside, whatever the operator allows his own clients', async (t) => {
  let connections = 0
  const inside = createServer((_request, response) => response.end())
  inside.on('connection', () => connections++)
  await once(inside.listen(0, '127.0.0.1'), 'listening')
  t.after(() => inside.close())
  const uri = `https://localhost:${(inside.address() as AddressInfo).port}/logout`
  const open = await startProvider({
    clients: [clientSettings('own', { metadata: { backchannel_logout_uri: uri.replace('https', 'http') } })],
    settings: {
      registration: { enabled: true, initialAccessToken: undefined },
      allowedHosts: ['localhost', '127.0.0.0/8'],
    },
  })
  t.after(() => open.close())
  // The open kind: nobody is asked for a token.
  const { status, body } = await send('POST', `${open.origin}/register`, { ...BASE, backchannel_logout_uri: uri }, '')
  assert.equal(status, 201)
  const own = await signIn(await discover(open.origin, 'own'))
  const secret = client.ClientSecretBasic(String(body['client_secret']))
  const config = await discover(open.origin, String(body['client_id']), secret)
  const login = await beginLogin(config)
  const consent = await own.browser.visit(login.url)
  const tokens = await login.redeem(await own.browser.submit(consent, { answer: 'allow' }, { until: CALLBACK }))
  assert.equal(decodeJwt(tokens.id_token ?? '').sub, 's-alice')
  const dialog = await own.browser.visit(`${open.origin}/session/end_session`)
  const page = await own.browser.submit(dialog, { logout: 'yes' })
  assert.match(page.body, /could not be told yet[^<]*Newcomer/)
  assert.doesNotMatch(page.body, /Client own/)
  assert.equal(connections, 1)
})

test('FCO-1: a registered client is told by its frame', async () => {
  const frame = { frontchannel_logout_uri: 'http://localhost:5601/frame', frontchannel_logout_session_required: true }
  const { body } = await register({ ...BASE, ...frame })
  const secret = client.ClientSecretBasic(String(body['client_secret']))
  const config = await discover(provider.origin, String(body['client_id']), secret)
  const browser = createBrowserSession()
  const login = await beginLogin(config)
  const consent = await submitLogin(browser, await browser.visit(login.url), 'alice')
  await login.redeem(await browser.submit(consent, { answer: 'allow' }, { until: CALLBACK }))
  const dialog = await browser.visit(`${provider.origin}/session/end_session`)
  const page = await browser.submit(dialog, { logout: 'yes' })
  assert.match(page.body, /<iframe src="http:\/\/localhost:5601\/frame\?iss=[^"]+&amp;sid=[^"]+"/)
})

test('T-12: a client whose metadata do not fit any more is no client', async (t) => {
  const wide = await startProvider({
    settings: {
      registration: { enabled: true, initialAccessToken: undefined },
      responseTypes: ['code', 'code id_token'],
    },
  })
  t.after(() => wide.close())
  const metadata = { ...BASE, redirect_uris: ['https://rp.example/cb'], response_types: ['code', 'code id_token'] }
  const { body } = await send('POST', `${wide.origin}/register`, metadata, '')
  const id = String(body['client_id'])
  assert.ok(id.length > 10, JSON.stringify(body))
  // As after a restart with fewer response types: the same row in the store of a narrower provider.
  const narrow = await createProvider({
    settings: buildSettings({ origin: wide.origin, accountsPath: wide.accountsPath, clients: [clientSettings('app')] }),
    store: wide.store,
    sealer: createSealer(['a secret of the tests']),
    clock: () => Date.now() / 1000,
    log: createLog('silent'),
  })
  t.after(() => narrow.close())
  const query = new URLSearchParams({ client_id: id, response_type: 'code', scope: 'openid' })
  const page = await narrow.app.inject({
    url: `/authz-srv/authz?${query.toString()}`,
    headers: { accept: 'text/html' },
  })
  assert.equal(page.statusCode, 400)
  const dialog = await narrow.app.inject({ url: `/session/end_session?client_id=${id}` })
  assert.equal(dialog.statusCode, 200)
})
