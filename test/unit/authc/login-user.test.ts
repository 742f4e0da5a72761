/** The user of a login after it: what its tokens keep, and what they leave out. */
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { createNativeRealm } from '../../../src/authc/native-realm.ts'
import { createOidcLogin } from '../../../src/authc/oidc-login.ts'
import { createTokenService } from '../../../src/authc/token-service.ts'
import { readUserRequest } from '../../../src/authc/user-request.ts'
import { systemClock } from '../../../src/kernel/clock.ts'
import { createSealer } from '../../../src/kernel/sealer.ts'
import { createLog } from '../../../src/observe/log.ts'
import { openRealmBench, type RealmBench, type RealmChange } from '../../support/oidc-realm.ts'
import { openTemporaryStore } from '../../support/temporary-store.ts'

const ref = { name: 'default_native', type: 'native' }
const user = { username: 'facilitator', roles: [], fullName: null, email: null, metadata: {}, enabled: true }
const client = { user, authenticationRealm: ref, lookupRealm: ref, type: 'realm' } as const

/** Logs in as the API does, with tokens in a store. */
async function logIn(t: TestContext, bench: RealmBench, change: RealmChange = {}) {
  const store = await openTemporaryStore(t)
  const sealer = createSealer(['a secret of the tests'])
  const tokens = createTokenService({ store, sealer, clock: systemClock, accessLifetime: 1200, enabled: true })
  const realm = bench.openRealm(change)
  const service = createOidcLogin({ realms: [realm], tokens, log: createLog('silent') })
  const { state, nonce } = await bench.begin(realm, {
    claims: { groups: ['finance-team'], name: 'Name of the claims' },
  })
  const response = { redirectUri: `/cb?code=c-1&state=${state}`, state, nonce }
  return { service, tokens, issued: await service.login(response, { client, requestId: 'request-1' }) }
}

test('role mappings are asked once, at the login; the tokens keep the names of the roles until they end', async (t) => {
  await using bench = await openRealmBench()
  const { tokens, issued } = await logIn(t, bench)
  const refreshed = await tokens.refresh(issued.refreshToken ?? '', client)
  for (const { accessToken } of [issued, refreshed]) {
    assert.deepEqual((await tokens.authenticate(accessToken)).user.roles, ['finance_data'])
  }
  assert.equal(bench.mapped.length, 1)
})

test('a user who is looked up elsewhere has nothing of the claims, and can sign out at the provider all the same', async (t) => {
  await using bench = await openRealmBench()
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  await native.putUser('alice', readUserRequest('alice', { password: 'alices-password', roles: ['r1'] }))
  const { service, tokens, issued } = await logIn(t, bench, { authorizationRealms: [native] })
  const { user: found } = await tokens.authenticate(issued.accessToken)
  assert.deepEqual([found.roles, found.fullName, found.metadata], [['r1'], null, {}])
  assert.deepEqual(bench.mapped, [])
  const url = new URL((await service.logout({ accessToken: issued.accessToken })) ?? '')
  assert.match(url.searchParams.get('id_token_hint') ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/)
})
