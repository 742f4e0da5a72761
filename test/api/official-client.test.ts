import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, errors } from '@elastic/elasticsearch'
import { createBrowserSession } from '../support/browser-session.ts'
import { signInAtProvider, signOutAtProvider } from '../support/oidc-login.ts'
import { type Program, startProgram } from '../support/program.ts'

let program: Program
before(async () => (program = await startProgram()))
after(() => program.remove())

test("Elasticsearch's JavaScript client signs alice in, asks who she is, and signs her out", async () => {
  const browser = createBrowserSession()
  const facilitator = new Client({
    node: program.api,
    auth: { username: 'facilitator', password: 'facilitator-demo' },
  })

  const prepared = await facilitator.security.oidcPrepareAuthentication({ realm: 'oidc1' })
  assert.equal(prepared.realm, 'oidc1')
  const redirect_uri = await signInAtProvider(browser, prepared.redirect, 'alice')
  const { state, nonce, realm } = prepared
  const login = await facilitator.security.oidcAuthenticate({ redirect_uri, state, nonce, realm })
  assert.equal(login.type, 'Bearer')
  assert.equal(login.expires_in, 1200)

  const alice = new Client({ node: program.api, auth: { bearer: login.access_token } })
  const user = await alice.security.authenticate()
  assert.equal(user.username, 'alice')
  assert.deepEqual(user.roles.toSorted(), ['example_role', 'finance_data'])
  assert.deepEqual(user.metadata['oidc(groups)'], ['finance-team', 'engineering'])
  assert.equal(user.authentication_realm.name, 'oidc1')
  assert.equal(user.authentication_type, 'token')

  const logout = await facilitator.security.oidcLogout({
    token: login.access_token,
    refresh_token: login.refresh_token,
  })
  const returned = await signOutAtProvider(browser, logout.redirect)
  assert.equal(returned.origin + returned.pathname, `${program.portal}/security/logged_out`)
  assert.equal(returned.searchParams.get('state'), new URL(logout.redirect).searchParams.get('state'))

  await assert.rejects(alice.security.authenticate(), isAnswer(401, 'token expired'))
  await assert.rejects(
    facilitator.security.getToken({ grant_type: 'refresh_token', refresh_token: login.refresh_token }),
    isAnswer(400, 'token has been invalidated'),
  )
})

test('it can renew the tokens of a login', async () => {
  const facilitator = new Client({
    node: program.api,
    auth: { username: 'facilitator', password: 'facilitator-demo' },
  })
  const { redirect, ...prepared } = await facilitator.security.oidcPrepareAuthentication({ realm: 'oidc2' })
  const redirect_uri = await signInAtProvider(createBrowserSession(), redirect, 'bob')
  const login = await facilitator.security.oidcAuthenticate({ redirect_uri, ...prepared })
  const renewed = await facilitator.security.getToken({
    grant_type: 'refresh_token',
    refresh_token: login.refresh_token,
  })
  assert.notEqual(renewed.access_token, login.access_token)
  const bob = new Client({ node: program.api, auth: { bearer: renewed.access_token } })
  assert.equal((await bob.security.authenticate()).username, 'bob')
})

function isAnswer(status: number, text: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof errors.ResponseError && error.statusCode === status && JSON.stringify(error.body).includes(text)
}
