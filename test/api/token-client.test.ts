import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, errors } from '@elastic/elasticsearch'
import { BOOTSTRAP_PASSWORD, type RestApi, startRestApi } from '../support/rest-api.ts'

let api: RestApi
let client: Client
before(async () => {
  api = await startRestApi()
  client = new Client({ node: api.address, auth: { username: 'elastic', password: BOOTSTRAP_PASSWORD } })
})
after(async () => {
  await client.close()
  await api.close()
})

test("Elasticsearch's JavaScript client takes us for its kin, gets a token, uses, renews and invalidates it", async () => {
  assert.equal((await client.info()).tagline, 'You Know, for Search')
  const issued = await client.security.getToken({
    grant_type: 'password',
    username: 'elastic',
    password: BOOTSTRAP_PASSWORD,
  })
  assert.equal(issued.type, 'Bearer')
  const bearer = new Client({ node: api.address, auth: { bearer: issued.access_token } })
  assert.equal((await bearer.security.authenticate()).authentication_type, 'token')

  const refresh_token = issued.refresh_token ?? assert.fail('no refresh token')
  const renewed = await client.security.getToken({ grant_type: 'refresh_token', refresh_token })
  assert.notEqual(renewed.access_token, issued.access_token)

  const invalidated = await client.security.invalidateToken({ token: issued.access_token })
  assert.equal(invalidated.invalidated_tokens, 1)
  await assert.rejects(
    bearer.security.authenticate(),
    (error: unknown) => error instanceof errors.ResponseError && error.statusCode === 401,
  )
  await bearer.close()
})

test('it reads our errors', async () => {
  await assert.rejects(client.security.oidcPrepareAuthentication({ realm: 'oidc9' }), (error: unknown) => {
    assert.ok(error instanceof errors.ResponseError)
    assert.equal(error.statusCode, 400)
    assert.match(error.message, /Cannot find OpenID Connect realm with name \[oidc9\]/)
    return true
  })
  await assert.rejects(client.security.invalidateToken({ token: 'garbage' }), { statusCode: 404 })
})
