import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isJsonObject, type JsonObject } from '../../src/kernel/json.ts'
import { type ApiAnswer, basic, callApi, reason } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const nobody = basic('nobody', 'nobody-password')
const RULES = { all: [{ field: { 'realm.name': 'oidc1' } }, { field: { groups: 'finance-team' } }] }
const MAPPING = { roles: ['finance_data'], enabled: true, rules: RULES }
let api: RestApi

before(async () => {
  api = await startRestApi()
  await api.putUser('nobody', { password: 'nobody-password', roles: [] })
})
after(() => api.close())

const call = (method: string, path: string, body?: JsonObject, authorization = elastic): Promise<ApiAnswer> =>
  callApi(api.address, `/_security/role_mapping${path}`, {
    method,
    authorization,
    ...(body === undefined ? {} : { body }),
  })
const errorOf = ({ body: { error } }: ApiAnswer): JsonObject => (isJsonObject(error) ? error : {})

test("the guide's mapping is created as printed, and shown as it was put", async () => {
  const created = await call('PUT', '/oidc-finance', MAPPING)
  assert.deepEqual([created.status, created.body], [200, { role_mapping: { created: true } }])
  assert.deepEqual((await call('POST', '/oidc-finance', MAPPING)).body, { role_mapping: { created: false } })
  const shown = await call('GET', '/oidc-finance')
  assert.equal(shown.status, 200)
  assert.deepEqual(shown.body, { 'oidc-finance': { ...MAPPING, metadata: {} } })
})

test('templates are shown as text of JSON, and an empty list of roles is left out', async () => {
  const templates = [{ template: { source: '{{#tojson}}groups{{/tojson}}' }, format: 'json' }]
  const { roles: _roles, ...rest } = MAPPING
  await call('PUT', '/templated', { ...rest, role_templates: templates, metadata: { version: 1 } })
  assert.deepEqual((await call('GET', '/templated')).body['templated'], {
    enabled: true,
    role_templates: [{ template: '{"source":"{{#tojson}}groups{{/tojson}}"}', format: 'json' }],
    rules: RULES,
    metadata: { version: 1 },
  })
})

test('names that are asked for, all of them, and none', async () => {
  await call('PUT', '/one', MAPPING)
  assert.deepEqual(Object.keys((await call('GET', '/one,nowhere')).body), ['one'])
  const none = await call('GET', '/nowhere')
  assert.deepEqual([none.status, none.body], [404, {}])
  const all = await call('GET', '')
  assert.ok('one' in all.body && 'oidc-finance' in all.body)
  for (const path of ['/_all', '/*']) assert.deepEqual((await call('GET', path)).body, all.body)
})

test('a deleted mapping is gone', async () => {
  await call('PUT', '/gone', MAPPING)
  const first = await call('DELETE', '/gone')
  assert.deepEqual([first.status, first.body], [200, { found: true }])
  const second = await call('DELETE', '/gone')
  assert.deepEqual([second.status, second.body], [404, { found: false }])
})

test('a missing field is named, with its cause', async () => {
  for (const field of ['roles', 'rules', 'enabled']) {
    const body = Object.fromEntries(Object.entries(MAPPING).filter(([name]) => name !== field))
    const answer = await call('PUT', '/wrong', body)
    assert.equal(answer.status, 400)
    const { type, caused_by: cause } = errorOf(answer)
    assert.equal(type, 'parsing_exception')
    assert.equal(reason(answer), `failed to parse role-mapping [wrong]. missing field [${field}]`)
    assert.deepEqual(cause, { type: 'illegal_state_exception', reason: `missing field [${field}]` })
  }
})

const WRONG: { change: JsonObject; type: string; message: string | RegExp; cause?: string }[] = [
  {
    change: { roels: [] },
    type: 'x_content_parse_exception',
    message: /\[role-mapping\] unknown field \[roels\] did you mean .*roles/,
  },
  {
    change: { enabled: 'yes' },
    type: 'x_content_parse_exception',
    message: "[role-mapping] enabled doesn't support values of type: VALUE_STRING",
  },
  {
    change: { rules: { any: [{ except: { field: { username: 'a' } } }] } },
    type: 'x_content_parse_exception',
    message: '[role-mapping] failed to parse field [rules]',
    cause: 'failed to parse rules expression. field [except] is not allowed within [any]',
  },
  {
    change: { rules: { field: { username: '/a@b/' } } },
    type: 'illegal_argument_exception',
    message: String.raw`the pattern [a@b] cannot be used: escape the [@] as [\@]`,
  },
  {
    change: { rules: { field: { username: '/(?<!x)y/' } } },
    type: 'illegal_argument_exception',
    message: /^the pattern \[\(\?<!x\)y\] cannot be used/,
  },
  {
    change: { roles: [] },
    type: 'action_request_validation_exception',
    message: 'Validation Failed: 1: role-mapping roles or role-templates are missing;',
  },
  {
    change: { roles: [], role_templates: [{ template: { source: '{{#a}}' } }] },
    type: 'illegal_argument_exception',
    message: /^a role template does not compile/,
  },
]

for (const { change, type, message, cause } of WRONG) {
  test(`refused: ${JSON.stringify(change)}`, async () => {
    const answer = await call('PUT', '/wrong', { ...MAPPING, ...change })
    const error = errorOf(answer)
    assert.deepEqual([answer.status, error['type']], [400, type])
    if (typeof message === 'string') assert.equal(reason(answer), message)
    else assert.match(reason(answer), message)
    if (cause !== undefined) {
      assert.deepEqual(error['caused_by'], { type: 'parse_exception', reason: cause })
    }
    assert.equal((await call('GET', '/wrong')).status, 404)
  })
}

test('A-34: rules nested 10,000 deep are refused, and the next request is served', async () => {
  const deep = `{"roles":["r"],"enabled":true,"rules":${'{"all":['.repeat(10_000)}${']}'.repeat(10_000)}}`
  const answer = await callApi(api.address, '/_security/role_mapping/deep', {
    method: 'PUT',
    authorization: elastic,
    body: deep,
  })
  assert.deepEqual([answer.status, errorOf(answer)['type']], [400, 'x_content_parse_exception'])
  assert.equal((await call('GET', '')).status, 200)
})

test('role mappings are read and written by those who may', async () => {
  for (const [method, action, body] of [
    ['GET', 'get', undefined],
    ['PUT', 'put', MAPPING],
    ['DELETE', 'delete', undefined],
  ] as const) {
    const answer = await call(method, '/one', body, nobody)
    assert.equal(answer.status, 403)
    const granting = action === 'get' ? 'read_security,manage_security,all' : 'manage_security,all'
    assert.equal(
      reason(answer),
      `action [cluster:admin/xpack/security/role_mapping/${action}] is unauthorized for user [nobody] with effective roles [], this action is granted by the cluster privileges [${granting}]`,
    )
  }
})
