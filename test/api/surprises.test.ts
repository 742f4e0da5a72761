/** What surprises about Elasticsearch's security API, and must be the same here: each by its number in the checklist. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mapRoles, readRoleMapping } from '../../src/authz/role-mapping.ts'
import { isJsonObject, type JsonObject } from '../../src/kernel/json.ts'
import { type ApiAnswer, type ApiCall, basic, bearer, callApi, reason, text } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const joe = basic('joe', 'joes-password')
const WHO = '/_security/_authenticate'
const TOKEN = '/_security/oauth2/token'
const DAY = 24 * 3600
let api: RestApi

before(async () => {
  api = await startRestApi()
  await api.putRole('tokens', { cluster: ['manage_token'] })
  await api.putUser('joe', { password: 'joes-password', roles: [] })
  await api.putUser('client', { password: 'clients-password', roles: ['tokens'] })
})
after(() => api.close())

const call = (path: string, options: ApiCall = {}) => callApi(api.address, path, { authorization: elastic, ...options })
const ask = (authorization: string) => call(WHO, { authorization })
const grant = (body: JsonObject, authorization = elastic) => call(TOKEN, { authorization, body })
const invalidate = (body: JsonObject) => call(TOKEN, { method: 'DELETE', body })
const refresh = (token: string, authorization = elastic) =>
  grant({ grant_type: 'refresh_token', refresh_token: token }, authorization)
const typeOf = ({ body: { error } }: ApiAnswer) => (isJsonObject(error) ? error['type'] : undefined)

async function login(username = 'elastic', password = BOOTSTRAP_PASSWORD) {
  const answer = await grant({ grant_type: 'password', username, password })
  return { access: text(answer, 'access_token'), refresh: text(answer, 'refresh_token') }
}

test('surprise 7: 404 or 400 of the invalidate call depends on whether any token was ever created', async () => {
  const token = '46ToAxYzNUdPZWdYOFRQcWhjeHR3NWpvTmVB'
  const early = await invalidate({ token })
  assert.deepEqual([early.status, reason(early)], [400, 'failed to invalidate token'])
  await login()
  const late = await invalidate({ token })
  assert.deepEqual([late.status, late.body['invalidated_tokens']], [404, 0])
})

test('surprise 1: 401 and 403 carry no X-elastic-product', async () => {
  const product = ({ headers }: ApiAnswer) => headers.get('x-elastic-product')
  assert.equal(product(await ask(elastic)), 'Elasticsearch')
  assert.equal(product(await call('/nowhere')), 'Elasticsearch')
  const [unknown, refused] = [await ask(basic('joe', 'wrong')), await call('/', { authorization: joe })]
  assert.deepEqual([unknown.status, product(unknown)], [401, null])
  assert.deepEqual([refused.status, product(refused)], [403, null])
})

test('surprise 2: a wrong password in the password grant is a 401; a superfluous field an unsupported_grant_type', async () => {
  const wrong = await grant({ grant_type: 'password', username: 'joe', password: 'wrong' })
  assert.equal(wrong.status, 401)
  const action = 'action [cluster:admin/xpack/security/token/create]'
  assert.equal(reason(wrong), `unable to authenticate user [joe] for ${action}`)
  const body = { grant_type: 'client_credentials', username: 'joe' }
  const superfluous = await grant(body)
  assert.equal(superfluous.status, 400)
  assert.equal(superfluous.body['error'], 'unsupported_grant_type')
  const missing = await grant({ grant_type: 'password', username: 'joe' })
  assert.equal(missing.body['error'], 'invalid_request')
})

test('surprise 3: an invalidated access token answers as an expired one; garbage has another text and all challenges', async () => {
  const { access } = await login()
  await invalidate({ token: access })
  const dead = await ask(bearer(access))
  assert.equal(reason(dead), 'token expired')
  assert.equal(
    dead.headers.get('www-authenticate'),
    'Bearer realm="security", error="invalid_token", error_description="The access token expired"',
  )
  const garbage = await ask(bearer('garbage'))
  assert.match(reason(garbage), /^unable to authenticate with provided credentials and anonymous access/)
  assert.equal(
    garbage.headers.get('www-authenticate'),
    'Basic realm="security", charset="UTF-8", Bearer realm="security"',
  )
})

test('surprise 4: neither a refresh, nor a disabled or deleted user, nor a new password ends an access token', async () => {
  await api.putUser('ann', { password: 'anns-password', roles: [] })
  const { access, refresh: old } = await login('ann', 'anns-password')
  assert.equal((await refresh(old)).status, 200)
  const alive = async () => assert.equal((await ask(bearer(access))).status, 200)
  await alive()
  await call('/_security/user/ann/_password', { method: 'PUT', body: { password: 'another-password' } })
  await alive()
  await call('/_security/user/ann/_disable', { method: 'PUT' })
  await alive()
  await call('/_security/user/ann', { method: 'DELETE' })
  await alive()
})

test('surprise 5: a second refresh within 30 s gives the same pair; only the client that got it may; 24 h each, endlessly', async () => {
  const start = api.time.now
  let { refresh: token } = await login()
  const first = await refresh(token)
  api.time.now += 30
  assert.equal((await refresh(token)).body['access_token'], first.body['access_token'])
  api.time.now += 1
  assert.match(text(await refresh(token), 'error_description'), /already been refreshed more than 30 seconds/)
  token = text(first, 'refresh_token')
  const other = await refresh(token, basic('client', 'clients-password'))
  assert.equal(other.body['error_description'], 'tokens must be refreshed by the creating client')
  for (let day = 0; day < 3; day++) {
    api.time.now += DAY - 60
    const renewed = await refresh(token)
    assert.equal(renewed.status, 200)
    token = text(renewed, 'refresh_token')
  }
  api.time.now += DAY + 1
  assert.equal((await refresh(token)).body['error_description'], 'token document has expired')
  api.time.now = start
})

test('surprise 6: both sides of a login are counted; by realm or name it is a 200 even with nothing', async () => {
  await invalidate({ username: 'elastic' })
  await login()
  assert.equal((await invalidate({ username: 'elastic' })).body['invalidated_tokens'], 2)
  const nothing = await invalidate({ username: 'nobody' })
  assert.deepEqual([nothing.status, nothing.body['invalidated_tokens']], [200, 0])
})

test('surprise 8: the scope of the answer is full whenever there was any', async () => {
  const scoped = await grant({ grant_type: 'client_credentials', scope: 'openid whatever' })
  assert.equal(scoped.body['scope'], 'full')
  assert.ok(!('scope' in (await grant({ grant_type: 'client_credentials' })).body))
})

test('surprise 9: content types are a 406; an unknown path a 400 without status; the error of a 405 is a text', async () => {
  const type = await call('/_security/role/x', {
    method: 'PUT',
    body: 'a=b',
    contentType: 'application/x-www-form-urlencoded',
  })
  const refused = 'Content-Type header [application/x-www-form-urlencoded] is not supported'
  assert.deepEqual([type.status, type.body], [406, { error: refused, status: 406 }])
  const path = await call('/nowhere?x=y')
  const none = 'no handler found for uri [/nowhere?x=y] and method [GET]'
  assert.deepEqual([path.status, path.body], [400, { error: none }])
  const method = await call(`${WHO}?x=y`, { method: 'DELETE' })
  assert.equal(method.status, 405)
  assert.equal(method.body['error'], `Incorrect HTTP method for uri [${WHO}?x=y] and method [DELETE], allowed: [GET]`)
  assert.equal(method.headers.get('allow'), 'GET')
})

test('surprise 10: role mappings need enabled, take except only inside all, and match by their own rules', async () => {
  const put = (body: JsonObject) => call('/_security/role_mapping/m', { method: 'PUT', body })
  const rules = { field: { username: 'joe' } }
  const missing = await put({ roles: ['r'], rules })
  assert.deepEqual(
    [missing.status, reason(missing)],
    [400, 'failed to parse role-mapping [m]. missing field [enabled]'],
  )
  const except = await put({ roles: ['r'], enabled: true, rules: { any: [{ except: rules }] } })
  assert.match(JSON.stringify(except.body), /field \[except\] is not allowed within \[any\]/)

  const user = {
    username: 'a?',
    groups: [],
    metadata: { number: 1 },
    realm: { name: 'oidc1' },
  }
  const matches = (field: JsonObject) => {
    const mapping = readRoleMapping('m', { roles: ['r'], enabled: true, rules: { field }, metadata: {} })
    return mapRoles([{ name: 'm', mapping }], user).length === 1
  }
  assert.ok(matches({ 'metadata.number': 1.5 }), 'numbers are longs')
  assert.ok(!matches({ 'metadata.number': '1' }))
  assert.ok(matches({ username: 'a?' }) && !matches({ username: '?x' }), 'a ? alone is no wildcard')
  assert.ok(matches({ 'metadata.missing': null }) && !matches({ 'metadata.missing': '*' }))
  assert.ok(!matches({ groups: null }), 'an empty list of groups does not match null')
})

test('surprise 11: an unknown realm in _clear_cache is a 200', async () => {
  const { status, body } = await call('/_security/realm/nowhere/_clear_cache', { method: 'POST' })
  assert.equal(status, 200)
  const { _nodes: nodes } = body
  assert.ok(isJsonObject(nodes) && Array.isArray(nodes['failures']) && isJsonObject(nodes['failures'][0]))
  assert.equal(nodes['failed'], 1)
  assert.equal(nodes['failures'][0]['type'], 'failed_node_exception')
  assert.deepEqual(nodes['failures'][0]['caused_by'], {
    type: 'illegal_argument_exception',
    reason: 'could not find active realm [nowhere]',
  })
})

test("surprise 12: one's own password is not changed with a bearer token without manage_security", async () => {
  const { access } = await login('joe', 'joes-password')
  const change = (authorization: string) =>
    call('/_security/user/_password', { method: 'PUT', authorization, body: { password: 'joes-password' } })
  const refused = await change(bearer(access))
  assert.equal(refused.status, 403)
  assert.match(reason(refused), /user\/change_password\] is unauthorized for user \[joe\].*\[manage_security,all\]$/)
  assert.equal((await change(joe)).status, 200)
})

test('surprise 13: GET / needs monitor; _authenticate, _privileges and _has_privileges need nothing', async () => {
  const root = await call('/', { authorization: joe })
  assert.equal(root.status, 403)
  assert.match(reason(root), /^action \[cluster:monitor\/main\] is unauthorized/)
  assert.equal((await ask(joe)).status, 200)
  assert.equal((await call('/_security/user/_privileges', { authorization: joe })).status, 200)
  const body = { cluster: ['all'] }
  assert.equal((await call('/_security/user/_has_privileges', { authorization: joe, body })).status, 200)
})

test('surprise 14: authentication comes before routing, validation before authorization', async () => {
  const unknown = await call('/_bulk', { method: 'POST', authorization: basic('joe', 'wrong'), body: '{' })
  assert.deepEqual([unknown.status, typeOf(unknown)], [401, 'security_exception'])
  const invalid = await call('/_security/role/r', {
    method: 'PUT',
    authorization: joe,
    body: { cluster: ['nonsense'] },
  })
  assert.deepEqual([invalid.status, typeOf(invalid)], [400, 'action_request_validation_exception'])
  const valid = await call('/_security/role/r', { method: 'PUT', authorization: joe, body: {} })
  assert.equal(valid.status, 403)
})

test('surprise 15: transient_metadata of a role is taken and dropped, and always shown as enabled', async () => {
  await call('/_security/role/r', { method: 'PUT', body: { transient_metadata: { enabled: false, x: 1 } } })
  const { body } = await call('/_security/role/r')
  assert.ok(isJsonObject(body['r']))
  assert.deepEqual(body['r']['transient_metadata'], { enabled: true })
})

test("surprise 16: 500 is never the caller's mistake", async () => {
  const calls: [path: string, body: JsonObject][] = [
    ['/_security/oidc/prepare', { realm: 'nowhere' }],
    ['/_security/oidc/logout', { token: 'garbage' }],
    [TOKEN, { grant_type: '_kerberos', kerberos_ticket: '!' }],
    ['/_security/role_mapping/m', { enabled: true, roles: ['r'], rules: { field: { username: '/(/' } } }],
    ['/_security/user/_has_privileges', { cluster: ['/(/'] }],
  ]
  for (const [path, body] of calls) assert.equal((await call(path, { body })).status, 400, path)
})
