/** Elasticsearch's JavaScript client, every method of its `security` namespace that has an endpoint here. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, errors } from '@elastic/elasticsearch'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const password = 'the-password'
let api: RestApi
let client: Client

before(async () => {
  api = await startRestApi()
  client = new Client({ node: api.address, auth: { username: 'elastic', password: BOOTSTRAP_PASSWORD } })
})
after(async () => {
  await client.close()
  await api.close()
})

test('the cluster', async () => {
  assert.equal((await client.info()).version.build_flavor, 'default')
  assert.equal(await client.ping(), true)
  assert.equal((await client.cluster.health()).timed_out, false)
})

test('users', async () => {
  const { security } = client
  assert.deepEqual(await security.putUser({ username: 'joe', password, roles: ['r'], full_name: 'Joe' }), {
    created: true,
  })
  assert.equal((await security.getUser({ username: ['joe', 'elastic'] }))['joe']?.full_name, 'Joe')
  assert.ok('kibana_system' in (await security.getUser()))
  assert.deepEqual(await security.changePassword({ username: 'joe', password: 'another-password' }), {})
  assert.deepEqual(await security.disableUser({ username: 'joe' }), {})
  const joe = new Client({ node: api.address, auth: { username: 'joe', password: 'another-password' } })
  await assert.rejects(joe.security.authenticate(), isAnswer(401))
  assert.deepEqual(await security.enableUser({ username: 'joe' }), {})
  assert.equal((await joe.security.authenticate()).username, 'joe')
  const found = await security.queryUser({ query: { term: { username: 'joe' } }, sort: ['username'] })
  assert.deepEqual([found.total, found.users[0]?.username], [1, 'joe'])
  assert.deepEqual(await security.deleteUser({ username: 'joe' }), { found: true })
  await assert.rejects(security.getUser({ username: 'joe' }), isAnswer(404))
  await joe.close()
})

test('roles', async () => {
  const { security } = client
  const role = { cluster: ['monitor' as const], indices: [{ names: ['logs-*'], privileges: ['read' as const] }] }
  assert.deepEqual(await security.putRole({ name: 'one', ...role }), { role: { created: true } })
  assert.deepEqual((await security.getRole({ name: 'one' }))['one']?.cluster, ['monitor'])
  assert.deepEqual(await security.bulkPutRole({ roles: { one: role, two: role } }), { noop: ['one'], created: ['two'] })
  const found = await security.queryRole({ query: { prefix: { name: 't' } } })
  assert.deepEqual([found.total, found.roles[0]?.name], [1, 'two'])
  assert.deepEqual(await security.bulkDeleteRole({ names: ['two', 'nothing'] }), {
    deleted: ['two'],
    not_found: ['nothing'],
  })
  assert.deepEqual(await security.deleteRole({ name: 'one' }), { found: true })
})

test('role mappings', async () => {
  const { security } = client
  const mapping = { roles: ['r'], enabled: true, rules: { field: { groups: 'finance-team' } } }
  assert.deepEqual(await security.putRoleMapping({ name: 'm', ...mapping }), { role_mapping: { created: true } })
  assert.deepEqual((await security.getRoleMapping({ name: 'm' }))['m']?.roles, ['r'])
  assert.deepEqual(await security.deleteRoleMapping({ name: 'm' }), { found: true })
})

test('privileges', async () => {
  const { security } = client
  const privileges = { myapp: { read: { actions: ['data:read/*'] } } }
  assert.deepEqual(await security.putPrivileges({ privileges }), { myapp: { read: { created: true } } })
  const shown = await security.getPrivileges({ application: 'myapp', name: 'read' })
  assert.deepEqual(shown['myapp']?.['read'], {
    application: 'myapp',
    name: 'read',
    actions: ['data:read/*'],
    metadata: {},
  })
  const application = [{ application: 'myapp', privileges: ['read'], resources: ['*'] }]
  const checked = await security.hasPrivileges({ cluster: ['all'], application })
  assert.equal(checked.has_all_requested, true)
  assert.equal((await security.hasPrivileges({ user: 'elastic', cluster: ['all'] })).username, 'elastic')
  assert.deepEqual((await security.getUserPrivileges()).run_as, ['*'])
  assert.ok((await security.getBuiltinPrivileges()).cluster.includes('manage_oidc'))
  const removed = await security.deletePrivileges({ application: 'myapp', name: 'read' })
  assert.deepEqual(removed, { myapp: { read: { found: true } } })
})

test('caches', async () => {
  const { security } = client
  const answers = [
    await security.clearCachedRealms({ realms: '*', usernames: ['joe'] }),
    await security.clearCachedRoles({ name: ['a', 'b'] }),
    await security.clearCachedPrivileges({ application: 'myapp' }),
  ]
  for (const { _nodes: nodes } of answers) assert.equal(nodes.successful, 1)
})

test('tokens and who one is', async () => {
  const { security } = client
  const issued = await security.getToken({ grant_type: 'password', username: 'elastic', password: BOOTSTRAP_PASSWORD })
  const bearer = new Client({ node: api.address, auth: { bearer: issued.access_token } })
  assert.equal((await bearer.security.authenticate()).authentication_type, 'token')
  assert.equal((await security.invalidateToken({ username: 'elastic' })).invalidated_tokens, 2)
  await assert.rejects(bearer.security.authenticate(), isAnswer(401))
  await bearer.close()
})

test('the OpenID Connect calls, of which the last two say what is wrong', async () => {
  const { security } = client
  await assert.rejects(security.oidcPrepareAuthentication({ realm: 'nowhere' }), isAnswer(400))
  await assert.rejects(
    security.oidcAuthenticate({ nonce: 'n', state: 's', redirect_uri: 'https://x/?code=c' }),
    isAnswer(401),
  )
  await assert.rejects(security.oidcLogout({ token: 'garbage' }), isAnswer(400))
})

/** What the client has methods for, by whether there is an endpoint here. */
const SERVED = `
  authenticate getToken invalidateToken oidcPrepareAuthentication oidcAuthenticate oidcLogout
  getUser putUser deleteUser changePassword enableUser disableUser queryUser
  getRole putRole deleteRole bulkPutRole bulkDeleteRole queryRole getRoleMapping putRoleMapping deleteRoleMapping
  getPrivileges putPrivileges deletePrivileges getBuiltinPrivileges hasPrivileges getUserPrivileges
  clearCachedRealms clearCachedRoles clearCachedPrivileges`
const NOT_OFFERED = {
  'API keys': `
    createApiKey getApiKey queryApiKeys updateApiKey bulkUpdateApiKeys invalidateApiKey grantApiKey cloneApiKey
    clearApiKeyCache createCrossClusterApiKey updateCrossClusterApiKey`,
  'service accounts': `
    getServiceAccounts getServiceCredentials createServiceToken deleteServiceToken clearCachedServiceTokens`,
  'user profiles': `
    activateUserProfile getUserProfile suggestUserProfiles updateUserProfileData enableUserProfile disableUserProfile
    hasPrivilegesUserProfile`,
  SAML: `
    samlPrepareAuthentication samlAuthenticate samlLogout samlInvalidate samlCompleteLogout samlServiceProviderMetadata`,
  PKI: 'delegatePki',
  'enrolment of nodes': 'enrollNode enrollKibana',
  'settings and statistics of indices': 'getSettings updateSettings getStats',
}

test('every method of the client is served, or is of a kind that is not offered', async () => {
  const { prototype } = client.security.constructor
  const methods = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')
  const split = (names: string) => names.trim().split(/\s+/)
  const served = split(SERVED)
  const notOffered = Object.values(NOT_OFFERED).flatMap((names) => split(names))
  assert.deepEqual([...served, ...notOffered].toSorted(), methods.toSorted())
  // Enough for any path; what else they lack or have too much is for the route to say.
  const names = ['name', 'username', 'application', 'realms', 'realm_name', 'ids', 'id', 'uid', 'namespace', 'service']
  const parameters = { ...Object.fromEntries(names.map((name) => [name, 'x'])), body: {} }
  for (const method of methods) {
    const call: unknown = Reflect.get(client.security, method)
    assert.ok(typeof call === 'function')
    const outcome: unknown = await Reflect.apply(call, client.security, [parameters]).catch((error: unknown) => error)
    const isUnknown = outcome instanceof Error && /no handler found|Incorrect HTTP method/.test(outcome.message)
    assert.equal(isUnknown, !served.includes(method), `${method}: ${String(outcome)}`)
  }
})

test('what is not served is an unknown route, not a broken client', async () => {
  await assert.rejects(client.security.getApiKey(), isAnswer(400))
  await assert.rejects(client.search({ index: 'x' }), isAnswer(400))
})

function isAnswer(status: number): (error: unknown) => boolean {
  return (error) => error instanceof errors.ResponseError && error.statusCode === status
}
