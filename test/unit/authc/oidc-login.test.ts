import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import type { Authentication } from '../../../src/authc/authentication.ts'
import { createOidcLogin } from '../../../src/authc/oidc-login.ts'
import type { OidcRealm } from '../../../src/authc/oidc-realm.ts'
import { createTokenService, type TokenService } from '../../../src/authc/token-service.ts'
import { type Reason, SecurityError } from '../../../src/kernel/errors.ts'
import { createSealer } from '../../../src/kernel/sealer.ts'
import { createLog } from '../../../src/observe/log.ts'
import { createEmbeddedStore } from '../../../src/store/embedded.ts'
import type { Store, TokenPairs } from '../../../src/store/store.ts'

const NOW = 1_800_000_000
let now = NOW
const sealer = createSealer(['a secret of the tests'])
let directory: string
let store: Store
let lines: Record<string, unknown>[] = []
const log = createLog('info', { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) })

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ostiary-login-'))
  store = await createEmbeddedStore({ directory: join(directory, 'data'), clock: () => now })
})
afterEach(() => void (now = NOW))
after(async () => {
  await store.close()
  await rm(directory, { recursive: true })
})

const client = buildAuthentication('facilitator', { name: 'default_native', type: 'native' })
const response = { redirectUri: '/callback?code=c&state=s', state: 's', nonce: 'n' }
const by = { client, requestId: 'request-1' }

// ---- which realm ---------------------------------------------------------------------------------------------------

test('a login is prepared by the realm that is named', async () => {
  const { login } = setUp([realm('oidc1'), realm('oidc2')])
  const prepared = await login.prepare({ of: { realm: 'oidc2' }, loginHint: 'joe' })
  assert.deepEqual(prepared, { redirect: 'https://op.example/oidc2?joe', state: 's', nonce: 'n', realm: 'oidc2' })
})

test('a realm that is not there cannot be named, and an issuer must belong to one realm alone', async () => {
  const { login } = setUp([realm('oidc1'), realm('oidc2'), realm('oidc3', { issuer: 'https://other.example' })])
  const unknown = (message: string) => ({ reason: 'realm_unknown', message })
  await assert.rejects(
    login.prepare({ of: { realm: 'oidc9' } }),
    unknown('Cannot find OpenID Connect realm with name [oidc9]'),
  )
  await assert.rejects(
    login.prepare({ of: { issuer: 'https://nobody.example' } }),
    unknown('Cannot find OpenID Connect realm with issuer [https://nobody.example]'),
  )
  await assert.rejects(
    login.prepare({ of: { issuer: 'https://op.example' } }),
    unknown('Found multiple OpenID Connect realm with issuer [https://op.example]'),
  )
  assert.equal((await login.prepare({ of: { issuer: 'https://other.example' } })).realm, 'oidc3')
})

test('only the named realm tries; a name that no realm has is refused without a word to any', async () => {
  const realms = [realm('oidc1'), realm('oidc2')]
  const { login } = setUp(realms)
  const issued = await login.login({ ...response, realm: 'oidc2' }, by)
  assert.equal(issued.authentication.authenticationRealm.name, 'oidc2')
  await assert.rejects(login.login({ ...response, realm: 'oidc9' }, by), { reason: 'credentials_rejected' })
  await assert.rejects(login.login({ ...response, realm: '' }, by), { reason: 'credentials_rejected' })
  assert.deepEqual(
    realms.map(({ attempts }) => attempts),
    [0, 1],
  )
})

test('A-15: without a name, the realm that made the state is the only one that tries, even if it refuses', async () => {
  const realms = [realm('oidc1'), realm('oidc2', { knows: 's', fails: 'state_invalid' })]
  await assert.rejects(setUp(realms).login.login(response, by), { reason: 'state_invalid' })
  assert.deepEqual(
    realms.map(({ attempts }) => attempts),
    [0, 1],
  )
})

test("a state of the caller's own goes to the realms in their order until one accepts", async () => {
  const realms = [realm('oidc1', { fails: 'issuer_mismatch' }), realm('oidc2'), realm('oidc3')]
  const issued = await setUp(realms).login.login(response, by)
  assert.equal(issued.authentication.authenticationRealm.name, 'oidc2')
  assert.deepEqual(
    realms.map(({ attempts }) => attempts),
    [1, 1, 0],
  )
})

test('a fault of our own ends the chain at once', async () => {
  const realms = [realm('oidc1', { fails: 'store_unavailable' }), realm('oidc2')]
  await assert.rejects(setUp(realms).login.login(response, by), { reason: 'store_unavailable' })
  assert.deepEqual(
    realms.map(({ attempts }) => attempts),
    [1, 0],
  )
})

test('a failed login is one line of warning with the request, the reason, and what it was caused by', async () => {
  lines = []
  await assert.rejects(setUp([realm('oidc1', { fails: 'id_token_invalid' })]).login.login(response, by))
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.['log.level'], 'warn')
  assert.equal(lines[0]?.['http.request.id'], 'request-1')
  assert.equal(lines[0]?.['event.reason'], 'id_token_invalid')
  assert.equal(
    lines[0]?.['message'],
    'Authentication to realm oidc1 failed - Failed to authenticate user with OpenID Connect' +
      ' (Caused by the detail of oidc1; Caused by what lies under it)',
  )
})

// ---- the login -----------------------------------------------------------------------------------------------------

test('a login is one durable write: the pair and the mark that its response is redeemed', async () => {
  const { login, writes } = setUp([realm('oidc1', { response: 1 })])
  const issued = await login.login(response, by)
  assert.deepEqual(writes, ['create'])
  assert.ok(issued.refreshToken)
  assert.equal(await store.tokens.responseUsed(new Uint8Array(32).fill(1)), true)
})

test('a response that somebody else redeemed meanwhile is refused, and its attempt is ended at the realm', async () => {
  const realms = [realm('oidc1', { response: 2 })]
  const { login } = setUp(realms)
  await login.login(response, by)
  await assert.rejects(login.login(response, by), { reason: 'response_replayed' })
  assert.equal(realms[0]?.failures, 1)
})

// ---- the logout ----------------------------------------------------------------------------------------------------

test('a logout kills both tokens in one durable write and gives the URL with the hint', async () => {
  const { login, tokens, writes } = setUp([realm('oidc1')])
  const pair = await login.login(response, by)
  writes.length = 0
  assert.equal(await login.logout(both(pair)), 'https://op.example/oidc1/logout?id-token-of-oidc1')
  assert.deepEqual(writes, ['invalidate'])
  await assert.rejects(tokens.authenticate(pair.accessToken), { reason: 'token_expired' })
  await assert.rejects(tokens.refresh(pair.refreshToken ?? '', client), { message: 'token has been invalidated' })
})

test('a logout can be repeated, also without the refresh token, and after a refresh', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const pair = await login.login(response, by)
  const fresh = await tokens.refresh(pair.refreshToken ?? '', client)
  for (const again of [both(pair), both(pair), { accessToken: fresh.accessToken }, both(fresh)]) {
    assert.equal(await login.logout(again), 'https://op.example/oidc1/logout?id-token-of-oidc1')
  }
})

test('a logout works with an access token that has expired, as often as it is asked for, until its pair is forgotten', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const pair = await login.login(response, by)
  now += 1201
  await assert.rejects(tokens.authenticate(pair.accessToken), { reason: 'token_expired' })
  for (const again of [both(pair), both(pair), { accessToken: pair.accessToken }]) {
    assert.equal(await login.logout(again), 'https://op.example/oidc1/logout?id-token-of-oidc1')
  }
  await assert.rejects(tokens.refresh(pair.refreshToken ?? '', client), { message: 'token has been invalidated' })
  now += 2 * 24 * 60 * 60
  await assert.rejects(login.logout(both(pair)), {
    reason: 'login_token_invalid',
    message: 'supplied token is not valid',
  })
})

test('a logout works with an access token that was invalidated otherwise, and ends the refresh token all the same', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const pair = await login.login(response, by)
  const side = await tokens.locate('access', pair.accessToken)
  assert.ok(side)
  await tokens.invalidate([side])
  assert.equal(await login.logout(both(pair)), 'https://op.example/oidc1/logout?id-token-of-oidc1')
  await assert.rejects(tokens.refresh(pair.refreshToken ?? '', client), { message: 'token has been invalidated' })
})

test('of several realms, the one of the login says where a logout continues, and one without an end-session endpoint says nowhere', async () => {
  const { login } = setUp([realm('oidc1'), realm('oidc2'), { ...realm('oidc3'), buildLogoutUrl: async () => null }])
  const continuations = ['oidc1', 'oidc2', 'oidc3'].map(async (name) =>
    login.logout(both(await login.login({ ...response, realm: name }, by))),
  )
  assert.deepEqual(await Promise.all(continuations), [
    'https://op.example/oidc1/logout?id-token-of-oidc1',
    'https://op.example/oidc2/logout?id-token-of-oidc2',
    null,
  ])
})

test('the refresh token is invalidated only if it is given', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const pair = await login.login(response, by)
  await login.logout({ accessToken: pair.accessToken })
  await tokens.refresh(pair.refreshToken ?? '', client)
})

test('a refresh token that is unknown or malformed does not stop the logout; an empty one does', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const { accessToken } = await login.login(response, by)
  await assert.rejects(login.logout({ accessToken, refreshToken: '' }), {
    reason: 'argument_illegal',
    message: 'refresh token must be provided',
  })
  await tokens.authenticate(accessToken)
  for (const refreshToken of ['garbage', accessToken]) assert.ok(await login.logout({ accessToken, refreshToken }))
})

test('a logout ends both tokens that it is given, also if they are of two logins', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const [first, second] = [await login.login(response, by), await login.login(response, by)]
  const { accessToken } = first
  assert.ok(await login.logout({ accessToken, refreshToken: second.refreshToken ?? '' }))
  await assert.rejects(tokens.authenticate(accessToken), { reason: 'token_expired' })
  await assert.rejects(tokens.refresh(second.refreshToken ?? '', client), { message: 'token has been invalidated' })
  await tokens.authenticate(second.accessToken)
  await tokens.refresh(first.refreshToken ?? '', client)
})

test('of a login whose record is damaged the refresh token is dead all the same', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const alice = buildAuthentication('alice', { name: 'oidc1', type: 'oidc' })
  const authentication = { ...alice, user: { ...alice.user, enabled: null as never } }
  const pair = await tokens.issue({ authentication, client, withRefreshToken: true })
  await assert.rejects(login.logout(both(pair)), { reason: 'record_damaged' })
  await assert.rejects(tokens.refresh(pair.refreshToken ?? '', client), { message: 'token has been invalidated' })
})

test('of an access token that is not ours the refresh token is dead all the same', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const { accessToken, refreshToken = '' } = await login.login(response, by)
  await assert.rejects(login.logout({ accessToken: 'garbage', refreshToken }), {
    reason: 'login_token_invalid',
    message: 'supplied token is not valid',
  })
  await tokens.authenticate(accessToken)
  await assert.rejects(tokens.refresh(refreshToken, client), { message: 'token has been invalidated' })
})

test('a token of another kind of realm is refused and stays alive', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const native = await tokens.issue({ authentication: client, client, withRefreshToken: true })
  await assert.rejects(login.logout({ accessToken: native.accessToken }), {
    reason: 'argument_illegal',
    message: 'Access token is not valid for an OpenID Connect realm',
  })
  await tokens.authenticate(native.accessToken)
  await assert.rejects(login.logout(both(native)), { reason: 'argument_illegal' })
  await assert.rejects(tokens.refresh(native.refreshToken ?? '', client), { message: 'token has been invalidated' })
})

test('a token of a realm that is gone is refused and stays alive', async () => {
  const pair = await setUp([realm('oidc1')]).login.login(response, by)
  const { login, tokens } = setUp([realm('oidc2')])
  await assert.rejects(login.logout({ accessToken: pair.accessToken }), {
    reason: 'realm_unknown',
    message: 'Authenticating realm oidc1 does not exist',
  })
  await tokens.authenticate(pair.accessToken)
  await assert.rejects(login.logout(both(pair)), { reason: 'realm_unknown' })
  await tokens.authenticate(pair.accessToken)
  await assert.rejects(tokens.refresh(pair.refreshToken ?? '', client), { message: 'token has been invalidated' })
})

test('without the hint there is no way to the provider, but the token is dead', async () => {
  const { login, tokens } = setUp([realm('oidc1')])
  const authentication = buildAuthentication('alice', { name: 'oidc1', type: 'oidc' })
  const { accessToken } = await tokens.issue({ authentication, client, withRefreshToken: false })
  await assert.rejects(login.logout({ accessToken }), {
    reason: 'login_token_invalid',
    message: 'Authentication token does not have OpenID Connect metadata [id_token_hint]',
  })
  await assert.rejects(tokens.authenticate(accessToken), { reason: 'token_expired' })
})

test('an ID token that can no longer be opened does not keep the tokens alive', async () => {
  const pair = await setUp([realm('oidc1')]).login.login(response, by)
  const { login, tokens } = setUp([realm('oidc1')], createSealer(['another secret']))
  await assert.rejects(login.logout(both(pair)), { reason: 'record_damaged' })
  await assert.rejects(tokens.authenticate(pair.accessToken), { reason: 'token_expired' })
  await assert.rejects(tokens.refresh(pair.refreshToken ?? '', client), { message: 'token has been invalidated' })
})

// --------------------------------------------------------------------------------------------------------------------

/** The service over these realms, and the names of the writes that it makes. */
function setUp(realms: readonly OidcRealm[], sealedBy = sealer) {
  const writes: string[] = []
  const spied: TokenPairs = {
    ...store.tokens,
    create: (...args) => (writes.push('create'), store.tokens.create(...args)),
    invalidate: (...args) => (writes.push('invalidate'), store.tokens.invalidate(...args)),
    useUpResponse: (...args) => (writes.push('useUpResponse'), store.tokens.useUpResponse(...args)),
  }
  const tokens: TokenService = createTokenService({
    store: { tokens: spied },
    sealer: sealedBy,
    clock: () => now,
    accessLifetime: 1200,
    enabled: true,
  })
  return { login: createOidcLogin({ realms, tokens, log }), tokens, writes }
}

let responses = 100

/** A realm whose verdict is decided beforehand. */
function realm(
  name: string,
  verdict: { issuer?: string; knows?: string; fails?: Reason; response?: number } = {},
): OidcRealm & { attempts: number; failures: number } {
  return {
    name,
    issuer: verdict.issuer ?? 'https://op.example',
    prefetch: () => undefined,
    attempts: 0,
    failures: 0,
    prepare: async ({ loginHint }) => ({
      redirect: `https://op.example/${name}?${loginHint}`,
      state: 's',
      nonce: 'n',
      realm: name,
    }),
    knowsState: (state) => state === verdict.knows,
    async authenticate() {
      this.attempts++
      const cause = new Error('what lies under it')
      if (verdict.fails !== undefined) throw new SecurityError(verdict.fails, `the detail of ${name}`, cause)
      return {
        authentication: buildAuthentication('alice', { name, type: 'oidc' }),
        idToken: `id-token-of-${name}`,
        subject: { issuer: 'https://op.example', subject: 'alice' },
        response: { key: new Uint8Array(32).fill(verdict.response ?? responses++), keepUntil: NOW + 600 },
      }
    },
    async failed() {
      this.failures++
    },
    buildLogoutUrl: async (idToken) => `https://op.example/${name}/logout?${idToken}`,
    close: async () => {},
  }
}

function buildAuthentication(username: string, ref: { name: string; type: string }): Authentication {
  const user = { username, roles: [], fullName: null, email: null, metadata: {}, enabled: true }
  return { user, authenticationRealm: ref, lookupRealm: ref, type: 'realm' }
}

function both({ accessToken, refreshToken = '' }: { accessToken: string; refreshToken?: string }) {
  return { accessToken, refreshToken }
}
