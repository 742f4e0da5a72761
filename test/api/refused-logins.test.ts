import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from '../../src/kernel/json.ts'
import { callApi, FACILITATOR, reason, text } from '../support/api-call.ts'
import { respond } from '../support/oidc-login.ts'
import { type Program, startProgram } from '../support/program.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

const OPAQUE = 'unable to authenticate user [<OIDC Token>] for action [cluster:admin/xpack/security/oidc/authenticate]'

let program: Program
let scripted: ScriptedProvider
before(async () => {
  scripted = await startScriptedProvider()
  program = await startProgram({
    secrets: { 'xpack.security.authc.realms.oidc.impostor.rp.client_secret': 'not-the-secret-of-custom-web-app' },
    settings: (yaml, { example, provider }) => `${yaml}
provider.ttl.code: 1s
xpack.security.authc.realms.oidc.impostor:
  order: 4
  rp.client_id: 'custom-web-app'
  rp.response_type: code
  rp.redirect_uri: '${example}/callback'
  op.issuer: '${provider}'
  claims.principal: sub
xpack.security.authc.realms.oidc.away:
  order: 5
  rp.client_id: 'custom-web-app'
  rp.client_auth_method: none
  rp.response_type: code
  rp.redirect_uri: '${example}/callback'
  op.issuer: 'http://localhost:1'
  op.authorization_endpoint: 'http://localhost:1/authorize'
  op.token_endpoint: 'http://localhost:1/token'
  op.jwkset_path: 'http://localhost:1/keys'
  claims.principal: sub
xpack.security.authc.realms.oidc.undiscovered:
  order: 6
  rp.client_id: 'custom-web-app'
  rp.client_auth_method: none
  rp.response_type: code
  rp.redirect_uri: '${example}/callback'
  op.issuer: 'http://localhost:1'
  claims.principal: sub
xpack.security.authc.realms.oidc.scripted:
  order: 7
  rp.client_id: 'rp'
  rp.client_auth_method: none
  rp.response_type: code
  rp.redirect_uri: '${example}/callback'
  op.issuer: '${scripted.issuer}'
  claims.principal: sub
`,
  })
})
after(async () => {
  await program.remove()
  await scripted[Symbol.asyncDispose]()
})

/** A login as far as the provider, and a response of it with some code. */
async function prepareLogin(realm: string) {
  const prepared = await callApi(program.api, '/_security/oidc/prepare', {
    authorization: FACILITATOR,
    body: { realm },
  })
  const state = text(prepared, 'state')
  return { realm, state, nonce: text(prepared, 'nonce'), redirect_uri: `/callback?code=some-code&state=${state}` }
}

/** Hands a response to the API, which must refuse it without a word of why, and give the reason to the log. */
async function expectRefusal(response: JsonObject, why: RegExp): Promise<void> {
  const opaqueId = randomUUID()
  const answer = await callApi(program.api, '/_security/oidc/authenticate', {
    authorization: FACILITATOR,
    body: response,
    opaqueId,
  })
  assert.equal(answer.status, 401, JSON.stringify(answer.body))
  assert.equal(reason(answer), OPAQUE)
  assert.equal((answer.body['error'] as JsonObject)['type'], 'security_exception')
  assert.equal((answer.body['error'] as JsonObject)['caused_by'], undefined)
  assert.equal(answer.headers.get('x-opaque-id'), opaqueId)
  const line = await findLogLine(opaqueId)
  assert.match(line, why)
}

/** The log arrives by another way than the answer, and may do so later. */
async function findLogLine(requestId: string): Promise<string> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const line = program
      .output()
      .split('\n')
      .find((line) => line.includes(requestId))
    if (line !== undefined) return line
    await sleep(10)
  }
  throw new Error(`nothing in the log about ${requestId}:\n${program.output()}`)
}

test('a state other than that of the response is refused, and the response stays good', async () => {
  const response = { ...(await respond(program, 'alice', 'oidc1')) }
  await expectRefusal({ ...response, state: 'another-state' }, /Invalid state parameter/)
})

test('a code that has expired is refused', async () => {
  const response = await respond(program, 'alice', 'oidc2')
  await sleep(2100)
  await expectRefusal({ ...response }, /Failed to exchange code for Id Token\. Code=\[invalid_grant\]/)
})

test('a wrong client secret is refused by the provider, and the log says so', async () => {
  const response = await respond(program, 'alice', 'impostor')
  await expectRefusal(
    { ...response },
    /Caused by Failed to exchange code for Id Token; Caused by HTTP status \[401\], error \[invalid_client\]/,
  )
})

/** Prepares a login at the scripted provider, which will answer it with the ID token of `makeToken`. */
async function respondWith(makeToken: (nonce: string) => Promise<string>): Promise<JsonObject> {
  const response = await prepareLogin('scripted')
  const id_token = await makeToken(response.nonce)
  scripted.script('token', () => ({ body: { access_token: 'at', token_type: 'Bearer', id_token } }))
  scripted.script('userinfo', () => ({ body: { sub: 'alice' } }))
  return response
}

test('an ID token without fault signs in', async () => {
  const response = await respondWith((nonce) => scripted.sign(scripted.claims(nonce)))
  const answer = await callApi(program.api, '/_security/oidc/authenticate', {
    authorization: FACILITATOR,
    body: response,
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.equal(answer.body['username'], 'alice')
})

test('an ID token that was changed after it was signed is refused', async () => {
  const response = await respondWith(async (nonce) => {
    const [header, payload = '', signature] = (await scripted.sign(scripted.claims(nonce))).split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JsonObject
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'elastic' })).toString('base64url')
    return [header, changed, signature].join('.')
  })
  await expectRefusal(response, /Signed JWT rejected: Invalid signature/)
})

test('an ID token for another login is refused by its nonce', async () => {
  const response = await respondWith(() => scripted.sign(scripted.claims('the-nonce-of-another-login')))
  await expectRefusal(response, /Unexpected JWT nonce/)
})

test('an ID token of a provider whose clock is two minutes fast is refused', async () => {
  const iat = Math.floor(Date.now() / 1000) + 120
  const response = await respondWith((nonce) => scripted.sign(scripted.claims(nonce, { iat, exp: iat + 300 })))
  await expectRefusal(response, /JWT issue time ahead of current time/)
})

test('an ID token that expired two minutes ago is refused', async () => {
  const exp = Math.floor(Date.now() / 1000) - 120
  const response = await respondWith((nonce) => scripted.sign(scripted.claims(nonce, { iat: exp - 300, exp })))
  await expectRefusal(response, /Expired JWT/)
})

test('the same response a second time is refused', async () => {
  const response = await respondWith((nonce) => scripted.sign(scripted.claims(nonce)))
  const redeem = () =>
    callApi(program.api, '/_security/oidc/authenticate', { authorization: FACILITATOR, body: response })
  assert.equal((await redeem()).status, 200)
  const asked = scripted.count('token')
  await expectRefusal(response, /response_replayed/)
  assert.equal(scripted.count('token'), asked, 'the code was sent again')
})

test('a provider that does not answer costs the login, and the log names the call', async () => {
  const response = await prepareLogin('away')
  await expectRefusal(response, /Failed to exchange code for Id Token using the Token Endpoint\./)
})

test('a login cannot be prepared while the endpoints of its provider are not known', async () => {
  const answer = await callApi(program.api, '/_security/oidc/prepare', {
    authorization: FACILITATOR,
    body: { realm: 'undiscovered' },
  })
  assert.equal(answer.status, 503)
  assert.equal((answer.body['error'] as JsonObject)['type'], 'security_exception')
})

test('a response of no realm at all is refused', async () => {
  const response = { realm: 'nobody', state: 's', nonce: 'n', redirect_uri: '/callback?code=c&state=s' }
  await expectRefusal(response, /no OpenID Connect realm handles the response/)
})
