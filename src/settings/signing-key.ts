import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { ValueError } from './settings-error.ts'

const BY_CURVE: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }
const MIN_RSA_BITS = 2048

/**
 * The algorithm that fits the private key of `private_key_jwt`: by the curve for EC keys, for RSA keys the configured
 * one or RS256.
 * @param key PEM (PKCS#8) or a JWK
 * @throws ValueError if it is no private key, of a type without an algorithm, or not for the configured algorithm
 */
export function readSigningAlgorithm(key: string, configured: string | undefined): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = readPrivateKey(key)
  const isRsa = type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS
  const fitting = isRsa ? (configured ?? 'RS256') : type === 'ec' ? BY_CURVE[details?.namedCurve ?? ''] : undefined
  if (fitting === undefined)
    throw new ValueError(`the signing key must be RSA of ${MIN_RSA_BITS} bits or more, or EC on P-256, P-384 or P-521`)
  if (isRsa ? fitting.startsWith('ES') : configured !== undefined && configured !== fitting)
    throw new ValueError(`the signing key does not fit the algorithm [${configured}]`)
  return fitting
}

function readPrivateKey(key: string): KeyObject {
  try {
    return key.trimStart().startsWith('{')
      ? createPrivateKey({ key: JSON.parse(key) as JsonWebKey, format: 'jwk' })
      : createPrivateKey(key)
  } catch {
    throw new ValueError('the signing key cannot be read: expected a private key as PEM (PKCS#8) or JWK')
  }
}
