import assert from 'node:assert/strict'
import {
  constants,
  createHmac,
  generateKeyPairSync,
  randomBytes,
  sign as signBytes,
  type SignKeyObjectInput,
} from 'node:crypto'
import test from 'node:test'
import { SignJWT } from 'jose'
import { judgeHmacSignature, judgeSignature, readKeySet } from '../../../src/oidc/jwks.ts'
import { readJwt, type Jwt } from '../../../src/oidc/jwt.ts'
import { createSigningKeyPair, type SigningKeyPair } from '../../support/scripted-provider.ts'
import { assertLittleWork } from '../../support/work.ts'
import vectors from '../../vectors/key-fitting.json' with { type: 'json' }

const RSA = createSigningKeyPair('RS256', null)
const OTHER_RSA = createSigningKeyPair('RS256', null)
const EC = createSigningKeyPair('ES256', null)
const EC_384 = createSigningKeyPair('ES384', null)

/** Signed over the header as it is, whatever jose thinks of it. */
async function sign(pair: SigningKeyPair, header: object = {}, alg = pair.algorithm): Promise<Jwt> {
  const crit = Object.fromEntries(['exp', 'b64'].map((name) => [name, true]))
  const text = await new SignJWT({ sub: 'alice' })
    .setProtectedHeader({ alg, ...header })
    .sign(pair.privateKey, { crit })
  return readJwt(text) ?? assert.fail()
}

const keySet = (...keys: object[]) => readKeySet(JSON.stringify({ keys }))
const tampered = (jwt: Jwt): Jwt => {
  const [header, , signature] = jwt.text.split('.')
  return readJwt(`${header}.${Buffer.from('{"sub":"mallory"}').toString('base64url')}.${signature}`) ?? assert.fail()
}

for (const { name, header, jwk, verdict } of vectors)
  test(`key fitting: ${name}`, async () => {
    assert.equal(judgeSignature(await sign(RSA, header), keySet({ ...RSA.jwk, ...jwk })), verdict)
  })

test('a kid of 10 kB is only compared (A-20)', async () => {
  const jwt = await sign(RSA, { kid: 'k'.repeat(10_000) })
  assert.equal(judgeSignature(jwt, keySet({ ...RSA.jwk, kid: 'k' })), 'no_key')
})

for (const pair of ['RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'].map((alg) =>
  createSigningKeyPair(alg, null),
))
  test(`${pair.algorithm} is verified, and a changed payload is not (A-21)`, async () => {
    const jwt = await sign(pair)
    assert.equal(judgeSignature(jwt, keySet(pair.jwk)), 'good')
    assert.equal(judgeSignature(tampered(jwt), keySet(pair.jwk)), 'bad_signature')
  })

/** Signed with node:crypto in ways that RFC 7518 does not know. */
const signOddly = (alg: string, options: SignKeyObjectInput) => {
  const input = `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.e30`
  const signature = signBytes('sha256', Buffer.from(input), options).toString('base64url')
  return readJwt(`${input}.${signature}`) ?? assert.fail()
}

test('an RSA key of less than 2048 bits verifies nothing (RFC 7518 §3.3)', () => {
  const { publicKey, privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const keys = keySet(publicKey.export({ format: 'jwk' }))
  assert.equal(judgeSignature(signOddly('RS256', { key }), keys), 'bad_signature')
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  assert.equal(judgeSignature(signOddly('PS256', { key, ...pss }), keys), 'bad_signature')
})

test('keys that take long are not tried, however many there are (A-34)', async () => {
  const odd = (bits: number) => {
    const bytes = randomBytes(bits / 8)
    bytes[0] = 0xff
    bytes[bytes.length - 1] = 0xff
    return bytes.toString('base64url')
  }
  const exponents = Array.from({ length: 100 }, () => ({ kty: 'RSA', n: odd(3072), e: odd(3064) }))
  const moduli = Array.from({ length: 100 }, () => ({ kty: 'RSA', n: odd(16_384), e: 'AQAB' }))
  const keys = keySet(...exponents, ...moduli)
  const jwt = await sign(RSA)
  assertLittleWork(50, () => assert.equal(judgeSignature(jwt, keys), 'bad_signature'))
})

test('the salt of a PS signature is as long as the hash (RFC 7518 §3.5)', () => {
  const key = RSA.privateKey
  for (const [saltLength, verdict] of [
    [32, 'good'],
    [0, 'bad_signature'],
    [64, 'bad_signature'],
  ] as const) {
    const jwt = signOddly('PS256', { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
    assert.equal(judgeSignature(jwt, keySet(RSA.jwk)), verdict)
  }
})

test('the padding is that of the algorithm, whatever the other one says', () => {
  const key = RSA.privateKey
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  assert.equal(judgeSignature(signOddly('RS256', pss), keySet(RSA.jwk)), 'bad_signature')
  assert.equal(judgeSignature(signOddly('PS256', { key }), keySet(RSA.jwk)), 'bad_signature')
})

test('an EC signature is the two numbers and no DER (RFC 7518 §3.4)', () => {
  const key = EC.privateKey
  assert.equal(judgeSignature(signOddly('ES256', { key, dsaEncoding: 'ieee-p1363' }), keySet(EC.jwk)), 'good')
  assert.equal(judgeSignature(signOddly('ES256', { key, dsaEncoding: 'der' }), keySet(EC.jwk)), 'bad_signature')
})

test('a signature that is too short, too long, or of zeros is none', async () => {
  for (const pair of [RSA, EC]) {
    const { text, signature } = await sign(pair)
    const input = text.slice(0, text.lastIndexOf('.'))
    const wrong = [signature.subarray(1), Buffer.concat([signature, Buffer.alloc(1)]), new Uint8Array(signature.length)]
    for (const bytes of wrong) {
      const jwt = readJwt(`${input}.${Buffer.from(bytes).toString('base64url')}`) ?? assert.fail()
      assert.equal(judgeSignature(jwt, keySet(pair.jwk)), 'bad_signature')
    }
  }
})

test('all fitting keys are tried, in their order (oidcc-client-test-kid-absent-multiple-jwks)', async () => {
  assert.equal(judgeSignature(await sign(RSA), keySet(OTHER_RSA.jwk, EC.jwk, RSA.jwk)), 'good')
  assert.equal(judgeSignature(await sign(RSA), keySet(OTHER_RSA.jwk, EC.jwk)), 'bad_signature')
})

test('a key of another type does not fit', async () => {
  assert.equal(judgeSignature(await sign(EC), keySet(RSA.jwk)), 'no_key')
  assert.equal(judgeSignature(await sign(RSA), keySet(EC.jwk)), 'no_key')
})

test('a key on another curve is told apart, unless another key is on the right one', async () => {
  assert.equal(judgeSignature(await sign(EC), keySet(EC_384.jwk)), 'wrong_curve')
  assert.equal(judgeSignature(await sign(EC), keySet(EC_384.jwk, EC.jwk)), 'good')
})

test('keys and key locations in the header count for nothing (A-19)', async () => {
  const own = { jwk: OTHER_RSA.jwk, jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x', x5c: ['YWJj'] }
  assert.equal(judgeSignature(await sign(OTHER_RSA, own), keySet(RSA.jwk)), 'bad_signature')
  assert.equal(judgeSignature(await sign(RSA, own), keySet(RSA.jwk)), 'good')
})

test('a public key is no HMAC secret (A-18)', async () => {
  const pem = createPem(RSA)
  const input = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.e30`
  for (const secret of [pem, pem.trim(), JSON.stringify(RSA.jwk), Buffer.from(RSA.jwk.n ?? '', 'base64url')]) {
    const jwt = readJwt(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)
    assert.ok(jwt)
    assert.notEqual(judgeSignature(jwt, keySet(RSA.jwk)), 'good')
  }
})

test('the client secret is an HMAC key without kid, of 32 bytes at least', async () => {
  const secret = 's'.repeat(32)
  const hmac = async (header: object, key: string, alg = 'HS256') => {
    const text = await new SignJWT({}).setProtectedHeader({ alg, ...header }).sign(Buffer.from(key))
    return readJwt(text) ?? assert.fail()
  }
  assert.equal(judgeHmacSignature(await hmac({}, secret), secret), 'good')
  for (const alg of ['HS384', 'HS512']) {
    assert.equal(judgeHmacSignature(await hmac({}, secret.repeat(2), alg), secret.repeat(2)), 'good')
    assert.equal(judgeHmacSignature(tampered(await hmac({}, secret.repeat(2), alg)), secret.repeat(2)), 'bad_signature')
  }
  assert.equal(judgeHmacSignature(await hmac({ kid: 'k' }, secret), secret), 'no_key')
  assert.equal(judgeHmacSignature(await sign(RSA), secret), 'bad_signature')
  assert.equal(judgeHmacSignature(await hmac({}, 't'.repeat(32)), secret), 'bad_signature')
  const short = await hmac({}, 's'.repeat(31))
  assert.throws(() => judgeHmacSignature(short, 's'.repeat(31)), {
    reason: 'id_token_invalid',
    message: 'The secret length must be at least 256 bits',
  })
})

test('of a private key the set has the public half', () => {
  const [key] = keySet(RSA.privateKey.export({ format: 'jwk' }))
  assert.equal(key?.key.type, 'public')
})

test('keys of types that sign nothing here are skipped', () => {
  const others = [{ kty: 'oct', k: 'YQ' }, { kty: 'OKP', crv: 'Ed25519', x: 'YQ' }, { kty: 'AKP' }]
  assert.equal(keySet(...others, RSA.jwk).length, 1)
})

const unusable = {
  'no JSON': '<html>',
  'no list of keys': '{"keys":{}}',
  'a key that is no object': '{"keys":["k"]}',
  'a key without kty': '{"keys":[{}]}',
  'an RSA key without modulus': '{"keys":[{"kty":"RSA","e":"AQAB"}]}',
  'a point that is not on the curve': '{"keys":[{"kty":"EC","crv":"P-256","x":"YWJj","y":"YWJj"}]}',
  'an invalid key besides a good one': JSON.stringify({ keys: [RSA.jwk, { kty: 'EC' }] }),
  'very many keys': JSON.stringify({ keys: Array.from({ length: 201 }, () => ({ kty: 'oct' })) }),
}

for (const [name, text] of Object.entries(unusable))
  test(`a set with ${name} is refused as a whole`, () => {
    assert.throws(() => readKeySet(text), { reason: 'keys_unavailable' })
  })

function createPem({ jwk }: SigningKeyPair): string {
  const [key] = keySet(jwk)
  return String(key?.key.export({ type: 'spki', format: 'pem' }))
}
