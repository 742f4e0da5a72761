/** The LDAP realm against OpenLDAP's slapd. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLdapRealm } from '../../src/authc/ldap-realm.ts'
import type { PasswordRealm } from '../../src/authc/realms.ts'
import type { MappableUser } from '../../src/authz/role-mapping.ts'
import { createLdapDirectory } from '../../src/net/ldap-directory.ts'
import { createLog } from '../../src/observe/log.ts'
import type { LdapRealmSettings } from '../../src/settings/settings.ts'
import { basic, callApi, reason } from '../support/api-call.ts'
import { OUTBOUND_DEFAULTS } from '../support/outbound.ts'
import { startSecurityServer } from '../support/security-server.ts'
import { ADMIN, BASE, type LdapEntry, type Slapd, startSlapd } from '../support/slapd.ts'
import { until } from '../support/until.ts'

const PEOPLE = `ou=people,${BASE}`
const GROUPS = `ou=groups,${BASE}`
const PASSWORD = 'a good password'

function person(uid: string, dn = `uid=${uid},${PEOPLE}`): LdapEntry {
  const names = { cn: `Name of ${uid}`, sn: uid, mail: `${uid.length}@example.com` }
  return [dn, { objectClass: 'inetOrgPerson', uid, ...names, employeeNumber: '7', userPassword: PASSWORD }]
}

function group(cn: string, ...members: string[]): LdapEntry {
  return [`cn=${cn},${GROUPS}`, { objectClass: 'groupOfNames', cn: cn.replace('\\', ''), member: members }]
}

/** Each would mean something else in a filter or a DN. */
const STRANGE = ['*', 'a*', '(x)', 'back\\slash', 'a)(uid=*', '#hash', 'a,b=c', 'q"uote', 'größe', '<a>;b', 'a+b']

/** As a value in a DN. RFC 4514 §2.4. */
function escapeForDn(text: string): string {
  return text.replaceAll(/[,+"\\<>;=]|^#/g, String.raw`\$&`)
}

let slapd: Slapd
before(async () => {
  const alice = `uid=alice,${PEOPLE}`
  slapd = await startSlapd([
    [PEOPLE, { objectClass: 'organizationalUnit', ou: 'people' }],
    [GROUPS, { objectClass: 'organizationalUnit', ou: 'groups' }],
    person('alice'),
    person('bob'),
    person('many'),
    person('twin', `cn=one,${PEOPLE}`),
    person('twin', `cn=two,${PEOPLE}`),
    ...STRANGE.map((uid) => person(uid, `uid=${escapeForDn(uid)},${PEOPLE}`)),
    group('admins', alice),
    group(String.raw`dev\, ops`, alice, `uid=${escapeForDn('a,b=c')},${PEOPLE}`),
    [`cn=posix,${GROUPS}`, { objectClass: 'posixGroup', cn: 'posix', gidNumber: '1', memberUid: 'alice' }],
    ...Array.from({ length: 1000 }, (_, at) => group(`group-${at}`, `uid=many,${PEOPLE}`)),
  ])
})
after(() => slapd.remove())

interface Opened {
  readonly realm: PasswordRealm
  readonly time: { now: number }
  /** What role mappings were asked about. */
  readonly asked: MappableUser[]
  readonly logged: string[]
}

function openRealm(change: Partial<LdapRealmSettings> = {}): Opened {
  const time = { now: 1000 }
  const asked: MappableUser[] = []
  const logged: string[] = []
  const settings: LdapRealmSettings = {
    name: 'ldap1',
    order: 1,
    urls: [slapd.url],
    bind: ADMIN,
    users: { base: PEOPLE, scope: 'sub_tree', filter: '(uid={0})' },
    groups: { base: GROUPS, scope: 'sub_tree', filter: '(member={0})', userAttribute: undefined },
    attributes: { fullName: 'cn', email: 'mail', groups: 'memberOf', metadata: [] },
    unmappedGroupsAsRoles: false,
    connectTimeout: 5,
    readTimeout: 5,
    searchTimeout: 5,
    cacheTtl: 0,
    trust: { certificateAuthorities: undefined, verificationMode: 'full', tls: OUTBOUND_DEFAULTS.tls },
    ...change,
  }
  const realm = createLdapRealm({
    settings,
    directory: createLdapDirectory(settings),
    roleMappings: {
      async mapRoles(user) {
        asked.push(user)
        return ['mapped']
      },
    },
    clock: () => time.now,
    log: createLog('info', { write: (line) => logged.push(line) }),
  })
  return { realm, time, asked, logged }
}

test('a user gets in with the password of the directory, and is what the directory and the mappings say', async () => {
  const { realm, asked } = openRealm({
    attributes: { fullName: 'CN', email: 'mail', groups: 'memberOf', metadata: ['employeeNumber', 'title'] },
  })
  const dn = `uid=alice,${PEOPLE}`
  const user = await realm.authenticate('alice', PASSWORD)
  const groups = [`cn=admins,${GROUPS}`, `cn=dev\\2C ops,${GROUPS}`]
  assert.deepEqual(user, {
    username: 'alice',
    roles: ['mapped'],
    fullName: 'Name of alice',
    email: '5@example.com',
    metadata: { ldap_dn: dn, ldap_groups: groups, employeeNumber: '7' },
    enabled: true,
  })
  assert.deepEqual(asked, [{ username: 'alice', dn, groups, metadata: user?.metadata, realm: { name: 'ldap1' } }])
})

test('a wrong password, an empty one, an unknown user and an empty name do not get in', async () => {
  const { realm, logged } = openRealm()
  for (const [name, password] of [
    ['alice', 'wrong'],
    ['alice', ''],
    ['carol', PASSWORD],
    ['', PASSWORD],
    ['x'.repeat(2000), PASSWORD],
  ] as const)
    assert.equal(await realm.authenticate(name, password), undefined, name)
  assert.deepEqual(logged, [])
})

for (const name of STRANGE)
  test(`the name [${name}] is that user and nobody else`, async () => {
    const { realm } = openRealm()
    assert.equal((await realm.authenticate(name, PASSWORD))?.fullName, `Name of ${name}`)
    assert.equal(await realm.authenticate(name, 'wrong'), undefined)
  })

test('a name that two entries have gets nobody in, and the log says so', async () => {
  const { realm, logged } = openRealm()
  assert.equal(await realm.authenticate('twin', PASSWORD), undefined)
  assert.match(logged.join(''), /more than one entry was found for a user/)
})

test('a thousand groups are all found', async () => {
  const { realm } = openRealm()
  const user = await realm.authenticate('many', PASSWORD)
  const found = user?.metadata['ldap_groups']
  assert.ok(Array.isArray(found))
  assert.equal(new Set(found).size, 1000)
})

test('groups become roles where the settings say so, by the value of their leaf', async () => {
  const { realm } = openRealm({ unmappedGroupsAsRoles: true })
  assert.deepEqual((await realm.authenticate('alice', PASSWORD))?.roles, ['mapped', 'admins', 'dev, ops'])
})

test('groups may be found by an attribute of the user', async () => {
  const groups = { base: GROUPS, scope: 'one_level', filter: '(memberUid={0})', userAttribute: 'uid' } as const
  const { realm } = openRealm({ groups })
  assert.deepEqual((await realm.authenticate('alice', PASSWORD))?.metadata['ldap_groups'], [`cn=posix,${GROUPS}`])
  assert.deepEqual((await realm.authenticate('bob', PASSWORD))?.metadata['ldap_groups'], [])
})

test('without a search for groups, the attribute of the user names them', async () => {
  const attributes = { fullName: 'cn', email: 'mail', groups: 'employeeNumber', metadata: [] }
  const { realm } = openRealm({ groups: undefined, attributes })
  assert.deepEqual((await realm.authenticate('bob', PASSWORD))?.metadata['ldap_groups'], ['7'])
})

test('the scope of the search counts', async () => {
  const one = openRealm({ users: { base: BASE, scope: 'one_level', filter: '(uid={0})' } })
  assert.equal(await one.realm.authenticate('alice', PASSWORD), undefined)
  const base = openRealm({ users: { base: `uid=alice,${PEOPLE}`, scope: 'base', filter: '(uid={0})' } })
  assert.equal((await base.realm.authenticate('alice', PASSWORD))?.username, 'alice')
})

test('a look-up needs no password', async () => {
  const { realm } = openRealm()
  assert.equal((await realm.lookup('alice'))?.fullName, 'Name of alice')
  assert.equal(await realm.lookup('carol'), undefined)
})

test('over ldaps the own authority is trusted, and no other', async () => {
  const urls = [slapd.secureUrl]
  const trusting = openRealm({
    urls,
    trust: { certificateAuthorities: [slapd.authority], verificationMode: 'full', tls: OUTBOUND_DEFAULTS.tls },
  })
  assert.equal((await trusting.realm.authenticate('alice', PASSWORD))?.username, 'alice')
  const strict = openRealm({ urls })
  assert.equal(await strict.realm.authenticate('alice', PASSWORD), undefined)
  assert.match(strict.logged.join(''), /unable to (?:verify|get)|self-signed/)
})

test('a server that does not answer is passed over for the next one', async () => {
  const { realm } = openRealm({ urls: ['ldap://127.0.0.1:1', slapd.url] })
  assert.equal((await realm.authenticate('alice', PASSWORD))?.username, 'alice')
  assert.equal((await realm.authenticate('alice', PASSWORD))?.username, 'alice')
})

test('times that no timer can hold are very long and not none', async () => {
  const month = 30 * 86_400
  const { realm } = openRealm({ connectTimeout: month, readTimeout: month, searchTimeout: month })
  assert.equal((await realm.authenticate('alice', PASSWORD))?.username, 'alice')
})

test('a server that goes away while several sign in is passed over for each of them', async (t) => {
  const held: Socket[] = []
  const leaving = createServer((socket) => held.push(socket)).listen(0, '127.0.0.1')
  t.after(() => leaving.close())
  await once(leaving, 'listening')
  const { port } = leaving.address() as AddressInfo
  const { realm } = openRealm({ urls: [`ldap://127.0.0.1:${port}`, slapd.url] })
  const signIns = ['alice', 'bob'].map((username) => realm.authenticate(username, PASSWORD))
  await until(() => held.length === 2)
  // The second one finds out when the first one knows the better server already.
  for (const [at, signIn] of signIns.entries()) {
    held[at]?.destroy()
    assert.ok((await signIn) !== undefined)
  }
})

test('while no server answers nobody gets in, and the log says so without the password', async () => {
  const { realm, logged } = openRealm()
  await slapd.stop()
  assert.equal(await realm.authenticate('alice', PASSWORD), undefined)
  assert.match(logged.join(''), /The directory of the realm \[ldap1\] could not be asked/)
  assert.doesNotMatch(logged.join(''), /a good password|admin-password/)
  await slapd.start()
  assert.equal((await realm.authenticate('alice', PASSWORD))?.username, 'alice')
})

test('a wrong password of who searches is the operator’s trouble', async () => {
  const { realm, logged } = openRealm({ bind: { dn: ADMIN.dn, password: 'outdated' } })
  assert.equal(await realm.authenticate('alice', PASSWORD), undefined)
  assert.match(logged.join(''), /could not be asked/)
})

test('what the directory said counts for a while, for the right password only, and roles are always new', async () => {
  const { realm, time, asked } = openRealm({ cacheTtl: 60 })
  await realm.authenticate('alice', PASSWORD)
  await slapd.stop()
  try {
    time.now += 59
    assert.equal((await realm.authenticate('alice', PASSWORD))?.username, 'alice')
    assert.equal(await realm.authenticate('alice', 'wrong'), undefined)
    assert.equal(asked.length, 2)
    time.now += 1
    assert.equal(await realm.authenticate('alice', PASSWORD), undefined)
  } finally {
    await slapd.start()
  }
})

test('what the directory said before the clock was set back counts no more', async () => {
  const { realm, time } = openRealm({ cacheTtl: 60 })
  await realm.authenticate('alice', PASSWORD)
  await slapd.stop()
  try {
    time.now -= 86_400
    assert.equal(await realm.authenticate('alice', PASSWORD), undefined)
  } finally {
    await slapd.start()
  }
})

test('what the directory said is let go when it counts no more', async () => {
  const { realm, time, asked } = openRealm({ cacheTtl: 60 })
  await realm.authenticate('alice', PASSWORD)
  const said = new WeakRef(asked[0]?.groups ?? assert.fail('nobody was asked'))
  asked.length = 0
  time.now += 60
  await realm.authenticate('bob', PASSWORD)
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  assert.equal(said.deref(), undefined)
})

test('a cleared cache asks the directory again', async () => {
  const { realm } = openRealm({ cacheTtl: 60 })
  await realm.authenticate('alice', PASSWORD)
  await realm.authenticate('bob', PASSWORD)
  realm.clearCache?.(['alice'])
  await slapd.stop()
  try {
    assert.equal(await realm.authenticate('alice', PASSWORD), undefined)
    assert.equal((await realm.authenticate('bob', PASSWORD))?.username, 'bob')
    realm.clearCache?.()
    assert.equal(await realm.authenticate('bob', PASSWORD), undefined)
  } finally {
    await slapd.start()
  }
})

test('a filter that cannot be used stops the start', () => {
  assert.throws(() => openRealm({ users: { base: PEOPLE, scope: 'sub_tree', filter: '(uid={0}' } }), {
    message: 'the filter [(uid={0}] cannot be used',
  })
})

test('thirty sign-ins at once all get in', async () => {
  const { realm } = openRealm()
  const users = await Promise.all(Array.from({ length: 30 }, () => realm.authenticate('bob', PASSWORD)))
  assert.ok(users.every((user) => user?.username === 'bob'))
})

test('the program lets users of the directory in, maps their roles, forgets them when told, and says who they are', async (t) => {
  const prefix = 'xpack.security.authc.realms.ldap.ldap1'
  const address = await startSecurityServer(t, {
    settings: `
${prefix}.order: 1
${prefix}.url: '${slapd.secureUrl}'
${prefix}.bind_dn: '${ADMIN.dn}'
${prefix}.user_search.base_dn: '${PEOPLE}'
${prefix}.group_search.base_dn: '${GROUPS}'
${prefix}.ssl.certificate_authorities: ldap-ca.crt
`,
    secrets: { [`${prefix}.secure_bind_password`]: ADMIN.password },
    files: { 'ldap-ca.crt': slapd.authority },
  })
  const elastic = basic('elastic', 'elastic-password')
  const rules = { field: { groups: `cn=admins,${GROUPS}` } }
  const mapping = { enabled: true, roles: ['superuser'], rules }
  await callApi(address, '/_security/role_mapping/admins', { authorization: elastic, body: mapping })

  const alice = basic('alice', PASSWORD)
  const who = await callApi(address, '/_security/_authenticate', { authorization: alice })
  const realm = { name: 'ldap1', type: 'ldap' }
  assert.equal(who.status, 200)
  assert.partialDeepStrictEqual(who.body, { username: 'alice', roles: ['superuser'], authentication_realm: realm })
  assert.equal((await callApi(address, '/_security/user', { authorization: alice })).status, 200)
  assert.equal((await callApi(address, '/_security/user', { authorization: basic('alice', 'wrong') })).status, 401)
  assert.equal((await callApi(address, '/_security/user', { authorization: basic('bob', PASSWORD) })).status, 403)

  const body = { password: 'a-new-password' }
  const own = await callApi(address, '/_security/user/_password', { authorization: alice, body })
  assert.equal(
    reason(own),
    'Validation Failed: 1: user [alice] is a(n)ldap user and cannot be managed via this API.;',
    'the directory keeps the password',
  )

  await slapd.stop()
  try {
    assert.equal((await callApi(address, '/', { authorization: alice })).status, 200)
    const cleared = await callApi(address, '/_security/realm/ldap1/_clear_cache', {
      method: 'POST',
      authorization: elastic,
    })
    assert.equal(cleared.status, 200)
    assert.equal((await callApi(address, '/', { authorization: alice })).status, 401)
    assert.equal((await callApi(address, '/', { authorization: elastic })).status, 200)
  } finally {
    await slapd.start()
  }
})
