/** What users may do: `_has_privileges`, `_privileges`, the privileges of applications, `_builtin` and `_clear_cache`. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isJsonObject, type JsonObject } from '../../src/kernel/json.ts'
import { type ApiAnswer, basic, callApi, reason } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const joe = basic('joe', 'joes-password')
const none = basic('none', 'nones-password')
const admin = basic('admin', 'admins-password')
let api: RestApi

before(async () => {
  api = await startRestApi()
  await api.putRole('reader', {
    cluster: ['monitor', 'manage_oidc'],
    indices: [
      { names: ['logs-*', 'other'], privileges: ['read', 'monitor'] },
      { names: ['logs-2026-*'], privileges: ['write'] },
      { names: ['.security-7'], privileges: ['read'], allow_restricted_indices: true },
    ],
    applications: [
      { application: 'shop', privileges: ['view', 'data:orders/*'], resources: ['order/*'] },
      { application: 'stock-*', privileges: ['*'], resources: ['*'] },
    ],
    run_as: ['b', 'a'],
    global: { application: { manage: { applications: ['shop'] } } },
  })
  await api.putRole('second', {
    cluster: ['monitor'],
    indices: [
      { names: ['other', 'logs-*'], privileges: ['monitor', 'read'], query: '{"match_all":{}}' },
      { names: ['x'], privileges: ['read'], query: '{"match_all":{}}', field_security: { grant: ['a'] } },
    ],
    applications: [{ application: 'shop', privileges: ['edit'], resources: ['order/*'] }],
  })
  await api.putUser('joe', { password: 'joes-password', roles: ['reader', 'second'] })
  await api.putUser('none', { password: 'nones-password', roles: [] })
  await api.putRole('security', { cluster: ['manage_security'] })
  await api.putUser('admin', { password: 'admins-password', roles: ['security'] })
  const shop = { view: { actions: ['data:orders/read', 'ui:view'] }, edit: { actions: ['data:orders/*', 'ui:*'] } }
  const put = await call('PUT', '/_security/privilege', { shop }, elastic)
  assert.deepEqual([put.status, put.body], [200, { shop: { view: { created: true }, edit: { created: true } } }])
})
after(() => api.close())

const call = (method: string, path: string, body?: JsonObject, authorization = joe): Promise<ApiAnswer> =>
  callApi(api.address, path, { method, authorization, ...(body === undefined ? {} : { body }) })
const check = (body: JsonObject, authorization = joe) =>
  call('POST', '/_security/user/_has_privileges', body, authorization)
const typeOf = ({ body: { error } }: ApiAnswer) => (isJsonObject(error) ? error['type'] : undefined)

test('has_privileges answers each question by itself, and all of them together', async () => {
  const { status, body } = await check({
    cluster: ['monitor', 'manage'],
    index: [{ names: ['logs-1'], privileges: ['read', 'write'] }],
    application: [{ application: 'shop', privileges: ['view'], resources: ['order/1', 'user/1'] }],
  })
  assert.equal(status, 200)
  assert.deepEqual(body, {
    username: 'joe',
    has_all_requested: false,
    cluster: { monitor: true, manage: false },
    index: { 'logs-1': { read: true, write: false } },
    application: { shop: { 'order/1': { view: true }, 'user/1': { view: false } } },
  })
  const all = await check({ cluster: ['monitor'] })
  assert.deepEqual(all.body, {
    username: 'joe',
    has_all_requested: true,
    cluster: { monitor: true },
    index: {},
    application: {},
  })
})

const INDICES: { name: string; restricted?: boolean; privilege: string; has: boolean }[] = [
  { name: 'logs-*', privilege: 'read', has: true },
  { name: 'logs-2026-1', privilege: 'write', has: true },
  { name: 'logs-2026-*', privilege: 'write', has: true },
  { name: 'logs-*', privilege: 'write', has: false },
  { name: 'log*', privilege: 'read', has: false },
  { name: '*', privilege: 'read', has: false },
  { name: 'logs-1', privilege: 'indices:data/read/search', has: true },
  { name: 'logs-1', privilege: 'indices:data/read/*', has: true },
  { name: 'logs-1', privilege: 'indices:data/*', has: false },
  { name: 'logs-1', privilege: 'all', has: false },
  { name: '.security-7', privilege: 'read', has: false },
  { name: '.security-7', restricted: true, privilege: 'read', has: true },
]

for (const { name, restricted, privilege, has } of INDICES) {
  const kind = restricted === true ? ', a restricted index' : ''
  test(`index ${name}${kind}: ${privilege} is ${has}`, async () => {
    const entry = {
      names: [name],
      privileges: [privilege],
      ...(restricted === undefined ? {} : { allow_restricted_indices: restricted }),
    }
    const { body } = await check({ index: [entry] })
    assert.deepEqual(body['index'], { [name]: { [privilege]: has } })
    assert.equal(body['has_all_requested'], has)
  })
}

const APPLICATIONS: { application: string; privilege: string; resource: string; has: boolean }[] = [
  { application: 'shop', privilege: 'view', resource: 'order/1', has: true },
  { application: 'shop', privilege: 'view', resource: 'order/*', has: true },
  { application: 'shop', privilege: 'view', resource: '*', has: false },
  { application: 'shop', privilege: 'data:orders/write', resource: 'order/1', has: true },
  { application: 'shop', privilege: 'data:users/read', resource: 'order/1', has: false },
  { application: 'shop', privilege: 'unknown', resource: 'order/1', has: false },
  { application: 'stock-1', privilege: 'unknown', resource: 'anything', has: true },
  { application: 'other', privilege: 'view', resource: 'order/1', has: false },
]

for (const { application, privilege, resource, has } of APPLICATIONS) {
  test(`application ${application}: ${privilege} on ${resource} is ${has}`, async () => {
    const { body } = await check({ application: [{ application, privileges: [privilege], resources: [resource] }] })
    assert.deepEqual(body['application'], { [application]: { [resource]: { [privilege]: has } } })
  })
}

test('superuser has everything, also of applications that nobody knows, but does not write restricted indices', async () => {
  const everything = {
    cluster: ['all', 'manage_ml', 'delegate_pki', 'cluster:admin/whatever'],
    index: [{ names: ['*', 'x'], privileges: ['all', 'read', 'none'] }],
    application: [{ application: 'nobody', privileges: ['x'], resources: ['*'] }],
  }
  assert.equal((await check(everything, elastic)).body['has_all_requested'], true)
  const system = [{ names: ['.security-7'], privileges: ['read', 'write'], allow_restricted_indices: true }]
  assert.deepEqual((await check({ index: system }, elastic)).body['index'], {
    '.security-7': { read: true, write: false },
  })
})

test('a cluster privilege is had if others together imply it', async () => {
  const cluster = ['manage_oidc', 'manage_token', 'read_security', 'manage_api_key', 'delegate_pki', 'manage', 'none']
  assert.deepEqual((await check({ cluster }, admin)).body['cluster'], {
    manage_oidc: true,
    manage_token: true,
    read_security: true,
    manage_api_key: true,
    delegate_pki: false,
    manage: false,
    none: true,
  })
})

const WRONG: { body: JsonObject; type: string; message: string | RegExp }[] = [
  {
    body: { clusters: [] },
    type: 'parse_exception',
    message: 'failed to parse privileges check [joe/has_privileges]. unexpected field [clusters]',
  },
  {
    body: {},
    type: 'parse_exception',
    message:
      'failed to parse privileges check [joe/has_privileges]. All privilege fields [cluster,index,applications] are missing',
  },
  {
    body: { cluster: [], index: [], application: [] },
    type: 'action_request_validation_exception',
    message: 'Validation Failed: 1: must specify at least one privilege;',
  },
  {
    body: { index: [{ names: ['a'], privileges: ['read'], field_security: { grant: ['*'] } }] },
    type: 'parse_exception',
    message: 'Field [field_security] is not supported in a has_privileges request',
  },
  {
    body: { index: [{ names: ['a'], privileges: ['read'], query: '{}' }] },
    type: 'parse_exception',
    message: 'Field [query] is not supported in a has_privileges request',
  },
  {
    body: { application: [{ application: 'shop*', privileges: ['view'], resources: ['*'] }] },
    type: 'action_request_validation_exception',
    message: "Validation Failed: 1: Application names may not contain '*' (found 'shop*');",
  },
  {
    body: { cluster: ['nonsense'] },
    type: 'illegal_argument_exception',
    message: /^unknown cluster privilege \[nonsense\]\. a privilege must be either one of/,
  },
  {
    body: { index: [{ names: ['a'], privileges: ['nonsense'] }] },
    type: 'illegal_argument_exception',
    message: /^unknown index privilege \[nonsense\]\. a privilege must be either one of/,
  },
  {
    body: { cluster: Array.from({ length: 10_001 }, () => 'all') },
    type: 'illegal_argument_exception',
    message: /^a check may ask for at most 10000 privileges/,
  },
]

for (const { body, type, message } of WRONG) {
  test(`a check is refused: ${JSON.stringify(body).slice(0, 80)}`, async () => {
    const answer = await check(body)
    assert.deepEqual([answer.status, typeOf(answer)], [400, type])
    if (typeof message === 'string') assert.equal(reason(answer), message)
    else assert.match(reason(answer), message)
  })
}

test('one asks about oneself, without any role; about others nobody may', async () => {
  const body = { cluster: ['monitor'] }
  assert.equal((await check(body, none)).body['has_all_requested'], false)
  assert.equal((await call('GET', '/_security/user/none/_has_privileges', undefined, none)).status, 400)
  assert.equal((await call('POST', '/_security/user/none/_has_privileges', body, none)).status, 200)
  const refused = await call('POST', '/_security/user/joe/_has_privileges', body, none)
  assert.equal(refused.status, 403)
  assert.match(reason(refused), /^action \[cluster:admin\/xpack\/security\/user\/has_privileges\] is unauthorized/)
  const other = await call('POST', '/_security/user/joe/_has_privileges', body, elastic)
  assert.deepEqual([other.status, typeOf(other)], [400, 'illegal_argument_exception'])
  assert.equal(reason(other), 'users may only check the privileges of their own account')
})

test('_privileges sums up what the roles say', async () => {
  const { status, body } = await call('GET', '/_security/user/_privileges')
  assert.equal(status, 200)
  assert.deepEqual(body, {
    cluster: ['manage_oidc', 'monitor'],
    global: [{ application: { manage: { applications: ['shop'] } } }],
    indices: [
      { names: ['logs-*', 'other'], privileges: ['monitor', 'read'], allow_restricted_indices: false },
      { names: ['logs-2026-*'], privileges: ['write'], allow_restricted_indices: false },
      { names: ['.security-7'], privileges: ['read'], allow_restricted_indices: true },
      {
        names: ['x'],
        privileges: ['read'],
        field_security: [{ grant: ['a'] }],
        query: ['{"match_all":{}}'],
        allow_restricted_indices: false,
      },
    ],
    applications: [
      { application: 'shop', privileges: ['data:orders/*', 'edit', 'view'], resources: ['order/*'] },
      { application: 'stock-*', privileges: ['*'], resources: ['*'] },
    ],
    run_as: ['a', 'b'],
  })
  const superuser = await call('GET', '/_security/user/_privileges', undefined, elastic)
  assert.deepEqual(superuser.body['indices'], [
    { names: ['*'], privileges: ['all'], allow_restricted_indices: false },
    {
      names: ['*'],
      privileges: ['monitor', 'read', 'read_cross_cluster', 'view_index_metadata'],
      allow_restricted_indices: true,
    },
  ])
  const nothing = { cluster: [], global: [], indices: [], applications: [], run_as: [] }
  assert.deepEqual((await call('GET', '/_security/user/_privileges', undefined, none)).body, nothing)
})

test('the privileges of applications are put, shown and deleted', async () => {
  const path = '/_security/privilege'
  const app = { read: { actions: ['data:read/*'], metadata: { note: 1 } }, write: { actions: ['data:write/*'] } }
  const put = (body: JsonObject) => call('POST', path, body, elastic)
  assert.deepEqual((await put({ myapp: app })).body, { myapp: { read: { created: true }, write: { created: true } } })
  assert.deepEqual((await put({ myapp: { read: app.read } })).body, { myapp: { read: { created: false } } })

  const read = { application: 'myapp', name: 'read', actions: ['data:read/*'], metadata: { note: 1 } }
  const write = { application: 'myapp', name: 'write', actions: ['data:write/*'], metadata: {} }
  const get = async (rest: string) => (await call('GET', `${path}${rest}`, undefined, elastic)).body
  assert.deepEqual(await get('/myapp/read'), { myapp: { read } })
  assert.deepEqual(await get('/myapp'), { myapp: { read, write } })
  assert.deepEqual(await get('/my*'), { myapp: { read, write } })
  assert.deepEqual(Object.keys(await get('')), ['myapp', 'shop'])
  assert.equal((await put({ myapp: { read } })).status, 200, 'what is shown can be put back')
  const missing = await call('GET', `${path}/myapp/nothing`, undefined, elastic)
  assert.deepEqual([missing.status, missing.body], [404, {}])
  assert.deepEqual((await call('GET', `${path}/nothing`, undefined, elastic)).status, 200)

  const removed = await call('DELETE', `${path}/myapp/read,nothing`, undefined, elastic)
  assert.deepEqual(
    [removed.status, removed.body],
    [200, { myapp: { read: { found: true }, nothing: { found: false } } }],
  )
  const again = await call('DELETE', `${path}/myapp/read`, undefined, elastic)
  assert.deepEqual([again.status, again.body], [404, { myapp: { read: { found: false } } }])
})

test('a privilege of an application that cannot be used is refused', async () => {
  const faults: [JsonObject, RegExp][] = [
    [{}, /1: At least one application privilege must be provided;/],
    [{ Shop: { read: { actions: ['a:b'] } } }, /An application name prefix must match the pattern/],
    [{ sh: { read: { actions: ['a:b'] } } }, /must be at least 3 characters long \(found 'sh'\)/],
    [{ 'shop*': { read: { actions: ['a:b'] } } }, /Application names may not contain '\*'/],
    [{ 'shop-a b': { read: { actions: ['a:b'] } } }, /may not contain whitespace/],
    [{ 'shop-a|b': { read: { actions: ['a:b'] } } }, /suffix may not contain/],
    [{ shop: { Read: { actions: ['a:b'] } } }, /Application privilege names must match the pattern/],
    [{ shop: { read: { actions: [] } } }, /must have at least one action/],
    [{ shop: { read: { actions: ['ab'] } } }, /action \[ab\] must contain one of/],
    [{ shop: { read: { actions: ['a:b'], metadata: { _x: 1 } } } }, /metadata keys may not start with \[_\]/],
    [{ shop: { read: { action: ['a:b'] } } }, /unexpected field \[action\]/],
    [{ shop: { read: { actions: ['a:b'], name: 'write' } } }, /does not have the application and name/],
    [{ shop: [] }, /expected field \[shop\] to be of type object/],
  ]
  for (const [body, message] of faults) {
    const answer = await call('PUT', '/_security/privilege', body, elastic)
    assert.equal(answer.status, 400, JSON.stringify(body))
    assert.match(reason(answer), message)
  }
})

test('a role names applications and privileges in a form that can be used', async () => {
  const put = (entry: JsonObject) =>
    call('PUT', '/_security/role/r', { applications: [{ privileges: ['x'], resources: ['*'], ...entry }] }, elastic)
  for (const application of ['*', 'shop*', 'shop-1', 'kibana-.kibana']) {
    assert.equal((await put({ application })).status, 200, application)
  }
  for (const application of ['', 'Shop', 'sh', 's*p', 'shop-a/b']) {
    assert.equal((await put({ application })).status, 400, application)
  }
  assert.match(reason(await put({ application: 'shop', privileges: ['X'] })), /names and actions must match/)
})

test('_builtin names the privileges that are known', async () => {
  const { body } = await call('GET', '/_security/privilege/_builtin', undefined, elastic)
  const { cluster, index } = body
  assert.ok(Array.isArray(cluster) && Array.isArray(index))
  for (const name of ['all', 'manage_oidc', 'manage_token', 'monitor', 'none']) assert.ok(cluster.includes(name), name)
  for (const name of ['all', 'read', 'write', 'none']) assert.ok(index.includes(name), name)
  assert.deepEqual(cluster, cluster.map(String).sort())
  assert.deepEqual(index, index.map(String).sort())
  assert.equal((await call('GET', '/_security/privilege/_builtin', undefined, none)).status, 403)
})

test('caches are cleared, whatever is named; an unknown realm is told inside the answer', async () => {
  const paths = ['/role/a,b', '/role/*', '/privilege/shop', '/privilege/*', '/realm/_all', '/realm/*']
  for (const path of [...paths, '/realm/reserved,default_native']) {
    const { status, body } = await call('POST', `/_security${path}/_clear_cache`, undefined, elastic)
    assert.equal(status, 200)
    assert.deepEqual(body, {
      _nodes: { total: 1, successful: 1, failed: 0 },
      cluster_name: 'ostiary',
      nodes: { 'uuid-of-the-tests': { name: 'node-1' } },
    })
  }
  const named = await call('POST', '/_security/realm/*/_clear_cache?usernames=joe,ann', undefined, elastic)
  assert.equal(named.status, 200)
  for (const path of ['/role/a', '/privilege/a', '/realm/a']) {
    assert.equal((await call('POST', `/_security${path}/_clear_cache`)).status, 403)
  }
})
