import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import test from 'node:test'
import { readSigningAlgorithm } from '../../../src/settings/signing-key.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const toPem = (key: typeof rsa) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const toJwk = (key: typeof rsa) => JSON.stringify(key.export({ format: 'jwk' }))

test('an RSA key signs as configured, or with RS256', () => {
  assert.equal(readSigningAlgorithm(toPem(rsa), undefined), 'RS256')
  assert.equal(readSigningAlgorithm(toJwk(rsa), 'PS384'), 'PS384')
})

test('the curve of an EC key says what it signs with', () => {
  assert.equal(readSigningAlgorithm(toPem(ec('P-256')), undefined), 'ES256')
  assert.equal(readSigningAlgorithm(toJwk(ec('P-384')), undefined), 'ES384')
  assert.equal(readSigningAlgorithm(toJwk(ec('P-521')), 'ES512'), 'ES512')
})

test('a key that does not fit the configured algorithm is refused', () => {
  const message = (algorithm: string) => ({
    name: 'ValueError',
    message: `the signing key does not fit the algorithm [${algorithm}]`,
  })
  assert.throws(() => readSigningAlgorithm(toPem(rsa), 'ES256'), message('ES256'))
  assert.throws(() => readSigningAlgorithm(toPem(ec('P-256')), 'RS256'), message('RS256'))
  assert.throws(() => readSigningAlgorithm(toPem(ec('P-256')), 'ES384'), message('ES384'))
})

test('keys without an algorithm, short keys and public keys are refused', () => {
  const unfit = { message: 'the signing key must be RSA of 2048 bits or more, or EC on P-256, P-384 or P-521' }
  const unreadable = { message: 'the signing key cannot be read: expected a private key as PEM (PKCS#8) or JWK' }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  assert.throws(() => readSigningAlgorithm(toPem(privateKey), undefined), unfit)
  assert.throws(() => readSigningAlgorithm(toPem(generateKeyPairSync('ed25519').privateKey), undefined), unfit)
  assert.throws(() => readSigningAlgorithm(toPem(ec('secp256k1')), undefined), unfit)
  assert.throws(
    () => readSigningAlgorithm(publicKey.export({ type: 'spki', format: 'pem' }).toString(), undefined),
    unreadable,
  )
  assert.throws(() => readSigningAlgorithm('{"kty":"RSA"}', undefined), unreadable)
  assert.throws(() => readSigningAlgorithm('', undefined), unreadable)
})
