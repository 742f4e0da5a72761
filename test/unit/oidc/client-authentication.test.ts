import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import test from 'node:test'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import {
  createClientCredentials,
  readSigningKey,
  type ClientAuthentication,
} from '../../../src/oidc/client-authentication.ts'
import { createSigningKeyPair } from '../../support/scripted-provider.ts'

const NOW = 1_800_000_000.7
const ENDPOINT = 'https://op/token'
const SECRET = 's'.repeat(64)
const build = async (authentication: ClientAuthentication) =>
  createClientCredentials(authentication, 'my rp')(ENDPOINT, NOW)

async function buildAssertion(authentication: ClientAuthentication): Promise<string> {
  const { authorization, parameters } = await build(authentication)
  assert.equal(authorization, undefined)
  const [type, assertion] = parameters
  assert.equal(parameters.length, 2)
  assert.deepEqual(type, ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'])
  assert.equal(assertion?.[0], 'client_assertion')
  return assertion[1] ?? ''
}

test('client_secret_basic encodes both halves and sends no client_id', async () => {
  const { authorization = '', parameters } = await build({ method: 'client_secret_basic', secret: 'p:ä~ ' })
  assert.equal(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString(), 'my+rp:p%3A%C3%A4%7E+')
  assert.deepEqual(parameters, [])
})

test('client_secret_post and none name the client in the body', async () => {
  const post = await build({ method: 'client_secret_post', secret: 'p' })
  assert.deepEqual(
    [post.authorization, Object.fromEntries(post.parameters)],
    [undefined, { client_id: 'my rp', client_secret: 'p' }],
  )
  const none = await build({ method: 'none' })
  assert.deepEqual([none.authorization, none.parameters], [undefined, [['client_id', 'my rp']]])
})

test('client_secret_jwt signs an assertion for the token endpoint that lives 60 s', async () => {
  const assertion = await buildAssertion({ method: 'client_secret_jwt', secret: SECRET, algorithm: 'HS384' })
  assert.deepEqual(decodeProtectedHeader(assertion), { alg: 'HS384' })
  const { jti, ...claims } = decodeJwt(assertion)
  assert.deepEqual(claims, { iss: 'my rp', sub: 'my rp', aud: ENDPOINT, exp: 1_800_000_060 })
  assert.match(jti ?? '', /.{20}/)
  await jwtVerify(assertion, Buffer.from(SECRET), { currentDate: new Date(NOW * 1000) })
})

for (const [algorithm, bytes] of Object.entries({ HS256: 32, HS384: 48, HS512: 64 }))
  test(`client_secret_jwt with ${algorithm} needs a secret of ${bytes} bytes`, async () => {
    await assert.doesNotReject(build({ method: 'client_secret_jwt', secret: 's'.repeat(bytes), algorithm }))
    await assert.rejects(build({ method: 'client_secret_jwt', secret: 's'.repeat(bytes - 1), algorithm }), {
      reason: 'code_exchange_failed',
      message: `The secret length must be at least ${bytes * 8} bits`,
    })
  })

for (const algorithm of ['RS256', 'PS512', 'ES384'])
  test(`private_key_jwt signs with a PEM or JWK and ${algorithm}`, async () => {
    const pair = createSigningKeyPair(algorithm, null)
    const pem = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const jwk = JSON.stringify({ ...pair.privateKey.export({ format: 'jwk' }), kid: 'k-1' })
    for (const [text, header] of [
      [pem, { alg: algorithm }],
      [jwk, { alg: algorithm, kid: 'k-1' }],
    ] as const) {
      const key = readSigningKey(text, algorithm)
      const assertion = await buildAssertion({ method: 'private_key_jwt', key })
      assert.deepEqual(decodeProtectedHeader(assertion), header)
      await jwtVerify(assertion, createPublicKey(pair.privateKey), { currentDate: new Date(NOW * 1000) })
    }
  })

test('each request has an assertion of its own (RFC 7523 §3)', async () => {
  const buildCredentials = createClientCredentials(
    { method: 'client_secret_jwt', secret: SECRET, algorithm: 'HS256' },
    'my rp',
  )
  const [first, second] = [await buildCredentials(ENDPOINT, NOW), await buildCredentials(ENDPOINT, NOW + 5)]
  const claims = [first, second].map(({ parameters }) => decodeJwt(parameters[1]?.[1] ?? ''))
  assert.notEqual(claims[0]?.jti, claims[1]?.jti)
  assert.equal((claims[1]?.exp ?? 0) - (claims[0]?.exp ?? 0), 5)
})
