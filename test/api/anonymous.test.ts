/** Requests without credentials, where the settings give such callers roles. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hashPassword } from '../../src/authc/password.ts'
import { createAnonymous } from '../../src/authc/anonymous.ts'
import { gatherAudit } from '../support/audit.ts'
import { basic, bearer, callApi, reason, text } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, INTERNAL_SECRET, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const joe = basic('joe', 'joes-password')
const WHO = '/_security/_authenticate'
const TOKEN = '/_security/oauth2/token'
const NAME = '_es_anonymous_user'
const USER = `/_security/user/${NAME}`
let api: RestApi
const audit = gatherAudit()

before(async () => {
  api = await startRestApi({ audit, anonymous: { username: NAME, roles: ['looking', 'lost'], authzException: true } })
  await api.putRole('looking', { cluster: ['monitor', 'manage_token'], run_as: ['joe'] })
  await api.putRole('reading', { cluster: ['read_security'] })
  await api.putUser('joe', { password: 'joes-password', roles: ['reading'] })
})
after(() => api.close())

test('who sends no credentials is anonymous', async () => {
  const { status, body } = await callApi(api.address, WHO)
  assert.equal(status, 200)
  assert.deepEqual(body, {
    username: NAME,
    roles: ['looking', 'lost'],
    full_name: null,
    email: null,
    metadata: { _reserved: true },
    enabled: true,
    authentication_realm: { name: '__anonymous', type: '__anonymous' },
    lookup_realm: { name: '__anonymous', type: '__anonymous' },
    authentication_type: 'anonymous',
  })
})

test('so is who sends a scheme that nobody understands, or an empty one', async () => {
  for (const authorization of ['', 'Digest abc', 'Bearer', 'Bearer ']) {
    assert.equal(text(await callApi(api.address, WHO, { authorization }), 'username'), NAME, authorization)
  }
})

test('wrong credentials are refused, never taken for anonymous', async () => {
  for (const authorization of ['Bearer abc', 'ApiKey abc', 'Basic abc', basic('joe', 'wrong'), basic(NAME, '')]) {
    assert.equal((await callApi(api.address, WHO, { authorization })).status, 401, authorization)
  }
})

test('anonymous may do what its roles allow, and nothing else', async () => {
  assert.equal((await callApi(api.address, '/')).status, 200)
  audit.clear()
  const refused = await callApi(api.address, '/_security/role')
  assert.equal(refused.status, 403)
  assert.equal(refused.headers.get('www-authenticate'), null)
  assert.equal(
    reason(refused),
    `action [cluster:admin/xpack/security/role/get] is unauthorized for user [${NAME}] with effective roles [looking]` +
      ' (assigned roles [lost] were not found), this action is granted by the cluster privileges' +
      ' [read_security,manage_security,all]',
  )
  const [, denied] = audit.events
  assert.equal(denied?.['event.action'], 'access_denied')
  assert.equal(denied?.['authentication.type'], 'ANONYMOUS')
  assert.equal(denied?.['user.realm'], '__anonymous')
})

test('every user has the roles of anonymous besides its own', async () => {
  assert.deepEqual((await callApi(api.address, WHO, { authorization: joe })).body['roles'], [
    'reading',
    'looking',
    'lost',
  ])
  assert.equal((await callApi(api.address, '/', { authorization: joe })).status, 200)
  assert.equal((await callApi(api.address, '/_security/role', { authorization: joe })).status, 200)
  const body = { cluster: ['monitor', 'read_security'] }
  const check = await callApi(api.address, '/_security/user/_has_privileges', { authorization: joe, body })
  assert.equal(check.body['has_all_requested'], true)
  assert.deepEqual((await callApi(api.address, '/_security/user/joe', { authorization: elastic })).body['joe'], {
    username: 'joe',
    roles: ['reading'],
    full_name: null,
    email: null,
    metadata: {},
    enabled: true,
  })
})

test('a token keeps the roles of its user only; those of anonymous count while they are set', async () => {
  const grant = { grant_type: 'password', username: 'joe', password: 'joes-password' }
  const issued = await callApi(api.address, TOKEN, { body: grant })
  assert.equal(issued.status, 200)
  const authorization = bearer(text(issued, 'access_token'))
  assert.deepEqual(Object(issued.body['authentication']).roles, ['reading'])
  assert.deepEqual((await callApi(api.address, WHO, { authorization })).body['roles'], ['reading', 'looking', 'lost'])
})

test("the portal's own account has none of them", async () => {
  const authorization = bearer(INTERNAL_SECRET)
  assert.deepEqual((await callApi(api.address, WHO, { authorization })).body['roles'], [])
})

test('anonymous has no token of its own', async () => {
  const answer = await callApi(api.address, TOKEN, { body: { grant_type: 'client_credentials' } })
  assert.equal(answer.status, 400)
  assert.equal(reason(answer), 'OAuth2 token creation is not supported for the anonymous user')
})

test('anonymous acts as nobody else, whatever its roles say', async () => {
  const answer = await fetch(api.address + WHO, { headers: { 'es-security-runas-user': 'joe' } })
  assert.equal(answer.status, 400)
  assert.match(await answer.text(), /\[_es_anonymous_user\] cannot act as another user/)
})

test('anonymous is shown among the users', async () => {
  const shown = await callApi(api.address, USER, { authorization: elastic })
  assert.deepEqual(Object(shown.body[NAME]).metadata, { _reserved: true })
  assert.equal(
    Object.keys((await callApi(api.address, '/_security/user', { authorization: elastic })).body).at(-1),
    NAME,
  )
})

test('anonymous cannot be changed, by itself or by others', async () => {
  const password = { password: 'a-new-password' }
  const own = await callApi(api.address, '/_security/user/_password', { body: password })
  assert.equal(own.status, 403)
  const refusals = [
    { method: 'PUT', path: USER, body: { ...password, roles: [] }, says: 'cannot be modified via the API' },
    { method: 'DELETE', path: USER, says: 'cannot be deleted' },
    { method: 'PUT', path: `${USER}/_password`, body: password, says: 'cannot be modified via the API' },
    { method: 'PUT', path: `${USER}/_disable`, says: 'cannot be modified using the api' },
  ]
  for (const { path, says, ...call } of refusals) {
    const answer = await callApi(api.address, path, { ...call, authorization: elastic })
    assert.equal(answer.status, 400, path)
    assert.ok(reason(answer).includes(`user [${NAME}] is anonymous and ${says}`), reason(answer))
  }
})

test('even as superuser anonymous cannot give itself a password', async (t) => {
  const open = await startRestApi({ anonymous: { username: 'all', roles: ['superuser'], authzException: true } })
  t.after(() => open.close())
  const answer = await callApi(open.address, '/_security/user/_password', { body: { password: 'a-new-password' } })
  assert.equal(answer.status, 400)
  assert.equal(reason(answer), 'user [all] is anonymous and cannot be modified via the API')
})

test('without the exception a 401 asks for credentials, and is told as denied once', async (t) => {
  const gathered = gatherAudit()
  const asking = await startRestApi({
    audit: gathered,
    anonymous: { username: NAME, roles: ['viewer'], authzException: false },
  })
  t.after(() => asking.close())
  await asking.putUser('joe', { password: 'joes-password', roles: [] })
  assert.equal((await callApi(asking.address, WHO)).status, 200)
  gathered.clear()
  const refused = await callApi(asking.address, '/_security/role')
  assert.equal(refused.status, 401)
  assert.equal(reason(refused), 'action [cluster:admin/xpack/security/role/get] requires authentication')
  assert.equal(
    refused.headers.get('www-authenticate'),
    'Basic realm="security", charset="UTF-8", Bearer realm="security"',
  )
  assert.deepEqual(
    gathered.events.map((event) => event['event.action']),
    ['authentication_success', 'access_denied'],
  )
  assert.equal((await callApi(asking.address, '/_security/role', { authorization: joe })).status, 403)
})

test('anonymous cannot have the name of a reserved or internal user', () => {
  for (const username of ['elastic', '_system']) {
    const create = () => createAnonymous({ username, roles: ['viewer'], authzException: true })
    assert.throws(create, { reason: 'argument_illegal' })
  }
})

test('a user of that name from before is not let in', async (t) => {
  const named = await startRestApi({ anonymous: { username: 'visitor', roles: ['viewer'], authzException: true } })
  t.after(() => named.close())
  const record = { password_hash: await hashPassword('password'), roles: ['superuser'], metadata: {}, enabled: true }
  await named.store.documents.put('user', 'visitor', { ...record, full_name: null, email: null })
  const answer = await callApi(named.address, WHO, { authorization: basic('visitor', 'password') })
  assert.equal(answer.status, 401)
})
