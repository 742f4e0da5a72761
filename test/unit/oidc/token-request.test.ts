import assert from 'node:assert/strict'
import test from 'node:test'
import { buildTokenRequestBody, readTokenAnswer } from '../../../src/oidc/token-request.ts'
import { buildProviderAnswer } from '../../support/provider-answer.ts'
import vectors from '../../vectors/token-answers.json' with { type: 'json' }

const GOOD = { access_token: 'at-1', token_type: 'Bearer', id_token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln' }

for (const { name, change = {}, body = {}, tokens, text } of vectors)
  test(`token answer with ${name}`, () => {
    const answer = buildProviderAnswer(change, JSON.stringify({ ...GOOD, ...body }))
    if (tokens === undefined)
      assert.throws(() => readTokenAnswer(answer), { reason: 'code_exchange_failed', message: text })
    else assert.partialDeepStrictEqual(readTokenAnswer(answer), tokens)
  })

test('the body has grant, code, address, verifier and credentials in this order, and no nonce', () => {
  const credentials = { authorization: undefined, parameters: [['client_id', 'rp']] as const }
  const body = buildTokenRequestBody('c 1', 'https://rp/cb', 'v-1', credentials)
  const expected =
    'grant_type=authorization_code&code=c+1&redirect_uri=https%3A%2F%2Frp%2Fcb&code_verifier=v-1&client_id=rp'
  assert.equal(body, expected)
})
