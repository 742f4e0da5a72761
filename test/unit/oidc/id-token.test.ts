import assert from 'node:assert/strict'
import test from 'node:test'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { checkIdTokenForm, checkSignatureVerdict, readIdToken } from '../../../src/oidc/id-token.ts'
import { readJwt } from '../../../src/oidc/jwt.ts'
import vectors from '../../vectors/id-token-claims.json' with { type: 'json' }

for (const { name, skew = vectors.expected.skew, change, refusedFor, subject = 'alice' } of vectors.cases)
  test(`ID token with ${name}`, () => {
    const claims = { ...vectors.valid, ...change } as JsonObject
    const read = () => readIdToken(claims, { ...vectors.expected, skew }, vectors.now)
    if (refusedFor === undefined) assert.deepEqual([read().subject, read().claims], [subject, claims])
    else assert.throws(read, { reason: 'id_token_invalid', message: refusedFor })
  })

test('the session at the provider is read if there is one', () => {
  const claims = { ...vectors.valid, sid: 's-1' }
  assert.equal(readIdToken(claims, vectors.expected, vectors.now).sessionId, 's-1')
  assert.equal(readIdToken(vectors.valid, vectors.expected, vectors.now).sessionId, undefined)
})

const NO_KEY = 'Signed JWT rejected: Another algorithm expected, or no matching key(s) found'
const forms: { name: string; header: object; signature?: string; refusedFor?: string }[] = [
  { name: 'signed as agreed', header: { alg: 'RS256' } },
  { name: 'signed as agreed, of the type jwt', header: { alg: 'RS256', typ: 'jwt' } },
  { name: 'unsigned (A-16)', header: { alg: 'none' }, signature: '', refusedFor: 'Signed ID token expected' },
  { name: 'with the algorithm NONE (A-16)', header: { alg: 'NONE' }, refusedFor: NO_KEY },
  { name: 'with the algorithm nOnE (A-16)', header: { alg: 'nOnE' }, refusedFor: NO_KEY },
  { name: 'signed with another algorithm (A-18)', header: { alg: 'HS256' }, refusedFor: NO_KEY },
  {
    name: 'encrypted (A-17)',
    header: { alg: 'RSA-OAEP', enc: 'A128GCM' },
    signature: 'YQ.YQ.YQ',
    refusedFor: 'Decryption of JWTs not configured',
  },
  ...['at+jwt', 'logout+jwt', 'token-introspection+jwt', 'oauth-authz-req+jwt', 'JOSE'].map((typ) => ({
    name: `of the type ${typ} (A-13)`,
    header: { alg: 'RS256', typ },
    refusedFor: `JOSE header typ (type) ${typ} not allowed`,
  })),
  {
    name: 'of a type that is no text (A-13)',
    header: { alg: 'RS256', typ: 1 },
    refusedFor: 'JOSE header typ (type) 1 not allowed',
  },
]

for (const { name, header, signature = 'c2ln', refusedFor } of forms)
  test(`a token ${name}`, () => {
    const jwt = readJwt(`${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.${signature}`)
    assert.ok(jwt)
    const check = () => checkIdTokenForm(jwt, 'RS256')
    if (refusedFor === undefined) assert.doesNotThrow(check)
    else assert.throws(check, { reason: 'id_token_invalid', message: refusedFor })
  })

test('each verdict on a signature has its own text', () => {
  assert.doesNotThrow(() => checkSignatureVerdict('good'))
  const reason = 'id_token_invalid'
  assert.throws(() => checkSignatureVerdict('no_key'), { reason, message: NO_KEY })
  const invalid = 'Signed JWT rejected: Invalid signature'
  assert.throws(() => checkSignatureVerdict('bad_signature'), { reason, message: invalid })
  assert.throws(() => checkSignatureVerdict('wrong_curve'), { reason, message: /another curve/ })
})
