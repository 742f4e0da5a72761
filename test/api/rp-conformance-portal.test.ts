/**
 * The modules of the OpenID Foundation's conformance suite for relying parties that need a browser: a login that a third
 * party begins, and the logout that the relying party begins. The whole program, its portal in a scripted browser,
 * against the scripted provider, in each of the three response types.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before } from 'node:test'
import { callApi, ELASTIC, FACILITATOR, text } from '../support/api-call.ts'
import { type BrowserSession, createBrowserSession } from '../support/browser-session.ts'
import { createReenactment, RESPONSE_TYPES, type ResponseType } from '../support/conformance.ts'
import { type Program, startProgram } from '../support/program.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

const { reenact, proveComplete } = createReenactment('portal')
/** Realms are called after their response type, and after what their provider has no endpoint for. */
const REALMS = { code: 'code', 'id_token token': 'implicit', id_token: 'token' } as const
const VARIANTS = ['', '-no-logout'] as const
const SECRET = 'a-secret-of-the-tests-that-is-long-enough-0123456789'
const ACCESS_TOKEN = 'at-1'
const AT_HASH = createHash('sha256').update(ACCESS_TOKEN).digest().subarray(0, 16).toString('base64url')

const providers = new Map<string, ScriptedProvider>()
let program: Program
before(async () => {
  const secrets: Record<string, string> = {}
  const sections: ((portal: string) => string)[] = []
  for (const responseType of RESPONSE_TYPES)
    for (const variant of VARIANTS) {
      const realm = REALMS[responseType] + variant
      const provider = await startScriptedProvider()
      providers.set(realm, provider)
      const { end_session_endpoint: _, ...without } = provider.metadata
      if (variant === '-no-logout') provider.script('discovery', () => ({ body: without }))
      provider.script('userinfo', () => ({ body: { sub: 'alice' } }))
      secrets[`xpack.security.authc.realms.oidc.${realm}.rp.client_secret`] = SECRET
      const callback = responseType === 'code' ? 'callback' : 'implicit'
      const order = 10 + sections.length
      sections.push(
        (portal) => `
xpack.security.authc.realms.oidc.${realm}:
  order: ${order}
  rp.client_id: rp
  rp.response_type: ${responseType}
  rp.redirect_uri: '${portal}/api/security/oidc/${callback}'
  rp.post_logout_redirect_uri: '${portal}/security/logged_out'
  op.issuer: '${provider.issuer}'
  claims.principal: sub
xpack.security.authc.providers.oidc.${realm}.order: ${order}
xpack.security.authc.providers.oidc.${realm}.realm: ${realm}
`,
      )
    }
  const settings = (yaml: string, { portal }: { portal: string }) =>
    yaml + sections.map((section) => section(portal)).join('')
  program = await startProgram({ secrets, settings })
})
after(async () => {
  for (const provider of providers.values()) await provider[Symbol.asyncDispose]()
  await program.remove()
})

for (const responseType of RESPONSE_TYPES) {
  reenact('oidcc-client-test-3rd-party-init-login', responseType, async () => {
    const { provider } = providerOf(responseType)
    for (const method of ['GET', 'POST']) {
      const browser = createBrowserSession()
      const request = await initiate(browser, provider.issuer, method)
      assert.equal(request.origin + request.pathname, provider.urls.authorization)
      assert.equal(request.searchParams.get('response_type'), responseType)
      assert.equal(request.searchParams.get('login_hint'), 'alice@example.com')
      await respond(browser, responseType, '', request)
      assert.equal(await whoIs(browser), 'alice')
    }
    const stranger = createBrowserSession()
    const refused = await stranger.visit(`${INITIATE()}?iss=https://stranger.example`)
    assert.deepEqual([refused.status, refused.headers.getSetCookie()], [401, []])
  })

  for (const [module, changeState] of [
    ['oidcc-client-test-rp-init-logout', (state: string) => `?state=${state}`],
    ['oidcc-client-test-rp-init-logout-other-state', (state: string) => `?state=${state}_INVALID`],
    ['oidcc-client-test-rp-init-logout-no-state', () => ''],
  ] as const)
    reenact(module, responseType, async () => {
      const browser = createBrowserSession()
      const idToken = await signIn(browser, responseType)
      const request = await signOut(browser, responseType)
      assert.equal(request.searchParams.get('id_token_hint'), idToken)
      const goodbye = request.searchParams.get('post_logout_redirect_uri') ?? ''
      const page = await browser.visit(goodbye + changeState(request.searchParams.get('state') ?? ''))
      assert.deepEqual([page.status, page.trail.length], [200, 1])
      assert.equal(await whoIs(browser), undefined)
    })

  reenact('rp-logout-local-first', responseType, async () => {
    const [leaving, staying] = [createBrowserSession(), createBrowserSession()]
    await killTokensOf(REALMS[responseType])
    for (const browser of [leaving, staying]) await signIn(browser, responseType)
    const before = leaving.copy()
    await signOut(leaving, responseType)
    // The browser has been sent to the provider and has not gone there.
    assert.equal(await whoIs(before), undefined)
    assert.equal(await whoIs(staying), 'alice')
    assert.equal(await killTokensOf(REALMS[responseType]), 2, 'only those of the one that stayed were alive')
  })

  reenact('rp-logout-url', responseType, async () => {
    const browser = createBrowserSession()
    await signIn(browser, responseType)
    const { searchParams } = await signOut(browser, responseType)
    assert.deepEqual([...searchParams.keys()], ['id_token_hint', 'post_logout_redirect_uri', 'state'])
    assert.equal(searchParams.get('post_logout_redirect_uri'), `${program.portal}/security/logged_out`)
    assert.match(searchParams.get('state') ?? '', /^[\w-]{43}$/)
  })

  reenact('rp-logout-return', responseType, async () => {
    const browser = createBrowserSession()
    const page = await browser.visit(`${program.portal}/security/logged_out?state=anything&code=c&unknown=1`)
    assert.deepEqual([page.status, page.trail.length, page.headers.getSetCookie()], [200, 1, []])
    assert.equal(page.body.includes('anything'), false)
  })

  reenact('rp-logout-no-endpoint', responseType, async () => {
    const browser = createBrowserSession()
    await signIn(browser, responseType, '-no-logout')
    const page = await browser.visit(`${program.portal}/api/security/logout`)
    assert.deepEqual([page.status, new URL(page.url).origin], [200, program.portal])
    assert.match(page.url, /[?&]msg=LOGGED_OUT$/)
    assert.equal(await whoIs(browser), undefined)

    const answer = await logoutByApi(responseType)
    assert.deepEqual([answer.status, answer.body], [200, { redirect: null }])
  })
}

proveComplete()

const INITIATE = () => `${program.portal}/api/security/oidc/initiate_login`

function providerOf(responseType: ResponseType, variant: (typeof VARIANTS)[number] = '') {
  const realm = REALMS[responseType] + variant
  const provider = providers.get(realm)
  if (provider === undefined) throw new Error(`no provider of ${realm}`)
  return { realm, provider }
}

/** @returns the authorization request to which the browser is sent */
async function initiate(browser: BrowserSession, iss: string, method = 'GET'): Promise<URL> {
  const parameters = new URLSearchParams({ iss, login_hint: 'alice@example.com' })
  const page =
    method === 'GET'
      ? await browser.visit(`${INITIATE()}?${parameters.toString()}`, { until: iss })
      : await browser.visit(INITIATE(), { method, body: parameters, until: iss })
  return new URL(page.url)
}

/** What the provider answers a request with, in the way of its response type. @returns the ID token */
async function makeResponse(responseType: ResponseType, provider: ScriptedProvider, state: string, nonce: string) {
  const hash = responseType === 'id_token' ? {} : { at_hash: AT_HASH }
  const idToken = await provider.sign(provider.claims(nonce, hash))
  provider.script('token', () => ({ body: { access_token: ACCESS_TOKEN, token_type: 'Bearer', id_token: idToken } }))
  const response = {
    code: `?code=c-1&state=${state}`,
    'id_token token': `#id_token=${idToken}&access_token=${ACCESS_TOKEN}&token_type=Bearer&state=${state}`,
    id_token: `#id_token=${idToken}&state=${state}`,
  }[responseType]
  return { idToken, response }
}

async function respond(
  browser: BrowserSession,
  responseType: ResponseType,
  variant: (typeof VARIANTS)[number],
  { searchParams }: URL,
): Promise<string> {
  const { provider } = providerOf(responseType, variant)
  const [state, nonce] = [searchParams.get('state') ?? '', searchParams.get('nonce') ?? '']
  const { idToken, response } = await makeResponse(responseType, provider, state, nonce)
  const callback = `${program.portal}/api/security/oidc/callback`
  // As the script of the page for fragments sends it on.
  const fragment = new URLSearchParams({
    authenticationResponseURI: `${program.portal}/api/security/oidc/implicit${response}`,
  })
  const page = await browser.visit(callback + (responseType === 'code' ? response : `?${fragment.toString()}`))
  assert.equal(page.status, 200, page.body)
  return idToken
}

async function signIn(browser: BrowserSession, responseType: ResponseType, variant: (typeof VARIANTS)[number] = '') {
  const request = await initiate(browser, providerOf(responseType, variant).provider.issuer)
  const idToken = await respond(browser, responseType, variant, request)
  assert.equal(await whoIs(browser), 'alice')
  return idToken
}

/** @returns the end-session request to which the browser is sent */
async function signOut(browser: BrowserSession, responseType: ResponseType): Promise<URL> {
  const { provider } = providerOf(responseType)
  const page = await browser.visit(`${program.portal}/api/security/logout`, { until: provider.urls.endsession })
  return new URL(page.url)
}

async function whoIs(browser: BrowserSession): Promise<string | undefined> {
  const page = await browser.visit(`${program.portal}/internal/security/me`, { headers: { 'kbn-xsrf': 'true' } })
  return page.status === 200 ? (JSON.parse(page.body) as { username?: string }).username : undefined
}

/** @returns how many were alive */
async function killTokensOf(realm_name: string): Promise<unknown> {
  const call = { method: 'DELETE', authorization: ELASTIC, body: { realm_name } }
  return (await callApi(program.api, '/_security/oauth2/token', call)).body['invalidated_tokens']
}

async function logoutByApi(responseType: ResponseType) {
  const { realm, provider } = providerOf(responseType, '-no-logout')
  const call = (path: string, body: Record<string, string>) =>
    callApi(program.api, `/_security/oidc/${path}`, { authorization: FACILITATOR, body })
  const prepared = await call('prepare', { realm })
  const [state, nonce] = [text(prepared, 'state'), text(prepared, 'nonce')]
  const { response } = await makeResponse(responseType, provider, state, nonce)
  const login = await call('authenticate', { redirect_uri: `/cb${response}`, state, nonce, realm })
  return call('logout', { token: text(login, 'access_token'), refresh_token: text(login, 'refresh_token') })
}
