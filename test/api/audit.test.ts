/** What requests leave in the audit log. */
import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { isJsonObject, type JsonObject } from '../../src/kernel/json.ts'
import { gatherAudit } from '../support/audit.ts'
import { type ApiCall, basic, bearer, callApi, text } from '../support/api-call.ts'
import { startProgram } from '../support/program.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const agent = basic('agent', 'agents-password')
const TOKEN = '/_security/oauth2/token'
const CREATE = 'cluster:admin/xpack/security/token/create'
let api: RestApi
const audit = gatherAudit(true)
const { events } = audit

before(async () => {
  api = await startRestApi({ audit })
  await api.putRole('acting', { run_as: ['joe'] })
  await api.putUser('agent', { password: 'agents-password', roles: ['acting'] })
  await api.putUser('joe', { password: 'joes-password', roles: [] })
})
beforeEach(() => audit.clear())
after(() => api.close())

/** Makes a call. @returns what it left, by the names of the events */
async function auditOf(path: string, call: ApiCall = {}): Promise<Record<string, JsonObject>> {
  audit.clear()
  await callApi(api.address, path, call)
  // What is `undefined` is not written.
  const written = JSON.parse(JSON.stringify(events)) as JsonObject[]
  return Object.fromEntries(written.map((event) => [JSON.stringify(event['event.action']).slice(1, -1), event]))
}

function pick(event: JsonObject | undefined, ...names: string[]): unknown[] {
  return names.map((name) => event?.[name])
}

test('a request without credentials was denied as anonymous, with its path, its query and its method', async () => {
  const { anonymous_access_denied: event, ...others } = await auditOf('/_security/user?pretty=true')
  assert.deepEqual(pick(event, 'event.type', 'url.path', 'url.query', 'request.method', 'origin.type'), [
    'rest',
    '/_security/user',
    'pretty=true',
    'GET',
    'rest',
  ])
  assert.match(JSON.stringify(event?.['origin.address']), /^"127\.0\.0\.1:\d+"$/)
  assert.deepEqual(others, {})
})

test('the id of the answer is the id of the line', async () => {
  const answer = await callApi(api.address, '/')
  assert.equal(events[0]?.['trace.id'], answer.headers.get('x-request-id'))
  const { anonymous_access_denied: event } = await auditOf('/', { opaqueId: 'my-id' })
  assert.deepEqual(pick(event, 'opaque_id', 'request.id', 'trace.id'), ['my-id', 'my-id', undefined])
})

test('a wrong password is refused by each realm, then by all, and the line says why', async () => {
  audit.clear()
  await callApi(api.address, '/', { authorization: basic('joe', 'wrong-password') })
  assert.deepEqual(
    events.map((event) => pick(event as JsonObject, 'event.action', 'realm', 'user.name')),
    [
      ['realm_authentication_failed', 'reserved', 'joe'],
      ['realm_authentication_failed', 'default_native', 'joe'],
      ['authentication_failed', undefined, 'joe'],
    ],
  )
  assert.deepEqual(pick(events[2] as JsonObject, 'event.reason', 'error.message'), [
    'credentials_rejected',
    'no realm accepts this name and password',
  ])
  assert.doesNotMatch(JSON.stringify(events), /wrong-password/)
})

test('a bearer token that is none of ours was denied as anonymous; an expired one leaves nothing', async () => {
  const unknown = await auditOf('/', { authorization: bearer('none-of-ours') })
  assert.deepEqual(Object.keys(unknown), ['anonymous_access_denied'])
  assert.doesNotMatch(JSON.stringify(unknown), /none-of-ours/)
  const answer = await callApi(api.address, TOKEN, {
    authorization: elastic,
    body: { grant_type: 'password', username: 'joe', password: 'joes-password' },
  })
  api.time.now += 3600
  const expired = await auditOf('/_security/_authenticate', { authorization: bearer(text(answer, 'access_token')) })
  api.time.now -= 3600
  assert.deepEqual(expired, {})
})

test('a malformed Basic value is a failed authentication of nobody', async () => {
  const { authentication_failed: event } = await auditOf('/', { authorization: 'Basic !' })
  assert.deepEqual(pick(event, 'event.reason', 'user.name'), ['credentials_malformed', undefined])
})

test('A-41: the address of an event is that of the connection, whatever headers say', async () => {
  audit.clear()
  const headers = {
    authorization: elastic,
    'x-forwarded-for': '203.0.113.7',
    forwarded: 'for=203.0.113.7',
    'x-real-ip': '203.0.113.7',
    'x-forwarded-user': 'joe',
    'x-remote-user': 'joe',
  }
  const answer = await fetch(`${api.address}/_security/_authenticate`, { headers })
  assert.equal(((await answer.json()) as JsonObject)['username'], 'elastic')
  assert.equal(events.length, 2)
  for (const event of events) {
    assert.match(JSON.stringify(event['origin.address']), /^"127\.0\.0\.1:\d+"$/)
    assert.deepEqual(pick(event as JsonObject, 'x_forwarded_for', 'user.name'), ['203.0.113.7', 'elastic'])
  }
})

test('what was granted says to whom, by which realm, and for which action', async () => {
  const { access_granted: event, authentication_success: success } = await auditOf('/', { authorization: elastic })
  const expected = {
    'event.type': 'transport',
    'authentication.type': 'REALM',
    'user.name': 'elastic',
    'user.realm': 'reserved',
    'user.roles': ['superuser'],
    action: 'cluster:monitor/main',
    'request.name': 'MainRequest',
  }
  assert.deepEqual({ ...event, ...expected }, event)
  assert.deepEqual(pick(success, 'event.type', 'realm', 'user.name'), ['rest', 'reserved', 'elastic'])
  assert.equal(success?.['request.id'], event?.['request.id'])
})

test('what was not allowed says the same', async () => {
  const { access_denied: event } = await auditOf('/_security/user', { authorization: agent })
  assert.deepEqual(pick(event, 'user.name', 'user.roles', 'action', 'request.name'), [
    'agent',
    ['acting'],
    'cluster:admin/xpack/security/user/get',
    'GetUsersRequest',
  ])
})

test('a password grant for wrong credentials is a failed authentication for that action', async () => {
  const { authentication_failed: event } = await auditOf(TOKEN, {
    authorization: elastic,
    body: { grant_type: 'password', username: 'joe', password: 'wrong-password' },
  })
  assert.deepEqual(pick(event, 'event.type', 'action', 'request.name', 'user.name', 'event.reason'), [
    'transport',
    CREATE,
    'CreateTokenRequest',
    'joe',
    'credentials_rejected',
  ])
  assert.equal(typeof event?.['error.message'], 'string')
})

test('a failed login at a provider is one too', async () => {
  const { authentication_failed: event } = await auditOf('/_security/oidc/authenticate', {
    authorization: elastic,
    body: { redirect_uri: 'https://rp.example/cb?code=very-secret&state=s', state: 's', nonce: 'n' },
  })
  assert.deepEqual(pick(event, 'action', 'error.message'), [
    'cluster:admin/xpack/security/oidc/authenticate',
    'no OpenID Connect realm handles the response',
  ])
})

test('bodies are without the secrets in them', async () => {
  const { authentication_success: token } = await auditOf(TOKEN, {
    authorization: elastic,
    body: { grant_type: 'password', username: 'joe', password: 'joes-password' },
  })
  assert.deepEqual(token?.['request.body'], '{"grant_type":"password","username":"joe"}')
  const { authentication_success: login } = await auditOf('/_security/oidc/authenticate', {
    authorization: elastic,
    body: { redirect_uri: 'https://rp.example/cb?code=very-secret&state=s', state: 's', nonce: 'n', realm: 'r1' },
  })
  assert.deepEqual(login?.['request.body'], '{"realm":"r1"}')
})

interface Change {
  readonly path: string
  readonly method: string
  readonly body?: JsonObject
  readonly leaves: JsonObject
}

const CHANGES: readonly Change[] = [
  {
    path: '/_security/user/jack',
    method: 'PUT',
    body: { password: 'jacks-password', roles: ['a'], full_name: 'Jack', metadata: { n: 1 } },
    leaves: {
      'event.action': 'put_user',
      put: {
        user: {
          name: 'jack',
          enabled: true,
          roles: ['a'],
          full_name: 'Jack',
          has_password: true,
          metadata: { n: 1 },
        },
      },
    },
  },
  {
    path: '/_security/user/jack/_password',
    method: 'PUT',
    body: { password: 'other-password' },
    leaves: { 'event.action': 'change_password', change: { password: { user: { name: 'jack' } } } },
  },
  {
    path: '/_security/user/_password',
    method: 'PUT',
    body: { password: BOOTSTRAP_PASSWORD },
    leaves: { 'event.action': 'change_password', change: { password: { user: { name: 'elastic' } } } },
  },
  {
    path: '/_security/user/jack/_disable',
    method: 'PUT',
    leaves: { 'event.action': 'change_disable_user', change: { disable: { user: { name: 'jack' } } } },
  },
  {
    path: '/_security/user/jack/_enable',
    method: 'PUT',
    leaves: { 'event.action': 'change_enable_user', change: { enable: { user: { name: 'jack' } } } },
  },
  {
    path: '/_security/user/jack',
    method: 'DELETE',
    leaves: { 'event.action': 'delete_user', delete: { user: { name: 'jack' } } },
  },
  {
    path: '/_security/role/r1',
    method: 'DELETE',
    leaves: { 'event.action': 'delete_role', delete: { role: { name: 'r1' } } },
  },
  {
    path: '/_security/role',
    method: 'DELETE',
    body: { names: ['r1', 'superuser'] },
    leaves: { 'event.action': 'delete_role', delete: { role: { name: 'r1' } } },
  },
  {
    path: '/_security/privilege',
    method: 'PUT',
    body: { myapp: { read: { actions: ['data:read'] } } },
    leaves: {
      'event.action': 'put_privileges',
      put: { privileges: [{ application: 'myapp', name: 'read', actions: ['data:read'], metadata: {} }] },
    },
  },
  {
    path: '/_security/privilege/myapp/read',
    method: 'DELETE',
    leaves: {
      'event.action': 'delete_privileges',
      delete: { privileges: { application: 'myapp', privileges: ['read'] } },
    },
  },
  {
    path: '/_security/role_mapping/m1',
    method: 'PUT',
    body: { roles: ['a'], enabled: true, rules: { field: { username: '*' } } },
    leaves: {
      'event.action': 'put_role_mapping',
      put: {
        role_mapping: {
          name: 'm1',
          roles: ['a'],
          enabled: true,
          rules: { field: { username: '*' } },
          metadata: {},
        },
      },
    },
  },
  {
    path: '/_security/role_mapping/m1',
    method: 'DELETE',
    leaves: { 'event.action': 'delete_role_mapping', delete: { role_mapping: { name: 'm1' } } },
  },
]

for (const { path, method, body, leaves } of CHANGES)
  test(`${method} ${path} leaves a change without a user, with the id of the line of the user`, async () => {
    const written = await auditOf(path, { method, authorization: elastic, ...(body !== undefined && { body }) })
    const event = Object.values(written).find((line) => line['event.type'] === 'security_config_change')
    const id = written['access_granted']?.['request.id']
    assert.ok(id)
    assert.deepEqual(event, { 'event.type': 'security_config_change', 'request.id': id, ...leaves })
    assert.doesNotMatch(JSON.stringify(events), /-password"/)
  })

test('a role is put with all that it may', async () => {
  const { put_role: event } = await auditOf('/_security/role/r1', {
    method: 'PUT',
    authorization: elastic,
    body: { cluster: ['monitor'] },
  })
  assert.ok(isJsonObject(event?.['put']) && isJsonObject(event['put']['role']))
  assert.equal(event['put']['role']['name'], 'r1')
  assert.match(JSON.stringify(event), /"role_descriptor":\{"cluster":\["monitor"\]/)
})

test('who acts as another is named beside the other', async () => {
  const runAs = async (path: string, user: string) => {
    audit.clear()
    await fetch(api.address + path, { headers: { authorization: agent, 'es-security-runas-user': user } })
    const lines = JSON.parse(JSON.stringify(events)) as JsonObject[]
    return lines
      .filter((line) => line['event.type'] === 'transport')
      .map((line) => pick(line, 'event.action', 'user.name', 'user.run_as.name', 'user.run_by.name'))
  }
  assert.deepEqual(await runAs('/_security/_authenticate', 'joe'), [
    ['run_as_granted', 'agent', 'joe', undefined],
    ['access_granted', 'joe', undefined, 'agent'],
  ])
  assert.deepEqual(await runAs('/_security/user', 'joe'), [
    ['run_as_granted', 'agent', 'joe', undefined],
    ['access_denied', 'joe', undefined, 'agent'],
  ])
  assert.deepEqual(await runAs('/_security/user', 'elastic'), [['run_as_denied', 'agent', 'elastic', undefined]])
})

test('the program writes its audit log where the settings say, and all of it when it stops', async (t) => {
  const program = await startProgram({ settings: (yaml) => `${yaml}\nxpack.security.audit.enabled: true\n` })
  t.after(() => program.remove())
  await callApi(program.api, '/', { opaqueId: 'last-words' })
  await program.stop()
  const file = join(program.directory, 'data/logs/ostiary_audit.json')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.match(await readFile(file, 'utf8'), /"event\.action":"anonymous_access_denied".*"opaque_id":"last-words"/)
})
