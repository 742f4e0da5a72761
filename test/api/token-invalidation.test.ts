import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../src/kernel/json.ts'
import { basic, bearer, callApi, reason, text } from '../support/api-call.ts'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

const TOKEN = '/_security/oauth2/token'
const WELL_FORMED = '46ToAxYzNUdPZWdYOFRQcWhjeHR3NWpvTmVB'
const NOT_BASE64 = '!46ToAxYzNUdPZWdYOFRQcWhjeHR3NWpvTmVB'
const LOOKS_LIKE_IT = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDE'
const authorization = basic('elastic', BOOTSTRAP_PASSWORD)
let api: RestApi

before(async () => {
  api = await startRestApi()
  await api.putUser('joe', { password: 'joes-password', roles: [] })
})
after(() => api.close())

const invalidate = (body: JsonObject) => callApi(api.address, TOKEN, { method: 'DELETE', authorization, body })
const login = () =>
  callApi(api.address, TOKEN, {
    authorization,
    body: { grant_type: 'password', username: 'joe', password: 'joes-password' },
  })
const counts = (invalidated: number, previously: number) => ({
  invalidated_tokens: invalidated,
  previously_invalidated_tokens: previously,
  error_count: 0,
})

// The first test needs a store in which no token was ever created.
test('before the first token a well-formed one is a 400, any other text a 404', async () => {
  for (const kind of ['token', 'refresh_token']) {
    const answer = await invalidate({ [kind]: WELL_FORMED })
    assert.equal(answer.status, 400)
    assert.equal(reason(answer), 'failed to invalidate token')
    const garbage = await invalidate({ [kind]: NOT_BASE64 })
    assert.equal(garbage.status, 404)
    assert.deepEqual(garbage.body, counts(0, 0))
  }
  const bare = '!bare-refresh-token-22'
  assert.equal((await invalidate({ refresh_token: bare })).status, 400)
  assert.equal((await invalidate({ token: bare })).status, 404)
  const ofUser = await invalidate({ username: 'joe' })
  assert.equal(ofUser.status, 200)
  assert.deepEqual(ofUser.body, counts(0, 0))
})

test('after the first token whatever is no token is a 404', async () => {
  await login()
  for (const kind of ['token', 'refresh_token']) {
    for (const value of [WELL_FORMED, NOT_BASE64, LOOKS_LIKE_IT]) {
      const answer = await invalidate({ [kind]: value })
      assert.equal(answer.status, 404)
      assert.deepEqual(answer.body, counts(0, 0))
    }
  }
})

test('a token is invalidated once, and then previously, even after it expired', async () => {
  const issued = await login()
  for (const [field, kind] of [
    ['access_token', 'token'],
    ['refresh_token', 'refresh_token'],
  ] as const) {
    const body = { [kind]: text(issued, field) }
    assert.deepEqual((await invalidate(body)).body, counts(1, 0))
    api.time.now += 1201
    const again = await invalidate(body)
    assert.equal(again.status, 200)
    assert.deepEqual(again.body, counts(0, 1))
  }
})

test('an invalidated access token answers exactly as an expired one, and its refresh token still works', async () => {
  const issued = await login()
  const refused = () =>
    callApi(api.address, '/_security/_authenticate', { authorization: bearer(text(issued, 'access_token')) })
  await invalidate({ token: text(issued, 'access_token') })
  const invalidated = await refused()
  assert.equal(invalidated.status, 401)
  assert.equal(reason(invalidated), 'token expired')
  api.time.now += 1201
  assert.deepEqual((await refused()).body, invalidated.body)
  const refreshed = await callApi(api.address, TOKEN, {
    authorization,
    body: { grant_type: 'refresh_token', refresh_token: text(issued, 'refresh_token') },
  })
  assert.equal(refreshed.status, 200)
})

test('an invalidated refresh token cannot be used, and its access token still works', async () => {
  const issued = await login()
  const refresh_token = text(issued, 'refresh_token')
  await invalidate({ refresh_token })
  const refreshed = await callApi(api.address, TOKEN, {
    authorization,
    body: { grant_type: 'refresh_token', refresh_token },
  })
  assert.deepEqual(refreshed.body, { error: 'invalid_grant', error_description: 'token has been invalidated' })
  const who = await callApi(api.address, '/_security/_authenticate', {
    authorization: bearer(text(issued, 'access_token')),
  })
  assert.equal(who.status, 200)
})

test('by user and realm both sides of each login are counted; both conditions must hold', async () => {
  await api.putUser('ann', { password: 'anns-password', roles: [] })
  const body = { grant_type: 'password', username: 'ann', password: 'anns-password' }
  for (let logins = 0; logins < 2; logins++) await callApi(api.address, TOKEN, { authorization, body })
  assert.deepEqual((await invalidate({ username: 'ann', realm_name: 'elsewhere' })).body, counts(0, 0))
  assert.deepEqual((await invalidate({ username: 'ann', realm_name: 'default_native' })).body, counts(4, 0))
  assert.deepEqual((await invalidate({ username: 'ann' })).body, counts(0, 0))
})

test('what does not fit together is refused, each with its own words', async () => {
  const both = await invalidate({ token: 'a', refresh_token: 'b' })
  assert.equal(both.status, 400)
  assert.deepEqual((both.body['error'] as JsonObject)['type'], 'x_content_parse_exception')
  assert.deepEqual((both.body['error'] as JsonObject)['caused_by'], {
    type: 'illegal_argument_exception',
    reason: 'only one of [token, refresh_token] may be sent per request',
  })
  assert.equal(
    reason(await invalidate({ token: 'a', username: 'joe' })),
    'Validation Failed: 1: token string must not be provided when realm name or username is specified;' +
      '2: token type must not be provided when realm name or username is specified;',
  )
  for (const nothing of [{}, { token: '' }, { refresh_token: ' ', username: ' ' }]) {
    assert.equal(
      reason(await invalidate(nothing)),
      'Validation Failed: 1: token string must be provided when not specifying a realm name or a username;',
    )
  }
  assert.equal(
    reason(await invalidate({ tokens: 'a' })),
    '[invalidate_token] unknown field [tokens] did you mean [token]?',
  )
})

test('an empty token counts as absent', async () => {
  const issued = await login()
  const answer = await invalidate({ token: text(issued, 'access_token'), refresh_token: '' })
  assert.deepEqual(answer.body, counts(1, 0))
})
