/** `_security/_query/user` and `role`, and many roles in one call. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts'
import { type ApiAnswer, basic, callApi, reason } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const joe = basic('joe', 'joes-password')
let api: RestApi

before(async () => {
  api = await startRestApi()
  const password = 'the-password'
  await api.putUser('ann', { password, roles: ['admin', 'dev'], full_name: 'Ann Bee', email: 'ann@example.com' })
  await api.putUser('joe', { password: 'joes-password', roles: ['dev'], full_name: 'Joe Cee' })
  await api.putUser('off', { password, roles: [], enabled: false })
  await api.putRole('dev', { description: 'Writes', metadata: { team: 'red' } })
  const applications = [{ application: 'shop', privileges: ['view'], resources: ['*'] }]
  await api.putRole('shop', { applications, metadata: { team: 'blue' } })
})
after(() => api.close())

const call = (method: string, path: string, body?: JsonObject, authorization = elastic): Promise<ApiAnswer> =>
  callApi(api.address, `/_security${path}`, { method, authorization, ...(body === undefined ? {} : { body }) })

async function find(kind: 'user' | 'role', body: JsonObject): Promise<Json[]> {
  const answer = await call('POST', `/_query/${kind}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const entries = answer.body[`${kind}s`]
  assert.ok(Array.isArray(entries))
  return entries.map((entry) => (isJsonObject(entry) ? (entry[kind === 'user' ? 'username' : 'name'] ?? null) : null))
}

const QUERIES: { kind?: 'role'; query: JsonObject; finds: string[] }[] = [
  { query: { match_all: {} }, finds: ['ann', 'joe', 'off'] },
  { query: { term: { username: 'joe' } }, finds: ['joe'] },
  { query: { term: { username: { value: 'JOE', case_insensitive: true } } }, finds: ['joe'] },
  { query: { term: { username: 'JOE' } }, finds: [] },
  { query: { term: { enabled: false } }, finds: ['off'] },
  { query: { term: { enabled: 'false' } }, finds: ['off'] },
  { query: { terms: { roles: ['admin', 'nothing'] } }, finds: ['ann'] },
  { query: { prefix: { email: 'ann@' } }, finds: ['ann'] },
  { query: { prefix: { full_name: { value: 'JOE', case_insensitive: true } } }, finds: ['joe'] },
  { query: { wildcard: { full_name: { value: '?EE' } } }, finds: ['ann', 'joe'] },
  { query: { term: { full_name: 'Ann Bee' } }, finds: [] },
  { query: { term: { full_name: 'bee' } }, finds: ['ann'] },
  { query: { match: { full_name: 'Bee or CEE' } }, finds: ['ann', 'joe'] },
  { query: { match: { full_name: { query: 'Bee Ann', operator: 'AND' } } }, finds: ['ann'] },
  { query: { match: { email: 'example.com' } }, finds: ['ann'] },
  { query: { match: { username: 'ann joe' } }, finds: [] },
  { query: { match: { enabled: false } }, finds: ['off'] },
  { query: { range: { username: { gt: 'ann', lte: 'joe' } } }, finds: ['joe'] },
  { query: { range: { username: { gte: 'ann', lt: 'joe', boost: 2 } } }, finds: ['ann'] },
  { query: { simple_query_string: { query: '*' } }, finds: ['ann', 'joe', 'off'] },
  { query: { simple_query_string: { query: '' } }, finds: [] },
  { query: { simple_query_string: { query: 'dev' } }, finds: ['ann', 'joe'] },
  { query: { simple_query_string: { query: 'dev -admin', default_operator: 'and' } }, finds: ['joe'] },
  { query: { simple_query_string: { query: 'bee | off' } }, finds: ['ann', 'off'] },
  { query: { simple_query_string: { query: 'ad*', fields: ['roles^3'] } }, finds: ['ann'] },
  { query: { simple_query_string: { query: 'dev', fields: ['full*', 'user*'] } }, finds: [] },
  { query: { simple_query_string: { query: '"ann bee"', fields: ['full_name'] } }, finds: ['ann'] },
  { query: { simple_query_string: { query: '"bee ann"', fields: ['full_name'] } }, finds: [] },
  { query: { simple_query_string: { query: '"bee ann"~2', fields: ['full_name'] } }, finds: ['ann'] },
  { query: { simple_query_string: { query: 'anm~1', fields: ['username'] } }, finds: ['ann'] },
  { query: { simple_query_string: { query: '(bee + dev) | (off', lenient: true } }, finds: ['ann', 'off'] },
  { query: { wildcard: { username: 'o*' } }, finds: ['off'] },
  { query: { ids: { values: ['ann', 'nobody'] } }, finds: ['ann'] },
  { query: { exists: { field: 'full_name' } }, finds: ['ann', 'joe'] },
  { query: { exists: { field: 'roles' } }, finds: ['ann', 'joe'] },
  { query: { bool: {} }, finds: ['ann', 'joe', 'off'] },
  {
    query: { bool: { must: { term: { roles: 'dev' } }, must_not: [{ term: { roles: 'admin' } }] } },
    finds: ['joe'],
  },
  {
    query: { bool: { should: [{ term: { username: 'ann' } }, { term: { username: 'off' } }] } },
    finds: ['ann', 'off'],
  },
  {
    query: {
      bool: { filter: [{ term: { roles: 'dev' } }], should: { term: { roles: 'admin' } }, minimum_should_match: 1 },
    },
    finds: ['ann'],
  },
  { kind: 'role', query: { match_all: {} }, finds: ['dev', 'shop'] },
  { kind: 'role', query: { term: { 'metadata.team': 'blue' } }, finds: ['shop'] },
  { kind: 'role', query: { term: { 'applications.application': 'shop' } }, finds: ['shop'] },
  { kind: 'role', query: { exists: { field: 'description' } }, finds: ['dev'] },
  { kind: 'role', query: { exists: { field: 'metadata' } }, finds: ['dev', 'shop'] },
  { kind: 'role', query: { term: { metadata: 'red' } }, finds: ['dev'] },
  { kind: 'role', query: { simple_query_string: { query: 'writes | blue' } }, finds: ['dev', 'shop'] },
]

for (const { kind = 'user', query, finds } of QUERIES) {
  test(`${kind}s by ${JSON.stringify(query)} are ${finds.join(' ') || 'none'}`, async () => {
    assert.deepEqual(await find(kind, { query }), finds)
  })
}

test('what is found is shown as elsewhere, with the count of all, in the order and on the page that were asked for', async () => {
  const sorted = await call('POST', '/_query/user', { sort: [{ enabled: { order: 'desc' } }, 'username'], size: 2 })
  assert.equal(sorted.body['total'], 3)
  assert.equal(sorted.body['count'], 2)
  const users = sorted.body['users']
  assert.ok(Array.isArray(users) && isJsonObject(users[0]))
  const { _sort: sort, ...ann } = users[0]
  assert.deepEqual(sort, [true, 'ann'])
  assert.deepEqual(ann, (await call('GET', '/user/ann')).body['ann'])

  assert.deepEqual(await find('user', { sort: { username: 'desc' }, from: 1, size: 1 }), ['joe'])
  assert.deepEqual(await find('user', { sort: 'username', search_after: ['ann'] }), ['joe', 'off'])
  assert.deepEqual(await find('user', { size: 0 }), [])

  const all = await call('GET', '/_query/role')
  assert.deepEqual([all.body['total'], all.body['count']], [2, 2])
  assert.ok(Array.isArray(all.body['roles']) && isJsonObject(all.body['roles'][0]))
  const { name, ...dev } = all.body['roles'][0]
  assert.equal(name, 'dev')
  assert.deepEqual(dev, (await call('GET', '/role/dev')).body['dev'])
})

const REFUSED: [JsonObject, RegExp][] = [
  [{ query: { fuzzy: { username: 'x' } } }, /^Query type \[fuzzy\] is not currently supported in this context$/],
  [
    { query: { match: { username: { query: 'x', fuzziness: 1 } } } },
    /^\[match\] query does not support \[fuzziness\]$/,
  ],
  [{ query: { range: { username: { gt: 'a', relation: 'within' } } } }, /^range query with relation is not currently/],
  [{ query: { terms: { roles: { index: 'i', id: '1', path: 'p' } } } }, /^terms query with terms lookup is not/],
  [{ query: { simple_query_string: { fields: ['roles'] } } }, /^\[simple_query_string\] query text missing$/],
  [{ query: { simple_query_string: { query: 'a', fields: ['password'] } } }, /^Field \[password\] is not allowed for/],
  [{ query: { simple_query_string: { query: 'a', flags: 'ANY' } } }, /^Unknown simple_query_string flag \[ANY\]$/],
  [{ query: { simple_query_string: { query: 'a', default_operator: 'xor' } } }, /^\[default_operator\] must be/],
  [{ query: { simple_query_string: { query: 'a', slop: 1 } } }, /^\[simple_query_string\] unsupported field \[slop\]$/],
  [{ query: { simple_query_string: { query: 'a '.repeat(2000) } } }, /at most 1024 clauses$/],
  [{ query: { simple_query_string: { query: 'a', fields: Array(2000).fill('username') } } }, /at most 1024 clauses$/],
  [{ query: { simple_query_string: { query: 'a'.repeat(10_001) } } }, /is longer than 10000 characters$/],
  [{ sort: 'email' }, /^sorting is not supported for field \[email\]$/],
  [{ query: { term: { password_hash: 'x' } } }, /^Field \[password_hash\] is not allowed for querying$/],
  [{ query: { exists: { field: 'metadata' } } }, /^Field \[metadata\] is not allowed/],
  [{ query: {} }, /^\[query\] must be an object with exactly one field$/],
  [{ query: { term: { username: ['a'] } } }, /^a value must be a text/],
  [{ query: { terms: { username: 'a' } } }, /^\[terms\] query requires an array/],
  [{ query: { ids: {} } }, /^\[ids\] requires values/],
  [{ query: { bool: { maybe: [] } } }, /^\[bool\] query does not support \[maybe\]$/],
  [{ query: { bool: { should: Array.from({ length: 1024 }, () => ({ match_all: {} })) } } }, /at most 1024 clauses$/],
  [{ query: { wildcard: { username: '*a'.repeat(600) } } }, /cannot be used: it is longer than/],
  [{ sort: 'password' }, /^sorting is not supported for field \[password\]$/],
  [{ sort: { username: 'up' } }, /^\[sort\] of \[username\] must be/],
  [{ from: -1 }, /^\[from\] parameter cannot be negative but was \[-1\]$/],
  [{ size: 10_001 }, /^Result window is too large/],
  [{ search_after: ['a'] }, /^\[search_after\] must have one value for each/],
  [{ sort: 'username', search_after: ['a'], from: 1 }, /^\[from\] parameter must be set to 0/],
  [{ aggs: {} }, /^\[query_user_request\] unknown field \[aggs\]/],
]

for (const [body, message] of REFUSED) {
  test(`refused: ${JSON.stringify(body).slice(0, 70)}`, async () => {
    const answer = await call('POST', '/_query/user', body)
    assert.equal(answer.status, 400)
    assert.match(reason(answer), message)
  })
}

test('who may not see users and roles may not search them', async () => {
  for (const kind of ['user', 'role']) {
    const answer = await call('GET', `/_query/${kind}`, undefined, joe)
    assert.equal(answer.status, 403)
    assert.match(reason(answer), /granted by the cluster privileges \[read_security,manage_security,all\]$/)
  }
})

test('many roles are put and deleted in one call, each by itself', async () => {
  const roles = {
    one: { cluster: ['monitor'] },
    two: { cluster: ['all'] },
    bad: { cluster: ['nonsense'] },
    superuser: {},
  }
  const { status, body } = await call('POST', '/role', { roles })
  assert.equal(status, 200)
  assert.deepEqual(body['created'], ['one', 'two'])
  assert.ok(isJsonObject(body['errors']) && isJsonObject(body['errors']['details']))
  assert.equal(body['errors']['count'], 2)
  const { bad, superuser } = body['errors']['details']
  assert.ok(isJsonObject(bad) && isJsonObject(superuser))
  assert.equal(bad['type'], 'action_request_validation_exception')
  assert.match(JSON.stringify(bad), /unknown cluster privilege \[nonsense\]/)
  assert.equal(superuser['reason'], 'Validation Failed: 1: Role [superuser] is reserved and may not be used.;')

  const again = await call('POST', '/role', { roles: { one: { cluster: ['monitor'] }, two: { cluster: [] } } })
  assert.deepEqual(again.body, { noop: ['one'], updated: ['two'] })
  const removed = await call('DELETE', '/role', { names: ['one', 'nothing', 'superuser', 'two'] })
  assert.deepEqual(removed.body, {
    deleted: ['one', 'two'],
    not_found: ['nothing'],
    errors: {
      count: 1,
      details: {
        superuser: { type: 'illegal_argument_exception', reason: 'role [superuser] is reserved and cannot be deleted' },
      },
    },
  })
})

test('what is wrong with one of many roles is told whatever its name', async () => {
  const roles = JSON.parse('{"__proto__": {"cluster": ["nonsense"]}}') as JsonObject
  const { body } = await call('POST', '/role', { roles })
  assert.ok(isJsonObject(body['errors']) && isJsonObject(body['errors']['details']))
  assert.deepEqual(Object.keys(body['errors']['details']), ['__proto__'])
})

test('a call for many roles that has not the right form does nothing', async () => {
  const role = { form: {}, wrong: { clutser: [] } }
  assert.match(reason(await call('POST', '/role', { roles: role })), /unexpected field \[clutser\]/)
  assert.equal((await call('GET', '/role/form')).status, 404)
  assert.match(reason(await call('POST', '/role', {})), /roles doesn't support values of type: VALUE_NULL/)
  assert.match(reason(await call('DELETE', '/role', { names: 'dev' })), /names doesn't support values of type/)
  assert.equal((await call('DELETE', '/role', { names: ['dev'] }, joe)).status, 403)
})
