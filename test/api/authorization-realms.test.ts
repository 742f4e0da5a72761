/** Users whom an OpenID Provider vouches for, and whom another realm knows. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { User } from '../../src/authc/authentication.ts'
import { createLdapRealm } from '../../src/authc/ldap-realm.ts'
import { createNativeRealm } from '../../src/authc/native-realm.ts'
import type { PasswordRealm } from '../../src/authc/realms.ts'
import { readUserRequest } from '../../src/authc/user-request.ts'
import { createLdapDirectory } from '../../src/net/ldap-directory.ts'
import { createLog } from '../../src/observe/log.ts'
import { openRealmBench, type RealmBench } from '../support/oidc-realm.ts'
import { OUTBOUND_DEFAULTS } from '../support/outbound.ts'
import { ADMIN, BASE, type Slapd, startSlapd } from '../support/slapd.ts'
import { openTemporaryStore } from '../support/temporary-store.ts'

let slapd: Slapd
before(async () => {
  slapd = await startSlapd([
    [
      `uid=bob,${BASE}`,
      { objectClass: 'inetOrgPerson', uid: 'bob', cn: 'Bob of LDAP', sn: 'b', mail: 'bob@ldap.example' },
    ],
  ])
})
after(() => slapd.remove())

function openLdap(): PasswordRealm {
  const settings = {
    name: 'ldap1',
    order: 2,
    urls: [slapd.url],
    bind: ADMIN,
    users: { base: BASE, scope: 'sub_tree', filter: '(uid={0})' },
    groups: undefined,
    attributes: { fullName: 'cn', email: 'mail', groups: 'memberOf', metadata: [] },
    unmappedGroupsAsRoles: false,
    connectTimeout: 5,
    readTimeout: 5,
    searchTimeout: 5,
    cacheTtl: 0,
    trust: { certificateAuthorities: undefined, verificationMode: 'full', tls: OUTBOUND_DEFAULTS.tls },
  } as const
  return createLdapRealm({
    settings,
    directory: createLdapDirectory(settings),
    roleMappings: { mapRoles: async ({ realm }) => [`mapped by ${realm.name}`] },
    clock: () => 0,
    log: createLog('silent'),
  })
}

/** Logs in as somebody whose claims say more than a name. */
function logIn(bench: RealmBench, sub: string, authorizationRealms: readonly PasswordRealm[]) {
  const realm = bench.openRealm({ authorizationRealms })
  return bench
    .begin(realm, { claims: { sub, name: 'Name of the claims', groups: ['finance-team'] } })
    .then((login) => bench.finish(realm, login))
}

test('the user is taken whole from the realm that knows it, and the realm of the login stays', async (t) => {
  await using bench = await openRealmBench()
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  const body = { password: 'alices-password', roles: ['r1'], full_name: 'Alice of here', metadata: { team: 'blue' } }
  await native.putUser('alice', readUserRequest('alice', body))
  const { user, ...realms } = await logIn(bench, 'alice', [openLdap(), native])
  assert.deepEqual(user, {
    username: 'alice',
    roles: ['r1'],
    fullName: 'Alice of here',
    email: null,
    metadata: { team: 'blue' },
    enabled: true,
  } satisfies User)
  assert.deepEqual(bench.mapped, [], 'the mappings are not asked')
  const oidc1 = { name: 'oidc1', type: 'oidc' }
  assert.partialDeepStrictEqual(realms, { authenticationRealm: oidc1, lookupRealm: oidc1 })
})

test('a user of the directory has what the directory and its mappings say', async () => {
  await using bench = await openRealmBench()
  const { user } = await logIn(bench, 'bob', [openLdap()])
  assert.deepEqual(user, {
    username: 'bob',
    roles: ['mapped by ldap1'],
    fullName: 'Bob of LDAP',
    email: 'bob@ldap.example',
    metadata: { ldap_dn: `uid=bob,${BASE}`, ldap_groups: [] },
    enabled: true,
  } satisfies User)
})

test('somebody whom no realm knows does not get in, although the provider vouches', async (t) => {
  await using bench = await openRealmBench()
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  await assert.rejects(logIn(bench, 'carol', [native, openLdap()]), {
    reason: 'delegate_not_found',
    message:
      'the principal [carol] was authenticated, but no user could be found in realms [native/default_native,ldap/ldap1]',
  })
})

test('a disabled user does not get in', async (t) => {
  await using bench = await openRealmBench()
  const native = createNativeRealm({ store: await openTemporaryStore(t) })
  const body = { password: 'alices-password', roles: [], enabled: false }
  await native.putUser('alice', readUserRequest('alice', body))
  await assert.rejects(logIn(bench, 'alice', [native]), {
    reason: 'delegate_not_found',
    message: 'the user [alice] of the realm [default_native] is disabled',
  })
})

test('while the directory is away nobody gets in by it', async () => {
  await using bench = await openRealmBench()
  await slapd.stop()
  try {
    await assert.rejects(logIn(bench, 'bob', [openLdap()]), { reason: 'delegate_not_found' })
  } finally {
    await slapd.start()
  }
})
