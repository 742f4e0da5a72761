/** Signing in at the provider over HTTP: a scripted browser, and openid-client as the relying party. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import * as client from 'openid-client'
import { findAddresses } from '../support/addresses.ts'
import { createBrowserSession } from '../support/browser-session.ts'
import {
  beginLogin,
  CALLBACK,
  clientSettings,
  discover,
  type ProviderUnderTest,
  signIn,
  startProvider,
  submitLogin,
  USERS,
} from '../support/provider.ts'
import { until } from '../support/until.ts'

let provider: ProviderUnderTest

before(async () => {
  provider = await startProvider({
    clients: [
      clientSettings('app', { metadata: { grant_types: ['authorization_code', 'refresh_token'] } }),
      clientSettings('asking', { consent: 'ask' }),
      clientSettings('public', { clientSecret: undefined, metadata: { token_endpoint_auth_method: 'none' } }),
      clientSettings('strict', { requirePkce: true }),
      clientSettings('native', {
        clientSecret: undefined,
        consent: 'ask',
        metadata: {
          application_type: 'native',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['com.example.app:/callback'],
          post_logout_redirect_uris: [],
        },
      }),
      clientSettings('form', { metadata: { token_endpoint_auth_method: 'client_secret_post' } }),
    ],
  })
})
after(() => provider.close())

test('discovery names every endpoint under the issuer', async () => {
  const response = await fetch(`${provider.origin}/.well-known/openid-configuration`)
  const metadata = (await response.json()) as Record<string, unknown>
  assert.equal(metadata['issuer'], provider.origin)
  for (const [name, path] of Object.entries({
    authorization_endpoint: '/authz-srv/authz',
    token_endpoint: '/token-srv/token',
    revocation_endpoint: '/token-srv/revoke',
    introspection_endpoint: '/token-srv/introspect',
    userinfo_endpoint: '/users-srv/userinfo',
    jwks_uri: '/.well-known/jwks.json',
    end_session_endpoint: '/session/end_session',
  })) {
    assert.equal(metadata[name], provider.origin + path, name)
  }
  assert.equal(metadata['authorization_response_iss_parameter_supported'], true)
  for (const name of [
    'backchannel_logout',
    'backchannel_logout_session',
    'frontchannel_logout',
    'frontchannel_logout_session',
  ]) {
    assert.equal(metadata[`${name}_supported`], true, name)
  }
  assert.equal(metadata['request_parameter_supported'], false)
  assert.equal(metadata['request_uri_parameter_supported'], false)
  assert.deepEqual(metadata['code_challenge_methods_supported'], ['S256'])
  assert.deepEqual(metadata['response_types_supported'], ['code'])
  assert.ok((metadata['id_token_signing_alg_values_supported'] as string[]).includes('RS256'))
})

test('the metadata of OAuth are the same as those of OpenID Connect', async () => {
  const [openId, oauth] = await Promise.all(
    ['openid-configuration', 'oauth-authorization-server'].map((name) =>
      fetch(`${provider.origin}/.well-known/${name}`),
    ),
  )
  assert.equal(oauth?.status, 200)
  assert.deepEqual(await oauth.json(), await openId?.json())
})

test('the published keys are public parts only', async () => {
  const response = await fetch(`${provider.origin}/.well-known/jwks.json`)
  assert.equal(response.headers.get('cache-control'), 'max-age=3600')
  const { keys } = (await response.json()) as { keys: Record<string, unknown>[] }
  assert.deepEqual(
    keys.map((key) => key['kty']),
    ['RSA', 'EC'],
  )
  for (const key of keys) for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi']) assert.ok(!(part in key), part)
})

test('T-5, A-48: a foreign Host and foreign forwarding headers change no URL', async () => {
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'host=evil.example;proto=https',
  }
  for (const path of ['/.well-known/openid-configuration', '/authz-srv/authz?client_id=app', '/nowhere']) {
    const answer = await rawGet(provider.origin, path, headers)
    assert.doesNotMatch(answer, /evil\.example/, path)
  }
  const absolute = await rawGet(provider.origin, 'http://evil.example/.well-known/openid-configuration', headers)
  assert.match(absolute, new RegExp(`"issuer":"${provider.origin}"`))
  assert.doesNotMatch(absolute, /evil\.example/)
})

test('the code flow with PKCE gives an ID token, and userinfo the claims of the scopes', async () => {
  const config = await discover(provider.origin)
  const { tokens, browser } = await signIn(config)
  const claims = tokens.claims()
  assert.ok(claims)
  assert.equal(claims.sub, 's-alice')
  assert.equal(typeof claims['sid'], 'string')
  assert.equal(claims['groups'], undefined)
  assert.equal(decodeProtectedHeader(tokens.id_token ?? '').alg, 'RS256')
  assert.deepEqual(await client.fetchUserInfo(config, tokens.access_token, 's-alice'), {
    sub: 's-alice',
    name: 'Alice Adams',
    email: 'alice@example.org',
    email_verified: true,
    groups: ['finance-team', 'engineering'],
  })
  assert.ok(browser.cookie('ostiary_op'))
  assert.ok((browser.cookie('ostiary_op') ?? '').length <= 64)
})

test('a second login in the same browser asks nothing and keeps the time of authentication', async () => {
  const config = await discover(provider.origin)
  const first = await signIn(config)
  const second = await signIn(config, { browser: first.browser, parameters: { prompt: 'none' } })
  assert.equal(second.tokens.claims()?.['auth_time'], first.tokens.claims()?.['auth_time'])
  assert.equal(second.tokens.claims()?.['sid'], first.tokens.claims()?.['sid'])
})

test('prompt=none without a session is answered by redirect, without a page', async () => {
  const config = await discover(provider.origin)
  const { url } = await beginLogin(config, { prompt: 'none' })
  const page = await createBrowserSession().visit(url, { until: CALLBACK })
  const answer = new URL(page.url).searchParams
  assert.equal(answer.get('error'), 'login_required')
  assert.equal(answer.get('iss'), provider.origin)
})

test('prompt=login asks again', async () => {
  const config = await discover(provider.origin)
  const { browser } = await signIn(config)
  const { url } = await beginLogin(config, { prompt: 'login', login_hint: 'alice@home' })
  const page = await browser.visit(url, { until: CALLBACK })
  assert.equal(page.status, 200)
  assert.match(page.body, /value="alice@home"/)
})

test('an essential acr that nobody can reach is an error, not a login without end; a voluntary one is left out', async () => {
  const config = await discover(provider.origin)
  const ask = (acr: object) => ({ claims: JSON.stringify({ id_token: { acr } }) })
  for (const acr of [
    { essential: true, value: 'phr' },
    { essential: true, values: ['phr', 'phrh'] },
  ]) {
    for (const browser of [createBrowserSession(), (await signIn(config)).browser]) {
      const page = await browser.visit((await beginLogin(config, ask(acr))).url, { until: CALLBACK })
      assert.equal(new URL(page.url).searchParams.get('error'), 'unmet_authentication_requirements')
    }
  }
  const { tokens } = await signIn(config, { parameters: ask({ values: ['phr'] }) })
  assert.equal(tokens.claims()?.['acr'], undefined)
})

test('A-26: the session has a new id after the login, and the old one is anonymous', async () => {
  const config = await discover(provider.origin)
  const { browser } = await signIn(config)
  const before = browser.copy()
  const login = await beginLogin(config, { prompt: 'login' })
  const page = await browser.visit(login.url, { until: CALLBACK })
  await submitLogin(browser, page, 'alice')
  assert.notEqual(browser.cookie('ostiary_op'), before.cookie('ostiary_op'))
  const { url } = await beginLogin(config, { prompt: 'none' })
  const answer = await before.visit(url, { until: CALLBACK })
  assert.equal(new URL(answer.url).searchParams.get('error'), 'login_required')
})

test('a wrong password and an unknown name get the same page', async () => {
  const config = await discover(provider.origin)
  const { url } = await beginLogin(config)
  const texts: string[] = []
  for (const [user, password] of [
    ['alice', 'wrong-password'],
    ['nobody', 'wrong-password'],
  ] as const) {
    const browser = createBrowserSession()
    const page = await submitLogin(browser, await browser.visit(url), user, password)
    assert.equal(page.status, 400)
    texts.push(page.body.replace(/value="[\w-]{50,}"/, '').replace(`value="${user}"`, ''))
    assert.match(page.body, /Username or password is not right/)
    assert.equal((await submitLogin(browser, page, 'alice')).status, 0)
  }
  assert.equal(texts[0], texts[1])
})

test('Cancel is access_denied', async () => {
  const config = await discover(provider.origin)
  const { url } = await beginLogin(config)
  const browser = createBrowserSession()
  const page = await browser.submit(await browser.visit(url), { answer: 'cancel' }, { until: CALLBACK })
  assert.equal(new URL(page.url).searchParams.get('error'), 'access_denied')
})

test('a login form works once, in its own browser, for its own login', async () => {
  const config = await discover(provider.origin)
  const { url } = await beginLogin(config)
  const browser = createBrowserSession()
  const page = await browser.visit(url)
  const other = createBrowserSession()
  const otherPage = await other.visit(url)

  const without = await browser.submit(page, { ticket: '', username: 'alice', password: 'alice-demo', answer: 'login' })
  assert.equal(without.status, 400)
  // The form of this browser, sent by another one: to this login, and to its own.
  assert.equal((await submitLogin(other, page, 'alice')).status, 400)
  assert.equal((await submitLogin(other, { ...page, url: otherPage.url }, 'alice')).status, 400)

  assert.equal((await submitLogin(browser.copy(), page, 'alice', 'wrong-password')).status, 400)
  const again = await submitLogin(browser, page, 'alice')
  assert.equal(again.status, 400)
  assert.match(again.body, /sent before/)
})

test('five failures for a name are answered 429, whether it exists or not, and the right password waits too', async (t) => {
  const slow = await startProvider()
  t.after(() => slow.close())
  const config = await discover(slow.origin)
  const { url } = await beginLogin(config)
  for (const user of ['alice', 'nobody']) {
    const browser = createBrowserSession()
    let page = await browser.visit(url)
    for (let attempt = 0; attempt < 5; attempt++) page = await submitLogin(browser, page, user, 'wrong-password')
    assert.equal(page.status, 400)
    page = await submitLogin(browser, page, user)
    assert.equal(page.status, 429)
    assert.ok(Number(page.headers.get('retry-after')) > 290)
    assert.match(page.body, /Too many attempts/)
  }
})

test('consent names client, host and scopes, is remembered, and No is access_denied', async () => {
  const config = await discover(provider.origin, 'asking')
  const login = await beginLogin(config)
  const browser = createBrowserSession()
  const consent = await submitLogin(browser, await browser.visit(login.url), 'alice')
  assert.equal(consent.status, 200)
  for (const text of [
    'Client asking',
    'localhost:5601',
    'your e-mail address',
    'the groups you belong to',
    'Alice Adams',
  ]) {
    assert.match(consent.body, new RegExp(text))
  }
  const refused = await browser.copy().submit(consent, { answer: 'cancel' }, { until: CALLBACK })
  assert.equal(new URL(refused.url).searchParams.get('error'), 'access_denied')

  const second = await browser.visit((await beginLogin(config)).url)
  const allowed = await browser.submit(second, { answer: 'allow' }, { until: CALLBACK })
  assert.ok(new URL(allowed.url).searchParams.get('code'))
  const third = await browser.visit((await beginLogin(config, { prompt: 'none' })).url, { until: CALLBACK })
  assert.ok(new URL(third.url).searchParams.get('code'))
})

test('consent for a native client names its private scheme, and is asked every time', async () => {
  const config = await discover(provider.origin, 'native', client.None())
  const redirect_uri = 'com.example.app:/callback'
  const browser = createBrowserSession()
  const form = await browser.visit((await beginLogin(config, { redirect_uri })).url)
  const consent = await browser.submit(form, { username: 'alice', password: 'alice-demo', answer: 'login' })
  assert.match(consent.body, /at <strong>com\.example\.app<\/strong>/)
  const allowed = await browser.submit(consent, { answer: 'allow' }, { until: redirect_uri })
  assert.ok(new URL(allowed.url).searchParams.get('code'))
  const again = await browser.visit((await beginLogin(config, { redirect_uri })).url)
  assert.match(again.body, /<h1>Allow access\?<\/h1>/)
})

test('T-1, T-2: another account signs in over a living session, which ends first', async () => {
  const config = await discover(provider.origin)
  const { browser, tokens } = await signIn(config)
  const old = browser.copy()
  const login = await beginLogin(config, { prompt: 'login' })
  const change = await submitLogin(browser, await browser.visit(login.url), 'bob')
  assert.equal(change.status, 200)
  const forged = await browser.copy().submit(change, { xsrf: 'guessed' })
  assert.equal(forged.status, 400)
  const page = await browser.submit(change, {}, { until: CALLBACK })
  assert.equal((await login.redeem(page)).claims()?.sub, 'bob')
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, 's-alice'))
  const answer = await old.visit((await beginLogin(config, { prompt: 'none' })).url, { until: CALLBACK })
  assert.equal(new URL(answer.url).searchParams.get('error'), 'login_required')
})

test('T-1: so it does where the issuer is written in another way than browsers write it', async (t) => {
  const { provider: origin } = await findAddresses()
  const issuer = origin.replace('localhost', 'LocalHost')
  assert.notEqual(issuer, origin)
  const other = await startProvider({ settings: { issuer, port: Number(new URL(origin).port) } })
  t.after(() => other.close())
  const config = await discover(issuer)
  const { browser } = await signIn(config)
  const login = await beginLogin(config, { prompt: 'login' })
  const change = await submitLogin(browser, await browser.visit(login.url), 'bob')
  const page = await browser.submit(change, {}, { until: CALLBACK })
  assert.equal((await login.redeem(page)).claims()?.sub, 'bob')
})

test('T-11: authorization by POST is parked, and comes back once', async () => {
  const config = await discover(provider.origin)
  const { url, redeem } = await beginLogin(config)
  const { origin, pathname, searchParams } = new URL(url)
  const browser = createBrowserSession()
  const page = await browser.visit(origin + pathname, { body: searchParams })
  assert.equal(page.status, 200)
  assert.match(page.trail[1] ?? '', /\/authz-srv\/authz\?_r=[\w-]{22}$/)
  const answer = await submitLogin(browser, page, 'alice')
  assert.equal((await redeem(answer)).claims()?.sub, 's-alice')
  assert.equal((await browser.visit(page.trail[1] ?? '')).status, 400)
})

test('A-36: challenge and verifier only together, S256 only', async () => {
  for (const [id, parameters, expected] of [
    ['strict', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['public', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['app', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['app', { code_challenge: '' }, 'invalid_request'],
  ] as const) {
    const config = await discover(provider.origin, id, id === 'public' ? client.None() : undefined)
    const { url } = await beginLogin(config, parameters)
    const page = await createBrowserSession().visit(url, { until: CALLBACK })
    assert.equal(new URL(page.url).searchParams.get('error'), expected, `${id} ${JSON.stringify(parameters)}`)
  }
  const config = await discover(provider.origin)
  for (const [parameters, checks] of [
    [{}, {}],
    [{}, { pkceCodeVerifier: client.randomPKCECodeVerifier() }],
    [{ code_challenge: '', code_challenge_method: '' }, { pkceCodeVerifier: client.randomPKCECodeVerifier() }],
  ] as const) {
    const browser = createBrowserSession()
    const { url } = await beginLogin(config, { ...parameters, state: 'x', nonce: 'y' })
    const page = await submitLogin(browser, await browser.visit(url), 'alice')
    const redeemed = client.authorizationCodeGrant(config, new URL(page.url), {
      ...checks,
      expectedState: 'x',
      expectedNonce: 'y',
    })
    await assert.rejects(redeemed, { error: 'invalid_grant' })
  }
})

test('a public client signs in with PKCE alone, another by client_secret_post', async () => {
  const open = await signIn(await discover(provider.origin, 'public', client.None()))
  assert.equal(open.tokens.claims()?.sub, 's-alice')
  const { SECRET } = await import('../support/provider.ts')
  const post = await signIn(await discover(provider.origin, 'form', client.ClientSecretPost(SECRET)))
  assert.equal(post.tokens.claims()?.sub, 's-alice')
})

test('T-3, A-44: of eight redemptions of one code one succeeds, and then its tokens are dead', async () => {
  const config = await discover(provider.origin)
  const login = await beginLogin(config)
  const browser = createBrowserSession()
  const page = await submitLogin(browser, await browser.visit(login.url), 'alice')
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => login.redeem(page)))
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const result of results) if (result.status === 'rejected') assert.equal(result.reason.error, 'invalid_grant')
  await assert.rejects(login.redeem(page), { error: 'invalid_grant' })
  const won = results.find((result) => result.status === 'fulfilled')
  assert.ok(won)
  await assert.rejects(client.fetchUserInfo(config, won.value.access_token, 's-alice'))
})

test('refresh tokens rotate, and the use of an old one ends the grant', async () => {
  const config = await discover(provider.origin)
  const { tokens } = await signIn(config)
  assert.ok(tokens.refresh_token)
  const second = await client.refreshTokenGrant(config, tokens.refresh_token)
  assert.notEqual(second.refresh_token, tokens.refresh_token)
  assert.equal((await client.tokenIntrospection(config, second.access_token)).active, true)
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' })
  assert.equal((await client.tokenIntrospection(config, second.access_token)).active, false)
})

test('a revoked access token is inactive', async () => {
  const config = await discover(provider.origin)
  const { tokens } = await signIn(config)
  await client.tokenRevocation(config, tokens.access_token)
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false)
})

test('A-40: a redirect URI that is not registered to the letter gets a page, not a redirect', async () => {
  for (const uri of [
    `${CALLBACK}/`,
    `${CALLBACK}?a=b`,
    'http://localhost:5601/Callback',
    'http://localhost:5601@evil/',
  ]) {
    const { url } = await beginLogin(await discover(provider.origin), { redirect_uri: uri })
    const page = await createBrowserSession().visit(url)
    assert.equal(page.status, 400, uri)
    assert.equal(page.trail.length, 1)
  }
})

test('every answer carries the security headers, pages refuse frames, errors have a reference', async () => {
  for (const path of ['/', '/authz-srv/authz', '/interaction/nothing', '/session/end_session', '/users-srv/userinfo']) {
    const { headers } = await fetch(provider.origin + path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path)
    assert.equal(headers.get('x-frame-options'), 'DENY', path)
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/, path)
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /form-action/, path)
    assert.match(headers.get('x-request-id') ?? '', /^[\w-]{16}$/, path)
  }
  assert.equal((await fetch(`${provider.origin}/nowhere`)).status, 404)
})

test('two different session cookies count as an attack', async () => {
  const answer = await fetch(`${provider.origin}/authz-srv/authz`, {
    headers: { cookie: 'ostiary_op=a; ostiary_op=b' },
  })
  assert.equal(answer.status, 400)
  assert.match(await answer.text(), /two session cookies/)
  // To a browser this is another name, which does not keep the promise of a prefix.
  const other = await fetch(`${provider.origin}/authz-srv/authz`, {
    headers: { cookie: 'a=b; \u00a0ostiary_op=a; ostiary_op=b' },
  })
  assert.doesNotMatch(await other.text(), /two session cookies/)
})

test('long request headers are answered 431', async () => {
  const answer = await fetch(`${provider.origin}/session/end_session?id_token_hint=${'x'.repeat(40_000)}`)
  assert.equal(answer.status, 431)
})

test('A-28: markup in parameters reaches no page as markup', async () => {
  const evil = '"><script>alert(1)</script>'
  const config = await discover(provider.origin)
  const { url } = await beginLogin(config, { login_hint: evil, state: evil })
  const login = await createBrowserSession().visit(url)
  assert.equal(login.status, 200)
  const wrong = await createBrowserSession().visit((await beginLogin(config, { client_id: evil, scope: evil })).url)
  assert.equal(wrong.status, 400)
  for (const page of [login, wrong]) assert.doesNotMatch(page.body, /<script>alert/)
})

test('a removed account loses its sessions and tokens; a faulty file changes nothing', async (t) => {
  const small = await startProvider()
  t.after(() => small.close())
  const config = await discover(small.origin)
  const { browser, tokens } = await signIn(config)

  await writeFile(small.accountsPath, 'users: { alice: { password_hash: plain } }')
  await until(() => /stay as they were/.test(small.logged()))
  assert.match(small.logged(), /line 1.*users\.alice\.password_hash/)
  assert.equal((await client.fetchUserInfo(config, tokens.access_token, 's-alice')).sub, 's-alice')

  await writeFile(small.accountsPath, USERS.replace(/ {2}alice:[^]*?(?= {2}bob:)/, ''))
  await until(async () => (await small.store.artefacts.list(['Session', 'Grant'], 'accountId', 's-alice')).length === 0)
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, 's-alice'))
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false)
  // T-7: neither an error nor a session.
  const page = await browser.visit((await beginLogin(config)).url, { until: CALLBACK })
  assert.equal(page.status, 200)
  assert.match(page.body, /<h1>Sign in<\/h1>/)
})

test('A-47: no token, code or password is in the log', async () => {
  const config = await discover(provider.origin)
  const { tokens, page } = await signIn(config)
  const code = new URL(page.url).searchParams.get('code')
  for (const secret of [tokens.access_token, tokens.id_token, code, 'alice-demo', 'wrong-password']) {
    assert.ok(secret)
    assert.ok(!provider.logged().includes(secret))
  }
})

test('nothing readable in the store is a credential', async () => {
  const config = await discover(provider.origin)
  const { tokens } = await signIn(config)
  const { sub } = decodeJwt(tokens.id_token ?? '')
  const rows = await provider.store.artefacts.list(
    ['AccessToken', 'RefreshToken', 'Session', 'Grant'],
    'accountId',
    `${sub}`,
  )
  assert.ok(rows.length > 2)
  for (const row of rows) {
    const text = Buffer.from(row.payload).toString('latin1')
    for (const word of [tokens.access_token, 'jti', 'accountId']) assert.ok(!text.includes(word))
  }
})

/** The whole answer, for a request line and headers that `fetch` would not send. */
async function rawGet(origin: string, target: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const { connect } = await import('node:net')
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`)
  socket.write([`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}
