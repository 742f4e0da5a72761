import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isJsonObject } from '../../src/kernel/json.ts'
import { basic, bearer, callApi, reason, text } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'
import vectors from '../vectors/token-requests.json' with { type: 'json' }

const TOKEN = '/_security/oauth2/token'
const elastic = basic('elastic', BOOTSTRAP_PASSWORD)
const facilitator = basic('facilitator', 'facilitator-password')
const nobody = basic('nobody', 'nobody-password')
let api: RestApi

before(async () => {
  api = await startRestApi()
  await api.putRole('tokens', { cluster: ['manage_token'] })
  await api.putUser('facilitator', { password: 'facilitator-password', roles: ['tokens'] })
  await api.putUser('nobody', { password: 'nobody-password', roles: [] })
  await api.putUser('joe', { password: 'joes-password', roles: ['r2', 'r1'], full_name: 'Joe', metadata: { a: 1 } })
})
after(() => api.close())

const ask = (body: Record<string, string>, authorization = facilitator) =>
  callApi(api.address, TOKEN, { authorization, body })
const askPassword = () => ask({ grant_type: 'password', username: 'joe', password: 'joes-password' })
const whoIs = (token: string) => callApi(api.address, '/_security/_authenticate', { authorization: bearer(token) })

for (const { name, body, error, faults } of vectors.cases) {
  test(`${name}: ${error}`, async () => {
    const told = faults.map((fault, index) => `${index + 1}: ${fault === 'GRANTS' ? vectors.grants : fault};`)
    const answer = await ask(body)
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, { error, error_description: `Validation Failed: ${told.join('')}` })
    assert.equal(answer.headers.get('www-authenticate'), null)
  })
}

test('the password grant gives a pair for the named user, whoever the caller is', async () => {
  const answer = await askPassword()
  assert.equal(answer.status, 200)
  assert.deepEqual(Object.keys(answer.body), ['access_token', 'type', 'expires_in', 'refresh_token', 'authentication'])
  assert.equal(answer.body['type'], 'Bearer')
  assert.equal(answer.body['expires_in'], 1200)
  assert.deepEqual(answer.body['authentication'], {
    username: 'joe',
    roles: ['r2', 'r1'],
    full_name: 'Joe',
    email: null,
    metadata: { a: 1 },
    enabled: true,
    authentication_realm: { name: 'default_native', type: 'native' },
    lookup_realm: { name: 'default_native', type: 'native' },
    authentication_type: 'realm',
  })
})

test('with the token the realms are those of the login, and the type is token', async () => {
  const issued = await askPassword()
  const { status, body } = await whoIs(text(issued, 'access_token'))
  assert.equal(status, 200)
  assert.deepEqual(body, { ...(issued.body['authentication'] as object), authentication_type: 'token' })
})

test('a wrong password is an ordinary 401 for the action, not invalid_grant', async () => {
  const answer = await ask({ grant_type: 'password', username: 'joe', password: 'wrong' })
  assert.equal(answer.status, 401)
  assert.equal(
    reason(answer),
    'unable to authenticate user [joe] for action [cluster:admin/xpack/security/token/create]',
  )
  assert.equal(
    answer.headers.get('www-authenticate'),
    'Basic realm="security", charset="UTF-8", Bearer realm="security"',
  )
  assert.equal(answer.headers.get('x-elastic-product'), null)
})

test('client credentials give an access token alone, for the caller itself', async () => {
  const answer = await ask({ grant_type: 'client_credentials' })
  assert.deepEqual(Object.keys(answer.body), ['access_token', 'type', 'expires_in', 'authentication'])
  const { body } = await whoIs(text(answer, 'access_token'))
  assert.equal(body['username'], 'facilitator')
  assert.equal(body['authentication_type'], 'token')
})

test('whatever scope was asked for, it is full; who asked for none is told none', async () => {
  for (const scope of ['full', 'other', '']) {
    const answer = await ask({ grant_type: 'client_credentials', scope })
    assert.equal(answer.body['scope'], 'full')
  }
})

test('a refresh gives a new pair and leaves the old access token alive; twice within 30 s it is the same pair', async () => {
  const issued = await askPassword()
  const refresh = { grant_type: 'refresh_token', refresh_token: text(issued, 'refresh_token') }
  const first = await ask(refresh)
  assert.equal(first.status, 200)
  const authentication = first.body['authentication']
  assert.ok(isJsonObject(authentication))
  assert.equal(authentication['authentication_type'], 'token')
  assert.deepEqual((await ask(refresh)).body, first.body)
  assert.equal((await whoIs(text(issued, 'access_token'))).status, 200)
  assert.equal((await whoIs(text(first, 'access_token'))).status, 200)
  api.time.now += 31
  assert.deepEqual((await ask(refresh)).body, {
    error: 'invalid_grant',
    error_description: 'token has already been refreshed more than 30 seconds in the past',
  })
})

test('another client cannot refresh a pair', async () => {
  const issued = await askPassword()
  const answer = await ask({ grant_type: 'refresh_token', refresh_token: text(issued, 'refresh_token') }, elastic)
  assert.equal(answer.status, 400)
  assert.deepEqual(answer.body, {
    error: 'invalid_grant',
    error_description: 'tokens must be refreshed by the creating client',
  })
})

test('an unknown refresh token is invalid_grant', async () => {
  const answer = await ask({ grant_type: 'refresh_token', refresh_token: 'garbage' })
  assert.deepEqual(answer.body, {
    error: 'invalid_grant',
    error_description: 'could not refresh the requested token',
  })
})

test('a disabled or deleted user, or a new password, ends no token', async () => {
  await api.putUser('bob', { password: 'bobs-password', roles: [] })
  const issued = await ask({ grant_type: 'password', username: 'bob', password: 'bobs-password' })
  await api.putUser('bob', { password: 'other-password', roles: [], enabled: false })
  assert.equal((await whoIs(text(issued, 'access_token'))).status, 200)
  const refreshed = await ask({ grant_type: 'refresh_token', refresh_token: text(issued, 'refresh_token') })
  assert.equal(refreshed.status, 200)
  const login = await callApi(api.address, '/_security/_authenticate', {
    authorization: basic('bob', 'other-password'),
  })
  assert.equal(reason(login), 'unable to authenticate user [bob] for REST request [/_security/_authenticate]')
})

test('an expired access token has one challenge of its own, garbage has them all', async () => {
  const issued = await askPassword()
  api.time.now += 1201
  const expired = await whoIs(text(issued, 'access_token'))
  assert.equal(expired.status, 401)
  assert.equal(reason(expired), 'token expired')
  const challenge = 'Bearer realm="security", error="invalid_token", error_description="The access token expired"'
  assert.equal(expired.headers.get('www-authenticate'), challenge)
  assert.deepEqual((expired.body['error'] as { header: unknown }).header, { 'WWW-Authenticate': challenge })
  const garbage = await whoIs('garbage')
  assert.match(reason(garbage), /^unable to authenticate with provided credentials and anonymous access is not allowed/)
  assert.match(JSON.stringify(garbage.body), /"additional_unsuccessful_credentials":"oauth2 token: invalid token"/)
  assert.match(garbage.headers.get('www-authenticate') ?? '', /^Basic .*, Bearer realm="security"$/)
})

test('the caller needs the privilege for the grant: another one for a refresh', async () => {
  const refused = async (body: Record<string, string>) => {
    const answer = await ask(body, nobody)
    assert.equal(answer.status, 403)
    assert.equal(answer.headers.get('x-elastic-product'), null)
    assert.equal(answer.headers.get('www-authenticate'), null)
    return reason(answer)
  }
  assert.equal(
    await refused({ grant_type: 'client_credentials' }),
    'action [cluster:admin/xpack/security/token/create] is unauthorized for user [nobody] with effective roles []' +
      ', this action is granted by the cluster privileges [manage_token,manage_security,all]',
  )
  assert.equal(
    await refused({ grant_type: 'refresh_token', refresh_token: 'garbage' }),
    'action [cluster:admin/xpack/security/token/refresh] is unauthorized for user [nobody] with effective roles []' +
      ', this action is granted by the cluster privileges [manage_saml,manage_token,manage_security,all]',
  )
})

test('a request that is wrong in itself is told to those who may not make it, too', async () => {
  const answer = await ask({ grant_type: 'password' }, nobody)
  assert.equal(answer.body['error'], 'invalid_request')
})

test('a Kerberos ticket finds no realm, and has to be base64', async () => {
  const noRealm = await ask({ grant_type: '_kerberos', kerberos_ticket: 'YWJj' })
  assert.equal(noRealm.status, 401)
  assert.equal(
    reason(noRealm),
    'unable to authenticate user [<Kerberos Token>] for action [cluster:admin/xpack/security/token/create]',
  )
  const malformed = await ask({ grant_type: '_kerberos', kerberos_ticket: 'no base64' })
  assert.equal(malformed.status, 400)
  assert.equal(reason(malformed), 'could not decode base64 kerberos ticket no base64')
  assert.partialDeepStrictEqual(malformed.body, { error: { type: 'unsupported_operation_exception' }, status: 400 })
})

test('a service that is switched off says so', async () => {
  const off = await startRestApi({ tokensEnabled: false })
  try {
    for (const method of ['POST', 'DELETE']) {
      const answer = await callApi(off.address, TOKEN, { method, authorization: elastic, body: {} })
      assert.equal(answer.status, 400)
      assert.equal(reason(answer), 'security tokens are not enabled')
      assert.match(
        JSON.stringify(answer.body),
        /"type":"feature_not_enabled_exception".*"disabled.feature":"security_tokens"/,
      )
    }
    const answer = await callApi(off.address, '/', { authorization: bearer('garbage') })
    assert.equal(answer.status, 401)
    assert.equal(answer.headers.get('www-authenticate'), 'Basic realm="security", charset="UTF-8"')
  } finally {
    await off.close()
  }
})

test('A-47: no token of an answer is in the log', async () => {
  const issued = await askPassword()
  const log = JSON.stringify(api.lines)
  assert.ok(!log.includes(text(issued, 'access_token')) && !log.includes(text(issued, 'refresh_token')))
})
