/** Who gets in while the store is away, and what they see of it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gatherAudit } from '../support/audit.ts'
import { basic, bearer, callApi, reason, text } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const joe = basic('joe', 'joes-password')
let api: RestApi
let token: string
let refreshToken: string
const audit = gatherAudit()

before(async () => {
  api = await startRestApi({ audit })
  await api.putUser('joe', { password: 'joes-password', roles: ['superuser'] })
  await callApi(api.address, '/_security/user/kibana_system/_password', {
    authorization: elastic,
    body: { password: 'for-kibana' },
  })
  const body = { grant_type: 'password', username: 'joe', password: 'joes-password' }
  const issued = await callApi(api.address, '/_security/oauth2/token', { authorization: elastic, body })
  token = text(issued, 'access_token')
  refreshToken = text(issued, 'refresh_token')
  // Even who was let in a moment ago is looked up again.
  assert.equal((await ask(joe)).status, 200)
  assert.equal((await ask(basic('kibana_system', 'for-kibana'))).status, 200)
  await api.closeStore()
})
after(() => api.close())

const ask = (authorization: string, path = '/_security/_authenticate') => callApi(api.address, path, { authorization })

test('a reserved user gets in, and is told that the store is away', async () => {
  assert.equal((await ask(elastic)).status, 200)
  assert.equal((await ask(basic('kibana_system', 'for-kibana'))).status, 200)
  assert.equal((await ask(elastic, '/_cluster/health')).body['status'], 'red')
  const users = await ask(elastic, '/_security/user')
  assert.deepEqual([users.status, reason(users)], [503, 'unable to perform requested action'])
})

test('tokens are neither made nor ended, and that is told', async () => {
  const path = '/_security/oauth2/token'
  const issued = await callApi(api.address, path, {
    authorization: elastic,
    body: { grant_type: 'client_credentials' },
  })
  assert.deepEqual([issued.status, reason(issued)], [503, 'unable to perform requested action'])
  const renewed = await callApi(api.address, path, {
    authorization: elastic,
    body: { grant_type: 'refresh_token', refresh_token: refreshToken },
  })
  assert.deepEqual([renewed.status, renewed.headers.get('retry-after')], [400, '5'])
  assert.deepEqual(renewed.body, {
    error: 'invalid_grant',
    error_description: 'could not refresh the requested token',
  })
  const unknown = await callApi(api.address, path, {
    authorization: elastic,
    body: { grant_type: 'refresh_token', refresh_token: '!' },
  })
  assert.deepEqual([unknown.status, unknown.headers.get('retry-after')], [400, null])
  for (const body of [{ token }, { refresh_token: refreshToken }, { username: 'joe' }]) {
    const ended = await callApi(api.address, path, { method: 'DELETE', authorization: elastic, body })
    assert.deepEqual([ended.status, reason(ended)], [503, 'unable to perform requested action'])
    assert.equal(ended.headers.get('retry-after'), '5')
  }
})

test('with another password, or one that it does not have any more, it does not', async () => {
  assert.equal((await ask(basic('elastic', 'wrong'))).status, 401)
  assert.equal((await ask(basic('kibana_system', BOOTSTRAP_PASSWORD))).status, 401)
})

test('a native user does not get in, and is told that it is no matter of the password', async () => {
  audit.clear()
  const answer = await ask(joe)
  assert.deepEqual([answer.status, reason(answer)], [401, 'error attempting to authenticate request'])
  assert.deepEqual(
    audit.events.map((event) => event['event.action']),
    ['realm_authentication_failed', 'authentication_failed'],
  )
})

test('nor does the bearer of a token, which the audit log has as a tampered request', async () => {
  audit.clear()
  const answer = await ask(bearer(token))
  assert.deepEqual([answer.status, reason(answer)], [401, 'error attempting to authenticate request'])
  assert.deepEqual(
    audit.events.map((event) => [event['event.type'], event['event.action'], event['url.path'], event['event.reason']]),
    [['rest', 'tampered_request', '/_security/_authenticate', 'store_unavailable']],
  )
  assert.ok(!JSON.stringify(audit.events).includes(token))
})
