/** Who gets in while the store is away, and what they see of it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AuditEvent } from '../../src/observe/audit.ts'
import { basic, bearer, callApi, reason, text } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const joe = basic('joe', 'joes-password')
let api: RestApi
let token: string
let events: AuditEvent[] = []

before(async () => {
  const audit = {
    emitsRequestBody: false,
    write: (event: AuditEvent) => void events.push(event),
    close: async () => {},
  }
  api = await startRestApi({ audit })
  await api.putUser('joe', { password: 'joes-password', roles: ['superuser'] })
  await callApi(api.address, '/_security/user/kibana_system/_password', {
    authorization: elastic,
    body: { password: 'for-kibana' },
  })
  const body = { grant_type: 'password', username: 'joe', password: 'joes-password' }
  token = text(await callApi(api.address, '/_security/oauth2/token', { authorization: elastic, body }), 'access_token')
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

test('with another password, or one that it does not have any more, it does not', async () => {
  assert.equal((await ask(basic('elastic', 'wrong'))).status, 401)
  assert.equal((await ask(basic('kibana_system', BOOTSTRAP_PASSWORD))).status, 401)
})

test('a native user does not get in, and is told that it is no matter of the password', async () => {
  events = []
  const answer = await ask(joe)
  assert.deepEqual([answer.status, reason(answer)], [401, 'error attempting to authenticate request'])
  assert.deepEqual(
    events.map((event) => event['event.action']),
    ['realm_authentication_failed', 'authentication_failed'],
  )
})

test('nor does the bearer of a token, which the audit log has as a tampered request', async () => {
  events = []
  const answer = await ask(bearer(token))
  assert.deepEqual([answer.status, reason(answer)], [401, 'error attempting to authenticate request'])
  assert.deepEqual(
    events.map((event) => [event['event.type'], event['event.action'], event['url.path'], event['event.reason']]),
    [['rest', 'tampered_request', '/_security/_authenticate', 'store_unavailable']],
  )
  assert.ok(!JSON.stringify(events).includes(token))
})
