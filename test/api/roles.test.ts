import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isJsonObject, type JsonObject } from '../../src/kernel/json.ts'
import { type ApiAnswer, basic, callApi, reason } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const joe = basic('joe', 'joes-password')
let api: RestApi

before(async () => {
  api = await startRestApi()
  await api.putUser('joe', { password: 'joes-password', roles: ['changing', 'never'] })
})
after(() => api.close())

const call = (method: string, path: string, body?: JsonObject, authorization = elastic): Promise<ApiAnswer> =>
  callApi(api.address, `/_security/role${path}`, { method, authorization, ...(body === undefined ? {} : { body }) })
const typeOf = ({ body: { error } }: ApiAnswer) => (isJsonObject(error) ? error['type'] : undefined)

test("the guide's role is created as printed", async () => {
  const body = { cluster: ['manage_oidc', 'manage_token'] }
  const created = await call('POST', '/facilitator-role', body)
  assert.deepEqual([created.status, created.body], [200, { role: { created: true } }])
  assert.deepEqual((await call('PUT', '/facilitator-role', body)).body, { role: { created: false } })
  assert.deepEqual((await call('GET', '/facilitator-role')).body, {
    'facilitator-role': {
      cluster: ['manage_oidc', 'manage_token'],
      indices: [],
      applications: [],
      run_as: [],
      metadata: {},
      transient_metadata: { enabled: true },
    },
  })
})

test('everything that a role says is shown again', async () => {
  const body = {
    cluster: ['monitor'],
    indices: [{ names: 'logs-*', privileges: ['read'], query: { match_all: {} }, field_security: { grant: ['*'] } }],
    applications: [{ application: 'app', privileges: ['read'], resources: ['*'] }],
    run_as: ['bob'],
    metadata: { version: 1 },
    description: 'Reads',
    global: { application: { manage: { applications: ['app'] } } },
    transient_metadata: { enabled: false },
  }
  await call('PUT', '/whole', body)
  assert.deepEqual((await call('GET', '/whole')).body['whole'], {
    ...body,
    indices: [
      {
        names: ['logs-*'],
        privileges: ['read'],
        field_security: { grant: ['*'] },
        query: '{"match_all":{}}',
        allow_restricted_indices: false,
      },
    ],
    transient_metadata: { enabled: true },
  })
})

test('of several roles those that exist are shown; if none does it is a 404; all include the reserved ones', async () => {
  await call('PUT', '/one', {})
  assert.deepEqual(Object.keys((await call('GET', '/one,nowhere,superuser')).body), ['one', 'superuser'])
  const none = await call('GET', '/nowhere')
  assert.deepEqual([none.status, none.body], [404, {}])
  const { body } = await call('GET', '')
  assert.ok('one' in body && 'superuser' in body && 'kibana_system' in body)
  assert.ok(isJsonObject(body['superuser']) && isJsonObject(body['superuser']['metadata']))
  assert.equal(body['superuser']['metadata']['_reserved'], true)
})

test('a deleted role is gone, a reserved one stays', async () => {
  await call('PUT', '/gone', {})
  const first = await call('DELETE', '/gone')
  assert.deepEqual([first.status, first.body], [200, { found: true }])
  const second = await call('DELETE', '/gone')
  assert.deepEqual([second.status, second.body], [404, { found: false }])
  const reserved = await call('DELETE', '/superuser')
  assert.deepEqual([reserved.status, typeOf(reserved)], [400, 'illegal_argument_exception'])
  assert.equal(reason(reserved), 'role [superuser] is reserved and cannot be deleted')
})

const WRONG: { name: string; body: JsonObject; type: string; message: string | RegExp }[] = [
  {
    name: 'r',
    body: { clutser: [] },
    type: 'parse_exception',
    message: 'failed to parse role [r]. unexpected field [clutser]',
  },
  { name: 'r', body: { cluster: 'all' }, type: 'parse_exception', message: 'failed to parse role [r]' },
  {
    name: 'r',
    body: { indices: [{ names: ['a'] }] },
    type: 'parse_exception',
    message: 'failed to parse indices privileges for role [r]. missing required [privileges] field',
  },
  {
    name: 'r',
    body: { cluster: ['manage_oicd'] },
    type: 'action_request_validation_exception',
    message: /^Validation Failed: 1: unknown cluster privilege \[manage_oicd\]\. .* cluster actions;$/,
  },
  {
    name: 'superuser',
    body: {},
    type: 'action_request_validation_exception',
    message: 'Validation Failed: 1: Role [superuser] is reserved and may not be used.;',
  },
]

for (const { name, body, type, message } of WRONG) {
  test(`refused: ${name} ${JSON.stringify(body)}`, async () => {
    const answer = await call('PUT', `/${name}`, body)
    assert.deepEqual([answer.status, typeOf(answer)], [400, type])
    if (typeof message === 'string') assert.equal(reason(answer), message)
    else assert.match(reason(answer), message)
    assert.equal((await call('GET', '/r')).status, 404)
  })
}

test('a list that is no list of texts says why', async () => {
  const { body } = await call('PUT', '/r', { cluster: 'all' })
  assert.ok(isJsonObject(body['error']) && isJsonObject(body['error']['caused_by']))
  assert.equal(
    body['error']['caused_by']['reason'],
    'could not parse [cluster] field. expected a string array but found [VALUE_STRING] value instead',
  )
})

test('a role counts for its users from the moment it is put until it is deleted', async () => {
  const ask = () => callApi(api.address, '/', { authorization: joe })
  const refused = await ask()
  assert.equal(refused.status, 403)
  assert.equal(
    reason(refused),
    'action [cluster:monitor/main] is unauthorized for user [joe] with effective roles [] (assigned roles [changing,never] were not found), this action is granted by the cluster privileges [monitor,manage,all]',
  )
  await call('PUT', '/changing', { cluster: ['monitor'] })
  assert.equal((await ask()).status, 200)
  await call('DELETE', '/changing')
  assert.equal((await ask()).status, 403)
})

test('roles are read and written by those who may', async () => {
  for (const [method, action] of [
    ['GET', 'get'],
    ['DELETE', 'delete'],
  ] as const) {
    const answer = await call(method, '/one', undefined, joe)
    assert.equal(answer.status, 403)
    assert.match(
      reason(answer),
      new RegExp(`^action \\[cluster:admin/xpack/security/role/${action}\\] is unauthorized`),
    )
  }
  assert.equal((await call('PUT', '/mine', { cluster: ['all'] }, joe)).status, 403)
})
