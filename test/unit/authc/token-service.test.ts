import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Authentication } from '../../../src/authc/authentication.ts'
import { createTokenService } from '../../../src/authc/token-service.ts'
import { readToken } from '../../../src/authc/token-string.ts'
import { SecurityError } from '../../../src/kernel/errors.ts'
import { createSealer } from '../../../src/kernel/sealer.ts'
import { createEmbeddedStore } from '../../../src/store/embedded.ts'
import type { Store } from '../../../src/store/store.ts'

const LIFETIME = 1200
const DAY = 24 * 3600
const sealer = createSealer(['a secret of the tests'])
let directory: string
let store: Store
let now = 1_800_000_000
const clock = () => now

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ostiary-tokens-'))
  store = await createEmbeddedStore({ directory: join(directory, 'data'), clock })
})
after(async () => {
  await store.close()
  await rm(directory, { recursive: true })
})

const tokens = () => createTokenService({ store, sealer, clock, accessLifetime: LIFETIME, enabled: true })

function buildAuthentication(username: string, realm = { name: 'default_native', type: 'native' }): Authentication {
  return {
    user: { username, roles: ['r1', 'r2'], fullName: 'A. Name', email: null, metadata: { a: [1] }, enabled: true },
    authenticationRealm: realm,
    lookupRealm: realm,
    type: 'realm',
  }
}
const client = buildAuthentication('facilitator')

function issue(username = 'alice', more: { idToken?: string } = {}) {
  return tokens().issue({ authentication: buildAuthentication(username), client, withRefreshToken: true, ...more })
}

async function issueWithRefresh(username?: string) {
  const issued = await issue(username)
  return { ...issued, refreshToken: issued.refreshToken ?? assert.fail('no refresh token') }
}

const idOf = (token: string) => {
  const parts = readToken(token)
  return typeof parts === 'object' ? parts.id : assert.fail('not a token of ours')
}

// ---- issuing and checking ------------------------------------------------------------------------------------------

test('an access token brings back the whole authentication of its login, now by token', async () => {
  const { accessToken, expiresIn, authentication } = await issue()
  assert.equal(expiresIn, LIFETIME)
  assert.equal(authentication.type, 'realm')
  assert.deepEqual(await tokens().authenticate(accessToken), { ...buildAuthentication('alice'), type: 'token' })
})

test('an access token is good through the second of its expiry, and expired after it', async () => {
  const { accessToken } = await issue()
  now += LIFETIME
  await tokens().authenticate(accessToken)
  now += 1
  await assert.rejects(tokens().authenticate(accessToken), { reason: 'token_expired' })
})

test('an invalidated access token is refused with the reason of an expired one', async () => {
  const { accessToken } = await issue()
  const side = await tokens().locate('access', accessToken)
  await tokens().invalidate([side ?? assert.fail()])
  await assert.rejects(tokens().authenticate(accessToken), { reason: 'token_expired' })
})

test('a refresh token is no access token, and a token with another secret is none', async () => {
  const { accessToken, refreshToken } = await issueWithRefresh()
  const bytes = Buffer.from(accessToken, 'base64')
  bytes[41] = (bytes[41] ?? 0) ^ 1
  for (const token of [refreshToken, bytes.toString('base64'), 'garbage', '46ToAxYzNUdPZWdYOFRQcWhjeHR3NWpvTmVB']) {
    await assert.rejects(tokens().authenticate(token), { reason: 'token_unknown' })
  }
})

test('the record of a pair outlives its 24 h by half an hour, so that its bearer learns of the expiry', async () => {
  const { accessToken } = await issue()
  now += DAY + 1799
  await assert.rejects(tokens().authenticate(accessToken), { reason: 'token_expired' })
  now += 2
  await assert.rejects(tokens().authenticate(accessToken), { reason: 'token_unknown' })
})

test('ids grow with time', async () => {
  const first = await issue()
  now += 1
  const second = await issue()
  assert.ok(idOf(second.accessToken) > idOf(first.accessToken))
})

test('neither a token nor an ID token is in the files of the store', async () => {
  const idToken = 'header.an-id-token-that-must-not-be-on-disk.signature'
  const { accessToken, refreshToken = '' } = await issue('alice', { idToken })
  const files = ['ostiary.db', 'ostiary.db-wal'].map((file) => readFile(join(directory, 'data', file), 'latin1'))
  const disk = (await Promise.all(files)).join('')
  const secretOf = (token: string) => Buffer.from(token, 'base64').subarray(10).toString('latin1')
  assert.ok(disk.includes('A. Name'), 'the record itself was found')
  for (const secret of [accessToken, refreshToken, secretOf(accessToken), secretOf(refreshToken), idToken]) {
    assert.ok(!disk.includes(secret))
  }
})

test('a pair without refresh token has none', async () => {
  const issued = await tokens().issue({ authentication: client, client, withRefreshToken: false })
  assert.equal(issued.refreshToken, undefined)
  assert.deepEqual(await tokens().invalidateOf({ username: 'facilitator' }), { invalidated: 1, previously: 0 })
})

test('a response of an OpenID Provider is worth one pair, whoever wins', async () => {
  const response = { key: new Uint8Array(32).fill(9), keepUntil: now + 600 }
  const attempts = await Promise.allSettled(
    Array.from({ length: 8 }, () =>
      tokens().issue({ authentication: client, client, withRefreshToken: true, response }),
    ),
  )
  const lost = attempts.filter((attempt) => attempt.status === 'rejected')
  assert.equal(lost.length, 7)
  for (const { reason } of lost) assert.equal((reason as SecurityError).reason, 'response_replayed')
})

test('a service that is switched off issues, refreshes and invalidates nothing', async () => {
  const { accessToken, refreshToken } = await issueWithRefresh()
  const off = createTokenService({ store, sealer, clock, accessLifetime: LIFETIME, enabled: false })
  const disabled = { reason: 'tokens_disabled' }
  await assert.rejects(off.issue({ authentication: client, client, withRefreshToken: true }), disabled)
  await assert.rejects(off.refresh(refreshToken, client), disabled)
  await assert.rejects(off.locate('access', accessToken), disabled)
  await assert.rejects(off.invalidateOf({ username: 'alice' }), disabled)
  await assert.rejects(off.authenticate(accessToken), { reason: 'credentials_rejected' })
})

// ---- refreshing ----------------------------------------------------------------------------------------------------

test('a refresh gives a new pair for the same login, and leaves the old access token alive', async () => {
  const old = await issueWithRefresh()
  const fresh = await tokens().refresh(old.refreshToken, client)
  assert.notEqual(fresh.accessToken, old.accessToken)
  assert.deepEqual(fresh.authentication, { ...buildAuthentication('alice'), type: 'token' })
  assert.equal(fresh.expiresIn, LIFETIME)
  await tokens().authenticate(old.accessToken)
  await tokens().authenticate(fresh.accessToken)
  await tokens().refresh(fresh.refreshToken ?? '', client)
})

test('a refresh whose new id is taken takes another one', async () => {
  const old = await issueWithRefresh()
  const ids: bigint[] = []
  const supersede: Store['tokens']['supersede'] = async (id, at, superseding, successor) => {
    // As if another node had made a pair with the same 21 random bits in the same millisecond.
    if (ids.push(successor.id) === 1) await store.tokens.create({ ...successor, username: 'bob' })
    return store.tokens.supersede(id, at, superseding, successor)
  }
  const crowded = { tokens: { ...store.tokens, supersede } }
  const service = createTokenService({ store: crowded, sealer, clock, accessLifetime: LIFETIME, enabled: true })
  const fresh = await service.refresh(old.refreshToken, client)
  assert.equal(ids.length, 2)
  assert.equal((await tokens().authenticate(fresh.accessToken)).user.username, 'alice')
  assert.equal((await store.tokens.find(ids[0] ?? 0n))?.username, 'bob')
  assert.deepEqual(await tokens().refresh(old.refreshToken, client), fresh)
})

test('a refresh repeated within 30 s gets exactly the same pair, later nothing', async () => {
  const old = await issueWithRefresh()
  const first = await tokens().refresh(old.refreshToken, client)
  now += 30
  assert.deepEqual(await tokens().refresh(old.refreshToken, client), first)
  now += 1
  await assert.rejects(
    tokens().refresh(old.refreshToken, client),
    refusal('token has already been refreshed more than 30 seconds in the past'),
  )
})

test('a clock that is more than 30 s behind the first refresh is told', async () => {
  const old = await issueWithRefresh()
  now += 60
  await tokens().refresh(old.refreshToken, client)
  now -= 31
  await assert.rejects(
    tokens().refresh(old.refreshToken, client),
    refusal('token has been refreshed more than 30 seconds in the future, clock skew too great'),
  )
  now += 31
})

test('of eight refreshes at once all get the one new pair', async () => {
  const old = await issueWithRefresh('racer')
  const fresh = await Promise.all(Array.from({ length: 8 }, () => tokens().refresh(old.refreshToken, client)))
  assert.equal(new Set(fresh.map(({ accessToken }) => accessToken)).size, 1)
  assert.equal(new Set(fresh.map(({ refreshToken }) => refreshToken)).size, 1)
  const alive = await store.tokens.findAlive({ username: 'racer' }, now, { limit: 10 })
  assert.equal(alive.length, 2)
})

test('a repeated refresh gives the same pair even if that was invalidated meanwhile', async () => {
  const old = await issueWithRefresh()
  const fresh = await tokens().refresh(old.refreshToken, client)
  const side = (await tokens().locate('access', fresh.accessToken)) ?? assert.fail()
  await tokens().invalidate([side])
  assert.equal((await tokens().refresh(old.refreshToken, client)).accessToken, fresh.accessToken)
})

test('what is no refresh token of ours cannot be refreshed', async () => {
  const { accessToken } = await issue()
  for (const token of ['garbage', accessToken, '46ToAxYzNUdPZWdYOFRQcWhjeHR3NWpvTmVB']) {
    await assert.rejects(tokens().refresh(token, client), refusal('could not refresh the requested token'))
  }
})

test('a refresh token lives 24 h, whether or not its access token does', async () => {
  const { refreshToken } = await issueWithRefresh()
  now += DAY
  const { refreshToken: next = '' } = await tokens().refresh(refreshToken, client)
  now += DAY + 1
  await assert.rejects(tokens().refresh(next, client), refusal('token document has expired'))
})

test('an invalidated refresh token is refused, an invalidated access token does not stop its refresh token', async () => {
  const pair = await issueWithRefresh()
  await tokens().invalidate([(await tokens().locate('access', pair.accessToken)) ?? assert.fail()])
  await tokens().refresh(pair.refreshToken, client)
  const other = await issueWithRefresh()
  await tokens().invalidate([(await tokens().locate('refresh', other.refreshToken)) ?? assert.fail()])
  await tokens().authenticate(other.accessToken)
  await assert.rejects(tokens().refresh(other.refreshToken, client), refusal('token has been invalidated'))
})

test('only the client that got the pair may refresh it: the same name in the same realm', async () => {
  const { refreshToken } = await issueWithRefresh()
  const strangers = [
    buildAuthentication('somebody'),
    buildAuthentication('facilitator', { name: 'reserved', type: 'reserved' }),
  ]
  for (const stranger of strangers) {
    await assert.rejects(
      tokens().refresh(refreshToken, stranger),
      refusal('tokens must be refreshed by the creating client'),
    )
  }
  const renamed = buildAuthentication('facilitator', { name: 'renamed', type: 'native' })
  await tokens().refresh(refreshToken, renamed)
})

test('of a realm type that may occur several times, the name counts as well', async () => {
  const ours = buildAuthentication('app', { name: 'oidc1', type: 'oidc' })
  const issued = await tokens().issue({ authentication: ours, client: ours, withRefreshToken: true })
  const other = buildAuthentication('app', { name: 'oidc2', type: 'oidc' })
  await assert.rejects(
    tokens().refresh(issued.refreshToken ?? '', other),
    refusal('tokens must be refreshed by the creating client'),
  )
})

test('the first rule that is broken decides what is told', async () => {
  const { refreshToken } = await issueWithRefresh()
  await tokens().refresh(refreshToken, client)
  now += 31
  // Repeated too late, and by a stranger: the stranger is told first. Then invalidated as well, which comes before.
  const stranger = buildAuthentication('somebody')
  await assert.rejects(
    tokens().refresh(refreshToken, stranger),
    refusal('tokens must be refreshed by the creating client'),
  )
  await tokens().invalidate([(await tokens().locate('refresh', refreshToken)) ?? assert.fail()])
  await assert.rejects(tokens().refresh(refreshToken, stranger), refusal('token has been invalidated'))
})

test('the ID token and who it is about go on to every successor', async () => {
  const subject = { issuer: 'https://op.example', subject: 'alice', sessionId: 'sid-1' }
  const login = {
    authentication: buildAuthentication('alice'),
    client,
    withRefreshToken: true,
    idToken: 'a.b.c',
    subject,
  }
  const { refreshToken = '' } = await tokens().issue(login)
  const fresh = await tokens().refresh(refreshToken, client)
  assert.equal((await tokens().findLogin(fresh.accessToken)).login?.openIdToken(), 'a.b.c')
  assert.equal((await store.tokens.findAlive({ subject }, now, { limit: 10 })).length, 2)
})

test('while the store is away a refresh says that it could not be done, and a check that it cannot say', async () => {
  const away = () => Promise.reject(new SecurityError('store_unavailable', 'the store is away'))
  const { accessToken, refreshToken } = await issueWithRefresh()
  const lame = createTokenService({
    store: { tokens: { ...store.tokens, find: away, findAccess: away } },
    sealer,
    clock,
    accessLifetime: LIFETIME,
    enabled: true,
  })
  await assert.rejects(lame.refresh(refreshToken, client), refusal('could not refresh the requested token'))
  await assert.rejects(lame.authenticate(accessToken), { reason: 'store_unavailable' })
})

test('a record that was damaged is told as that', async () => {
  const { accessToken } = await issue()
  const pair = (await store.tokens.find(idOf(accessToken))) ?? assert.fail()
  const damaged = { ...pair, authentication: { user: { username: 'alice' } } }
  const lame = createTokenService({
    store: { tokens: { ...store.tokens, findAccess: () => Promise.resolve(damaged) } },
    sealer,
    clock,
    accessLifetime: LIFETIME,
    enabled: true,
  })
  await assert.rejects(lame.authenticate(accessToken), { reason: 'record_damaged' })
})

// ---- invalidating --------------------------------------------------------------------------------------------------

test('an expired token is known as one for as long as the settings say, then it is unknown', async () => {
  const brief = createTokenService({ store, sealer, clock, accessLifetime: LIFETIME, removalDelay: 60, enabled: true })
  const authentication = buildAuthentication('alice')
  const { accessToken } = await brief.issue({ authentication, client, withRefreshToken: true })
  const start = now
  now = start + DAY + 59
  await assert.rejects(brief.authenticate(accessToken), { reason: 'token_expired' })
  now = start + DAY + 61
  await assert.rejects(brief.authenticate(accessToken), { reason: 'token_unknown' })
  now = start
})

test('each side of a pair is invalidated once and counted apart', async () => {
  const { accessToken, refreshToken } = await issueWithRefresh()
  const access = (await tokens().locate('access', accessToken)) ?? assert.fail()
  const refresh = (await tokens().locate('refresh', refreshToken)) ?? assert.fail()
  assert.deepEqual(await tokens().invalidate([access]), { invalidated: 1, previously: 0 })
  assert.deepEqual(await tokens().invalidate([refresh, access]), { invalidated: 1, previously: 1 })
  assert.deepEqual(await tokens().invalidate([refresh, access]), { invalidated: 0, previously: 2 })
})

test('a token taken for the other kind is not found', async () => {
  const { accessToken, refreshToken } = await issueWithRefresh()
  assert.equal(await tokens().locate('refresh', accessToken), undefined)
  assert.equal(await tokens().locate('access', refreshToken), undefined)
})

test('all of a user in a realm are invalidated, page after page', async () => {
  await Promise.all(Array.from({ length: 501 }, () => issue('many')))
  await issue('other')
  assert.deepEqual(await tokens().invalidateOf({ realm: 'elsewhere', username: 'many' }), {
    invalidated: 0,
    previously: 0,
  })
  assert.deepEqual(await tokens().invalidateOf({ realm: 'default_native', username: 'many' }), {
    invalidated: 1002,
    previously: 0,
  })
  assert.deepEqual(await tokens().invalidateOf({ username: 'many' }), { invalidated: 0, previously: 0 })
  assert.deepEqual(await tokens().invalidateOf({ username: 'other' }), { invalidated: 2, previously: 0 })
})

test('a pair whose record outlives its refresh token does not count as alive', async () => {
  const start = now
  await issueWithRefresh()
  now = start + DAY + 1
  assert.deepEqual(await tokens().invalidateOf({ username: 'alice' }), { invalidated: 0, previously: 0 })
  await issueWithRefresh()
  assert.deepEqual(await tokens().invalidateOf({ username: 'alice' }), { invalidated: 2, previously: 0 })
  now = start
})

test('a login that is refreshed while all of its user are invalidated does not escape as a new pair', async () => {
  let newest = await issueWithRefresh('elusive')
  let refreshes = 0
  const elusive: Store = {
    ...store,
    tokens: {
      ...store.tokens,
      // Two refreshes are under way at the worst moment: between what is found and its end.
      async findAlive(...search) {
        const found = await store.tokens.findAlive(...search)
        if (++refreshes > 2) return found
        const { accessToken, refreshToken = assert.fail() } = await tokens().refresh(newest.refreshToken, client)
        newest = { ...newest, accessToken, refreshToken }
        return found
      },
    },
  }
  const service = createTokenService({ store: elusive, sealer, clock, accessLifetime: LIFETIME, enabled: true })
  assert.deepEqual(await service.invalidateOf({ username: 'elusive' }), { invalidated: 6, previously: 0 })
  await assert.rejects(tokens().authenticate(newest.accessToken), { reason: 'token_expired' })
  await assert.rejects(tokens().refresh(newest.refreshToken, client), refusal('token has been invalidated'))
})

test('a side that was invalidated before counts as that, if the other one is alive', async () => {
  const { accessToken } = await issue('half')
  await tokens().invalidate([(await tokens().locate('access', accessToken)) ?? assert.fail()])
  assert.deepEqual(await tokens().invalidateOf({ username: 'half' }), { invalidated: 1, previously: 1 })
})

function refusal(description: string) {
  return { reason: 'grant_invalid', message: description }
}
