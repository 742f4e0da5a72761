import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isJsonObject, type JsonObject } from '../../src/kernel/json.ts'
import { type ApiAnswer, basic, bearer, callApi, reason, text } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const manager = basic('manager', 'manager-password')
const reader = basic('reader', 'reader-password')
const nobody = basic('nobody', 'nobody-password')
/** Bcrypt of the least cost: what it is the hash of, and not how slowly, is the matter here. */
const PASSWORD = 'opensesame'
const CHEAP_HASH = '$2a$04$abcdefghijklmnopqrstuuFuhxWRTXIsURoluSTZ1N4tYaWGn9oOi'
let api: RestApi

before(async () => {
  api = await startRestApi()
  await api.putRole('managing', { cluster: ['manage_security'] })
  await api.putRole('reading', { cluster: ['read_security'] })
  await api.putRole('tokens', { cluster: ['manage_token'] })
  await api.putUser('manager', { password: 'manager-password', roles: ['managing'] })
  await api.putUser('reader', { password: 'reader-password', roles: ['reading'] })
  await api.putUser('nobody', { password: 'nobody-password', roles: [] })
})
after(() => api.close())

const call = (method: string, path: string, body?: JsonObject, authorization = manager): Promise<ApiAnswer> =>
  callApi(api.address, `/_security/user${path}`, { method, authorization, ...(body === undefined ? {} : { body }) })
const whoIs = (authorization: string) => callApi(api.address, '/_security/_authenticate', { authorization })
const newUser = (name: string, body: JsonObject = {}) =>
  call('PUT', `/${name}`, { password_hash: CHEAP_HASH, roles: [], ...body })
const typeOf = ({ body: { error } }: ApiAnswer) => (isJsonObject(error) ? error['type'] : undefined)

function assertRefused(answer: ApiAnswer, status: number, type: string, message: string | RegExp): void {
  assert.equal(answer.status, status)
  assert.equal(typeOf(answer), type)
  if (typeof message === 'string') assert.equal(reason(answer), message)
  else assert.match(reason(answer), message)
}

test("the guide's facilitator is created as printed, and gets in", async () => {
  const body = { password: 'somePasswordHere', roles: ['facilitator-role'] }
  const created = await call('POST', '/facilitator', body, elastic)
  assert.equal(created.status, 200)
  assert.deepEqual(created.body, { created: true })
  assert.deepEqual((await call('PUT', '/facilitator', body, elastic)).body, { created: false })
  const { body: shown } = await whoIs(basic('facilitator', 'somePasswordHere'))
  assert.equal(shown['username'], 'facilitator')
  assert.deepEqual(shown['roles'], ['facilitator-role'])
})

test('a user is shown as it was put, without its password', async () => {
  const details = { roles: ['r1'], full_name: 'Joe', email: 'j@x.org', metadata: { a: [1] }, enabled: false }
  await newUser('shown', details)
  const { status, body } = await call('GET', '/shown')
  assert.equal(status, 200)
  assert.deepEqual(body, { shown: { username: 'shown', ...details } })
})

test('of several users those that exist are shown; if none does it is a 404', async () => {
  await newUser('one')
  const some = await call('GET', '/one,nowhere,elastic,one')
  assert.equal(some.status, 200)
  assert.deepEqual(Object.keys(some.body), ['one', 'elastic'])
  const none = await call('GET', '/nowhere,neither')
  assert.equal(none.status, 404)
  assert.deepEqual(none.body, {})
})

test('all users are shown with the reserved ones', async () => {
  const { status, body } = await call('GET', '')
  assert.equal(status, 200)
  const names = Object.keys(body)
  assert.ok(names.includes('manager') && names.includes('reader'))
  assert.deepEqual(body['elastic'], {
    username: 'elastic',
    roles: ['superuser'],
    full_name: null,
    email: null,
    metadata: { _reserved: true },
    enabled: true,
  })
  assert.ok(!JSON.stringify(body).includes('$2a$'))
})

test('the name of a user may have a slash and blanks', async () => {
  assert.deepEqual((await newUser('team%2Fjoe%20doe')).body, { created: true })
  assert.deepEqual(Object.keys((await call('GET', '/team%2Fjoe%20doe')).body), ['team/joe doe'])
  assert.equal((await whoIs(basic('team/joe doe', PASSWORD))).status, 200)
})

test('a deleted user is gone', async () => {
  await newUser('gone')
  const first = await call('DELETE', '/gone')
  assert.deepEqual([first.status, first.body], [200, { found: true }])
  const second = await call('DELETE', '/gone')
  assert.deepEqual([second.status, second.body], [404, { found: false }])
  assert.equal((await whoIs(basic('gone', PASSWORD))).status, 401)
})

test('what is wrong with a new user is said in the words of Elasticsearch', async () => {
  const put = (name: string, body: JsonObject) => call('PUT', `/${name}`, body)
  const refused = assertRefused
  const parse = 'parse_exception'
  const validation = 'action_request_validation_exception'
  const password = PASSWORD
  refused(await call('PUT', '/joe'), 400, parse, 'request body is required')
  refused(
    await put('joe', { passwrd: 'x' }),
    400,
    parse,
    'failed to parse add user request. unexpected field [passwrd]',
  )
  refused(
    await put('joe', { password: 123_456, roles: [] }),
    400,
    parse,
    'expected field [password] to be of type string, but found [VALUE_NUMBER] instead',
  )
  refused(await put('joe', { password }), 400, validation, 'Validation Failed: 1: roles are missing;')
  refused(
    await put('joe', { password: 'short', roles: [] }),
    400,
    'validation_exception',
    'Validation Failed: 1: passwords must be at least [6] characters long;',
  )
  refused(
    await put('joe', { roles: [] }),
    400,
    'validation_exception',
    'Validation Failed: 1: password must be specified unless you are updating an existing user;',
  )
  refused(
    await put('joe', { username: 'jane', password, roles: [] }),
    400,
    'illegal_argument_exception',
    '[username] in source does not match the username provided [joe]',
  )
  refused(
    await put('joe', { password_hash: 'plain', roles: [] }),
    400,
    'illegal_argument_exception',
    /^The provided password hash is not a hash or it could not be resolved to a supported hash algorithm\./,
  )
  refused(
    await put('elastic', { password, roles: [] }),
    400,
    validation,
    'Validation Failed: 1: user [elastic] is reserved and only the password can be changed;',
  )
  refused(await put('%20joe', { password, roles: [] }), 400, validation, /1: User names must be at least 1 and/)
  refused(
    await call('DELETE', '/elastic'),
    400,
    'illegal_argument_exception',
    'user [elastic] is reserved and cannot be deleted',
  )
  refused(
    await call('PUT', '/joe?refresh=maybe', { password, roles: [] }),
    400,
    'illegal_argument_exception',
    'Unknown value for refresh: [maybe].',
  )
  assert.equal((await call('GET', '/joe')).status, 404)
})

test('an invalid request is a 400 also for those who may not', async () => {
  const invalid = await call('PUT', '/joe', { roles: 1 }, nobody)
  assertRefused(invalid, 400, 'parse_exception', /^could not parse \[roles\] field/)
  const valid = await call('PUT', '/elastic', { roles: [] }, nobody)
  assertRefused(
    valid,
    403,
    'security_exception',
    'action [cluster:admin/xpack/security/user/put] is unauthorized for user [nobody] with effective roles [], this action is granted by the cluster privileges [manage_security,all]',
  )
  assert.equal(valid.headers.get('x-elastic-product'), null)
  assert.equal(valid.headers.get('www-authenticate'), null)
})

test('those who may read users may not write them', async () => {
  assert.equal((await call('GET', '/reader', undefined, reader)).status, 200)
  assertRefused(
    await call('DELETE', '/nobody', undefined, reader),
    403,
    'security_exception',
    'action [cluster:admin/xpack/security/user/delete] is unauthorized for user [reader] with effective roles [reading], this action is granted by the cluster privileges [manage_security,all]',
  )
  assert.equal((await call('GET', '/nobody', undefined, nobody)).status, 403)
})

test('everybody changes the own password with it, with either call', async () => {
  await newUser('changing')
  const first = basic('changing', PASSWORD)
  const own = await call('POST', '/_password', { password: 'second-password' }, first)
  assert.deepEqual([own.status, own.body], [200, {}])
  assert.equal((await whoIs(first)).status, 401)
  const second = basic('changing', 'second-password')
  assert.equal((await call('PUT', '/changing/_password', { password: 'third-password' }, second)).status, 200)
  assert.equal((await whoIs(second)).status, 401)
  assert.equal((await whoIs(basic('changing', 'third-password'))).status, 200)
})

test("another's password needs the privilege, and so does the own one with a token", async () => {
  const refusal =
    /^action \[cluster:admin\/xpack\/security\/user\/change_password\] is unauthorized for user \[(nobody|holder)\]/
  const others = await call('PUT', '/reader/_password', { password: 'a-new-password' }, nobody)
  assertRefused(others, 403, 'security_exception', refusal)

  await newUser('holder', { roles: ['tokens'] })
  const issued = await callApi(api.address, '/_security/oauth2/token', {
    authorization: basic('holder', PASSWORD),
    body: { grant_type: 'client_credentials' },
  })
  const token = bearer(text(issued, 'access_token'))
  assertRefused(
    await call('PUT', '/_password', { password: 'a-new-password' }, token),
    403,
    'security_exception',
    refusal,
  )
  assert.equal((await whoIs(basic('holder', PASSWORD))).status, 200)
})

test('what is wrong with a new password is said in the words of Elasticsearch', async () => {
  const put = (body: JsonObject) => call('PUT', '/nobody/_password', body)
  assertRefused(
    await put({ pass: 'x' }),
    400,
    'parse_exception',
    'failed to parse change password request. unexpected field [pass]',
  )
  assertRefused(await put({ password: 'short' }), 400, 'validation_exception', /must be at least \[6\] characters long/)
  assertRefused(await put({ password_hash: 'x' }), 400, 'illegal_argument_exception', /^The provided password hash is/)
  assertRefused(
    await call('PUT', '/nowhere/_password', { password: 'a-new-password' }),
    400,
    'validation_exception',
    'Validation Failed: 1: user must exist in order to change password;',
  )
})

test('a stored hash can be put back', async () => {
  await call('PUT', '/hashed', { password: PASSWORD, roles: [] })
  const stored = await api.store.documents.get('user', 'hashed')
  const hash = stored?.body['password_hash']
  assert.ok(typeof hash === 'string')
  assert.equal((await call('PUT', '/copied', { password_hash: hash, roles: [] })).status, 200)
  assert.equal((await whoIs(basic('copied', PASSWORD))).status, 200)
})

test('a reserved user gets a password by the API, and keeps everything else', async () => {
  assert.equal((await whoIs(basic('kibana_system', 'kibana-password'))).status, 401)
  assert.equal((await call('PUT', '/kibana_system/_password', { password: 'kibana-password' })).status, 200)
  const { body } = await whoIs(basic('kibana_system', 'kibana-password'))
  assert.deepEqual(body['roles'], ['kibana_system'])
  assert.deepEqual(body['authentication_realm'], { name: 'reserved', type: 'reserved' })
})

test('a disabled user gets no answer but 401, until enabled again', async () => {
  await newUser('switched')
  const authorization = basic('switched', PASSWORD)
  assert.equal((await whoIs(authorization)).status, 200)
  for (const _twice of [1, 2]) {
    const disabled = await call('PUT', '/switched/_disable')
    assert.deepEqual([disabled.status, disabled.body], [200, {}])
  }
  const refused = await whoIs(authorization)
  assertRefused(
    refused,
    401,
    'security_exception',
    'unable to authenticate user [switched] for REST request [/_security/_authenticate]',
  )
  assert.equal((await call('POST', '/switched/_enable')).status, 200)
  assert.equal((await whoIs(authorization)).status, 200)
})

test('whoever comes with a password again and again is who the last change made of it', async () => {
  const old = basic('regular', PASSWORD)
  const comes = async (authorization = old) => {
    for (let time = 1; time < 4; time += 1) await whoIs(authorization)
    const { status, body } = await whoIs(authorization)
    return status === 200 ? body['roles'] : status
  }
  await newUser('regular', { roles: ['reading'] })
  assert.deepEqual(await comes(), ['reading'])
  await call('PUT', '/regular', { roles: ['tokens'] })
  assert.deepEqual(await comes(), ['tokens'])
  await call('PUT', '/regular/_disable')
  assert.equal(await comes(), 401)
  await call('PUT', '/regular/_enable')
  assert.deepEqual(await comes(), ['tokens'])
  await call('PUT', '/regular/_password', { password: 'another-password' })
  assert.equal(await comes(), 401)
  assert.deepEqual(await comes(basic('regular', 'another-password')), ['tokens'])
  await call('DELETE', '/regular')
  assert.equal(await comes(basic('regular', 'another-password')), 401)
  await newUser('regular')
  assert.equal(await comes(basic('regular', 'another-password')), 401)
  assert.deepEqual(await comes(), [])
})

test('nobody switches the own account off, and nobody one that is not there', async () => {
  assertRefused(
    await call('PUT', '/manager/_disable'),
    400,
    'illegal_argument_exception',
    'users may not update the enabled status of their own account',
  )
  const missing = await call('PUT', '/nowhere/_disable')
  assertRefused(missing, 400, 'validation_exception', 'Validation Failed: 1: only existing users can be disabled;')
  const body = await call('PUT', '/nobody/_enable', {})
  assertRefused(
    body,
    400,
    'illegal_argument_exception',
    'request [PUT /_security/user/nobody/_enable] does not support having a body',
  )
})

test('an unknown user is told nothing that a wrong password is not told', async () => {
  const [unknown, wrong] = await Promise.all([whoIs(basic('xxxxxx', PASSWORD)), whoIs(basic('reader', 'wrong'))])
  assert.equal(unknown.status, 401)
  const strip = (answer: ApiAnswer, name: string) => JSON.stringify(answer.body).replaceAll(name, 'NAME')
  assert.equal(strip(unknown, 'xxxxxx'), strip(wrong, 'reader'))
})
