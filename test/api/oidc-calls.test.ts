import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SecurityError } from '../../src/kernel/errors.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import type { OidcRealm } from '../../src/authc/oidc-realm.ts'
import { basic, bearer, callApi, reason, text } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const facilitator = basic('facilitator', 'facilitator-password')
const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const nobody = basic('nobody', 'nobody-password')
const AUTHENTICATE = 'cluster:admin/xpack/security/oidc/authenticate'
let api: RestApi
let realm: OidcRealm & { logins: number; verdict: SecurityError | Error | undefined }

before(async () => {
  realm = buildRealm()
  api = await startRestApi({ realms: [realm] })
  await api.putRole('facilitator-role', { cluster: ['manage_oidc', 'manage_token'] })
  await api.putUser('facilitator', { password: 'facilitator-password', roles: ['facilitator-role'] })
  await api.putUser('nobody', { password: 'nobody-password', roles: [] })
})
after(() => api.close())

const call = (name: string, body: JsonObject, authorization = facilitator, opaqueId = 'my-id') =>
  callApi(api.address, `/_security/oidc/${name}`, { authorization, body, opaqueId })
const authenticate = (more: JsonObject = {}, authorization = facilitator) =>
  call('authenticate', { redirect_uri: '/callback?code=c&state=s', state: 's', nonce: 'n', ...more }, authorization)

test('prepare answers with its four fields in their order', async () => {
  const { status, body } = await call('prepare', { realm: 'oidc1', iss: '  ', login_hint: ' ', state: 's', nonce: 'n' })
  assert.equal(status, 200)
  assert.deepEqual(Object.entries(body), [
    ['redirect', 'https://op.example/login?undefined'],
    ['state', 's'],
    ['nonce', 'n'],
    ['realm', 'oidc1'],
  ])
  const byIssuer = await call('prepare', { iss: 'https://op.example', login_hint: 'joe' })
  assert.equal(byIssuer.body['redirect'], 'https://op.example/login?joe')
})

test('prepare needs one of realm and iss, and not both', async () => {
  assert.equal(
    reason(await call('prepare', { realm: ' ' })),
    'Validation Failed: 1: one of [realm, issuer] must be provided;',
  )
  assert.equal(
    reason(await call('prepare', { realm: 'oidc1', iss: 'https://op.example' })),
    'Validation Failed: 1: only one of [realm, issuer] can be provided in the same request;',
  )
})

test('A-46: a third party may name a configured issuer and a login hint, and nothing else', async () => {
  for (const iss of ['https://evil.example', 'https://op.example/', 'https://OP.example']) {
    const answer = await call('prepare', { iss })
    assert.deepEqual([answer.status, reason(answer)], [400, `Cannot find OpenID Connect realm with issuer [${iss}]`])
  }
  for (const smuggled of ['scope', 'redirect_uri', 'prompt', 'target_link_uri', 'acr_values']) {
    const answer = await call('prepare', { iss: 'https://op.example', [smuggled]: 'x' })
    assert.equal(answer.status, 400)
    assert.ok(reason(answer).startsWith(`[oidc_prepare_authentication] unknown field [${smuggled}]`))
  }
})

test('a realm whose provider is not known yet answers prepare with 503 and authenticate with the 401', async () => {
  realm.verdict = new SecurityError('provider_unavailable', 'the metadata could not be had')
  const prepared = await call('prepare', { realm: 'oidc1' })
  assert.equal(prepared.status, 503)
  assert.doesNotMatch(JSON.stringify(prepared.body), /metadata could not/)
  assert.equal((await authenticate()).status, 401)
})

test('authenticate answers with the fields in their order, and the pair belongs to the facilitator', async () => {
  realm.verdict = undefined
  const answer = await authenticate()
  assert.equal(answer.status, 200)
  const { access_token: accessToken, refresh_token: refreshToken } = answer.body
  assert.deepEqual(Object.entries(answer.body), [
    ['username', 'alice'],
    ['access_token', accessToken],
    ['refresh_token', refreshToken],
    ['expires_in', 1200],
    [
      'authentication',
      {
        username: 'alice',
        roles: ['r1'],
        full_name: 'Alice A',
        email: null,
        metadata: { 'oidc(sub)': 'alice' },
        enabled: true,
        authentication_realm: { name: 'oidc1', type: 'oidc' },
        lookup_realm: { name: 'oidc1', type: 'oidc' },
        authentication_type: 'realm',
      },
    ],
    ['type', 'Bearer'],
  ])
  const refresh = { grant_type: 'refresh_token', refresh_token: text(answer, 'refresh_token') }
  const refused = await callApi(api.address, '/_security/oauth2/token', { authorization: elastic, body: refresh })
  assert.equal(refused.body['error_description'], 'tokens must be refreshed by the creating client')
  const fresh = await callApi(api.address, '/_security/oauth2/token', { authorization: facilitator, body: refresh })
  assert.equal(fresh.status, 200)
})

test('whatever fails in a login is one 401 that tells nothing, and one line in the log that tells all', async () => {
  const reasons = [
    'state_invalid',
    'id_token_invalid',
    'response_replayed',
    'keys_unavailable',
    'claims_unmappable',
  ] as const
  for (const failed of reasons) {
    realm.verdict = new SecurityError(failed, `the detail of ${failed}`)
    api.lines.length = 0
    const answer = await authenticate({ realm: null })
    assert.equal(answer.status, 401)
    const told = {
      type: 'security_exception',
      reason: `unable to authenticate user [<OIDC Token>] for action [${AUTHENTICATE}]`,
      header: { 'WWW-Authenticate': ['Basic realm="security", charset="UTF-8"', 'Bearer realm="security"'] },
    }
    assert.deepEqual(answer.body, { error: { root_cause: [told], ...told }, status: 401 })
    assert.equal(api.lines.length, 1)
    assert.equal(api.lines[0]?.['http.request.id'], 'my-id')
    assert.equal(api.lines[0]?.['event.reason'], failed)
    assert.match(JSON.stringify(api.lines[0]), new RegExp(`Caused by the detail of ${failed}`))
  }
})

test('an unknown realm is the same 401, and no realm is asked', async () => {
  realm.verdict = undefined
  const asked = realm.logins
  for (const name of ['oidc9', '']) {
    const answer = await authenticate({ realm: name })
    assert.equal(answer.status, 401)
    assert.equal(reason(answer), `unable to authenticate user [<OIDC Token>] for action [${AUTHENTICATE}]`)
  }
  assert.equal(realm.logins, asked)
})

test('a fault of our own in a login is a 401 that says so, and shows nothing of it', async () => {
  realm.verdict = new TypeError('a bug with a secret in it')
  const answer = await authenticate()
  assert.equal(answer.status, 401)
  assert.equal(reason(answer), 'error attempting to authenticate request')
  assert.doesNotMatch(JSON.stringify(answer.body), /a bug/)
  assert.match(JSON.stringify(api.lines.at(-1)), /a bug with a secret in it/)
})

test('a blank state or nonce is a 400, after the authorization', async () => {
  realm.verdict = undefined
  for (const blank of [{ state: ' ' }, { nonce: ' ' }]) {
    const answer = await authenticate(blank)
    assert.equal(answer.status, 400)
    assert.equal(reason(answer), 'The value must not be null or empty string')
    assert.equal((await authenticate(blank, nobody)).status, 403)
  }
})

test('the privilege is asked for after the request itself was judged', async () => {
  for (const name of ['prepare', 'authenticate', 'logout']) {
    const invalid = await call(name, {}, nobody)
    assert.equal(invalid.status, 400)
    const body = { prepare: { realm: 'oidc9' }, logout: { token: 'x' } }[name]
    const refused = body === undefined ? await authenticate({}, nobody) : await call(name, body, nobody)
    assert.equal(refused.status, 403)
    assert.equal(
      reason(refused),
      `action [cluster:admin/xpack/security/oidc/${name}] is unauthorized for user [nobody] with effective roles []` +
        ', this action is granted by the cluster privileges [manage_oidc,manage_security,all]',
    )
  }
})

test('logout kills the tokens and gives the URL; twice gives it twice', async () => {
  const login = await authenticate()
  const body = { token: text(login, 'access_token'), refresh_token: text(login, 'refresh_token') }
  for (let times = 0; times < 2; times++) {
    const answer = await call('logout', body)
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, { redirect: 'https://op.example/logout?the-id-token' })
  }
  const who = await callApi(api.address, '/_security/_authenticate', { authorization: bearer(body.token) })
  assert.equal(reason(who), 'token expired')
  const refreshed = await callApi(api.address, '/_security/oauth2/token', {
    authorization: facilitator,
    body: { grant_type: 'refresh_token', refresh_token: body.refresh_token },
  })
  assert.equal(refreshed.body['error_description'], 'token has been invalidated')
})

test('logout of an expired token is answered like any other, twice as well', async () => {
  const token = text(await authenticate(), 'access_token')
  api.time.now += 1201
  const who = await callApi(api.address, '/_security/_authenticate', { authorization: bearer(token) })
  assert.deepEqual([who.status, reason(who)], [401, 'token expired'])
  for (let times = 0; times < 2; times++) {
    const answer = await call('logout', { token })
    assert.deepEqual([answer.status, answer.body], [200, { redirect: 'https://op.example/logout?the-id-token' }])
  }
})

test('logout of a login whose realm is gone, or whose ID token was not kept, is a 400', async () => {
  const issue = (name: string) => {
    const ref = { name, type: 'oidc' }
    const user = { username: 'alice', roles: [], fullName: null, email: null, metadata: {}, enabled: true }
    const authentication = { user, authenticationRealm: ref, lookupRealm: ref, type: 'realm' } as const
    return api.tokens.issue({ authentication, client: authentication, withRefreshToken: false })
  }
  const [gone, hintless] = await Promise.all([issue('oidc9'), issue('oidc1')])
  const hintMissing = 'Authentication token does not have OpenID Connect metadata [id_token_hint]'
  const cases = [
    { token: gone.accessToken, says: 'Authenticating realm oidc9 does not exist', who: 200 },
    { token: hintless.accessToken, says: hintMissing, who: 401 },
  ]
  for (const { token, says, who } of cases) {
    for (let times = 0; times < 2; times++) {
      const answer = await call('logout', { token })
      assert.deepEqual([answer.status, reason(answer)], [400, says])
      assert.equal((answer.body['error'] as JsonObject)['type'], 'security_exception')
    }
    const after = await callApi(api.address, '/_security/_authenticate', { authorization: bearer(token) })
    assert.equal(after.status, who, says)
  }
})

test('what cannot be logged out is a 400, each with its type', async () => {
  const native = await callApi(api.address, '/_security/oauth2/token', {
    authorization: facilitator,
    body: { grant_type: 'client_credentials' },
  })
  const cases = [
    { body: { token: 'garbage' }, type: 'security_exception', says: 'supplied token is not valid' },
    {
      body: { token: text(native, 'access_token') },
      type: 'illegal_argument_exception',
      says: 'Access token is not valid for an OpenID Connect realm',
    },
    {
      body: { token: 'x', refresh_token: '' },
      type: 'illegal_argument_exception',
      says: 'refresh token must be provided',
    },
    {
      body: { token: 'x', refresh_token: null },
      type: 'x_content_parse_exception',
      says: "[oidc_logout] refresh_token doesn't support values of type: VALUE_NULL",
    },
  ]
  for (const { body, type, says } of cases) {
    const answer = await call('logout', body)
    assert.equal(answer.status, 400)
    assert.equal(reason(answer), says)
    assert.deepEqual((answer.body['error'] as JsonObject)['type'], type)
  }
})

test('A-47: neither tokens nor the provider’s response are in the log', async () => {
  const login = await authenticate()
  realm.verdict = new SecurityError('state_invalid', 'the state is another one')
  await authenticate({ redirect_uri: '/callback?code=the-secret-code&state=s', nonce: 'the-secret-nonce' })
  const log = JSON.stringify(api.lines)
  for (const secret of [
    text(login, 'access_token'),
    text(login, 'refresh_token'),
    'the-secret-code',
    'the-secret-nonce',
  ]) {
    assert.ok(!log.includes(secret))
  }
})

/** A realm that accepts every response but for its `verdict`. */
function buildRealm(): typeof realm {
  const ref = { name: 'oidc1', type: 'oidc' }
  return {
    name: 'oidc1',
    issuer: 'https://op.example',
    prefetch: () => undefined,
    logins: 0,
    verdict: undefined,
    async prepare({ state = 'fresh', nonce = 'fresh', loginHint }) {
      if (this.verdict !== undefined) throw this.verdict
      return { redirect: `https://op.example/login?${loginHint}`, state, nonce, realm: 'oidc1' }
    },
    knowsState: () => false,
    async authenticate() {
      this.logins++
      if (this.verdict !== undefined) throw this.verdict
      const metadata = { 'oidc(sub)': 'alice' }
      return {
        authentication: {
          user: { username: 'alice', roles: ['r1'], fullName: 'Alice A', email: null, metadata, enabled: true },
          authenticationRealm: ref,
          lookupRealm: ref,
          type: 'realm',
        },
        idToken: 'the-id-token',
        subject: { issuer: 'https://op.example', subject: 'alice' },
        response: { key: new Uint8Array(32).fill(this.logins), keepUntil: api.time.now + 600 },
      }
    },
    failed: async () => {},
    buildLogoutUrl: async (idToken) => `https://op.example/logout?${idToken}`,
    close: async () => {},
  }
}
