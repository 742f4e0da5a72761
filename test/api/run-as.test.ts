/** Acting as another user with the header `es-security-runas-user`. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isJsonObject } from '../../src/kernel/json.ts'
import { basic, bearer } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, INTERNAL_SECRET, type RestApi, startRestApi } from '../support/rest-api.ts'

const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const agent = basic('agent', 'agents-password')
const joe = basic('joe', 'joes-password')
const WHO = '/_security/_authenticate'
let api: RestApi

before(async () => {
  api = await startRestApi()
  await api.putRole('acting', { run_as: ['jo*', '/team-[0-9]+/', 'nobody', 'gone'] })
  await api.putRole('tokens', { cluster: ['manage_token'] })
  await api.putRole('monitoring', { cluster: ['monitor'] })
  await api.putUser('agent', { password: 'agents-password', roles: ['acting', 'lost'] })
  await api.putUser('joe', { password: 'joes-password', roles: ['monitoring', 'tokens'], full_name: 'Joe' })
  await api.putUser('team-7', { password: 'teams-password', roles: [] })
  await api.putUser('gone', { password: 'gones-password', roles: [], enabled: false })
  await api.putUser('ann', { password: 'anns-password', roles: ['superuser'] })
})
after(() => api.close())

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly authorization?: string
  readonly body?: object
}

async function actAs(user: string, { method = 'GET', path = WHO, authorization = agent, body }: Sent = {}) {
  const answer = await fetch(api.address + path, {
    method,
    headers: {
      authorization,
      'es-security-runas-user': user,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const json = (await answer.json()) as Record<string, unknown>
  const error = isJsonObject(json['error']) ? json['error'] : {}
  return { status: answer.status, headers: answer.headers, body: json, reason: error['reason'] }
}

test('who acts as another is shown as the other, in the realm that knows the other', async () => {
  const { status, body } = await actAs('joe', { authorization: elastic })
  assert.equal(status, 200)
  assert.equal(body['username'], 'joe')
  assert.equal(body['full_name'], 'Joe')
  assert.deepEqual(body['roles'], ['monitoring', 'tokens'])
  assert.deepEqual(body['authentication_realm'], { name: 'reserved', type: 'reserved' })
  assert.deepEqual(body['lookup_realm'], { name: 'default_native', type: 'native' })
  assert.equal(body['authentication_type'], 'realm')
})

test('names are allowed literally, by wildcards and by regular expressions', async () => {
  assert.equal((await actAs('joe')).status, 200)
  assert.equal((await actAs('team-7')).status, 200)
})

test('whoever may not act as a user is refused, whether that user exists or not', async () => {
  for (const user of ['ann', 'elastic', 'nobody', 'no-such-user']) {
    const { status, reason, headers } = await actAs(user)
    assert.equal(status, 403, user)
    assert.equal(
      reason,
      'action [cluster:admin/xpack/security/user/authenticate] is unauthorized for user [agent] with effective roles' +
        ` [acting] (assigned roles [lost] were not found), because user [agent] is unauthorized to run as [${user}]`,
    )
    assert.equal(headers.get('x-elastic-product'), null)
  }
})

test('the privileges are those of the user that is acted as', async () => {
  assert.equal((await actAs('joe', { path: '/' })).status, 200)
  const refused = await actAs('team-7', { path: '/', authorization: elastic })
  assert.equal(refused.status, 403)
  assert.equal(
    refused.reason,
    'action [cluster:monitor/main] is unauthorized for user [elastic] run as [team-7] with effective roles [],' +
      ' this action is granted by the cluster privileges [monitor,manage,all]',
  )
})

test('an empty name, or a disabled user, is a failed authentication of the caller', async () => {
  for (const user of ['', 'gone']) {
    const { status, reason } = await actAs(user)
    assert.deepEqual([status, reason], [401, `unable to authenticate user [agent] for REST request [${WHO}]`])
  }
})

test('a wrong password is refused as ever', async () => {
  const { status, reason } = await actAs('joe', { authorization: basic('agent', 'wrong') })
  assert.deepEqual([status, reason], [401, `unable to authenticate user [agent] for REST request [${WHO}]`])
})

test('one acts as a native user also on its own account, and counts as it for a refresh', async () => {
  const password = { method: 'POST', path: '/_security/user/_password', body: { password: 'new-password-of-joe' } }
  assert.equal((await actAs('joe', password)).status, 200)
  assert.equal((await actAs('joe', { authorization: joe })).status, 401)
  await api.putUser('joe', { password: 'joes-password', roles: ['monitoring', 'tokens'], full_name: 'Joe' })

  const grant = { grant_type: 'password', username: 'joe', password: 'joes-password' }
  const path = '/_security/oauth2/token'
  const issued = await actAs('joe', { method: 'POST', path, body: grant })
  assert.equal(issued.status, 200)
  const refresh = { grant_type: 'refresh_token', refresh_token: String(issued.body['refresh_token']) }
  const renewed = await fetch(api.address + path, {
    method: 'POST',
    headers: { authorization: joe, 'content-type': 'application/json' },
    body: JSON.stringify(refresh),
  })
  assert.equal(renewed.status, 200)
})

test('a token of somebody who acts as another is only good as long as that may be', async () => {
  const path = '/_security/oauth2/token'
  const issued = await actAs('joe', { method: 'POST', path, body: { grant_type: 'client_credentials' } })
  const authorization = bearer(String(issued.body['access_token']))
  const ask = async () => {
    const answer = await fetch(api.address + WHO, { headers: { authorization } })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const who = await ask()
  assert.equal(who.body['username'], 'joe')
  assert.equal(who.body['authentication_type'], 'token')
  const twice = await actAs('team-7', { authorization })
  assert.equal(twice.status, 400)
  await api.putRole('acting', { run_as: [] })
  assert.equal((await ask()).status, 403)
  await api.putRole('acting', { run_as: ['jo*', '/team-[0-9]+/', 'nobody', 'gone'] })
})

test('the portal of the same process never acts as somebody else', async () => {
  const { status } = await actAs('elastic', { authorization: bearer(INTERNAL_SECRET) })
  assert.equal(status, 400)
})
