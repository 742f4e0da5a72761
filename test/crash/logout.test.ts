import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bearer, callApi, FACILITATOR, text } from '../support/api-call.ts'
import { signInByApi } from '../support/oidc-login.ts'
import { type Program, startProgram } from '../support/program.ts'

let program: Program
before(async () => (program = await startProgram()))
after(() => program.remove())

test('an acknowledged logout holds through kill -9, and nobody else is signed out by it', async () => {
  const alice = await signInByApi(program, 'alice')
  const bob = await signInByApi(program, 'bob')

  const logout = await callApi(program.api, '/_security/oidc/logout', {
    authorization: FACILITATOR,
    body: { token: text(alice, 'access_token'), refresh_token: text(alice, 'refresh_token') },
  })
  await program.kill()
  assert.equal(logout.status, 200)
  await program.start()

  const ended = await callApi(program.api, '/_security/_authenticate', {
    authorization: bearer(text(alice, 'access_token')),
  })
  assert.equal(ended.status, 401)
  assert.match(JSON.stringify(ended.body), /"reason":"token expired"/)
  const refused = await callApi(program.api, '/_security/oauth2/token', {
    authorization: FACILITATOR,
    body: { grant_type: 'refresh_token', refresh_token: text(alice, 'refresh_token') },
  })
  assert.equal(refused.status, 400)
  assert.deepEqual(refused.body, { error: 'invalid_grant', error_description: 'token has been invalidated' })

  const living = await callApi(program.api, '/_security/_authenticate', {
    authorization: bearer(text(bob, 'access_token')),
  })
  assert.equal(living.status, 200)
  assert.equal(living.body['username'], 'bob')
})
