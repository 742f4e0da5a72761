/**
 * The signature of a JWT (RFC 7515 §5.2) by the algorithms of RFC 7518 §3. With node:crypto and a key object it is one call
 * on the spot; Web Crypto's way through the thread pool costs a login several times as much.
 */
import { constants, createHmac, createSecretKey, type KeyObject, verify } from 'node:crypto'
import { equalSecrets } from '../kernel/random.ts'
import type { Jwt } from './jwt.ts'

/**
 * How node:crypto is told each family of algorithms. RFC 7518 §3.3 is what it takes an RSA key for by itself, and telling it
 * would double the cost of the call; §3.5, where the salt is as long as the hash; §3.4.
 */
const SCHEMES = {
  RS: undefined,
  PS: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ES: { dsaEncoding: 'ieee-p1363' },
} as const

/**
 * Whether the JWT has a good signature by this public key, which is of the type, of the length and on the curve that the
 * JWT's algorithm wants.
 */
export function isSignedByKey(jwt: Jwt, key: KeyObject): boolean {
  const algorithm = readAlgorithm(jwt)
  if (algorithm === undefined || algorithm.family === 'HS') return false
  const { family, hash } = algorithm
  try {
    const scheme = SCHEMES[family]
    return verify(hash, signedPart(jwt), scheme === undefined ? key : { key, ...scheme }, jwt.signature)
  } catch {
    return false
  }
}

/** Whether the JWT has a good HMAC by this secret (RFC 7518 §3.2). */
export function isSignedBySecret(jwt: Jwt, secret: Uint8Array): boolean {
  const algorithm = readAlgorithm(jwt)
  if (algorithm?.family !== 'HS') return false
  return equalSecrets(
    createHmac(algorithm.hash, createSecretKey(secret)).update(signedPart(jwt)).digest(),
    jwt.signature,
  )
}

type Family = 'HS' | keyof typeof SCHEMES

function readAlgorithm({ algorithm, header }: Jwt): { family: Family; hash: string } | undefined {
  // RFC 7515 §4.1.11: we understand no extension, so no token that calls one critical is valid.
  if (Object.hasOwn(header, 'crit')) return undefined
  const [, family, bits] = /^(HS|RS|PS|ES)(256|384|512)$/.exec(algorithm) ?? []
  return family === undefined ? undefined : { family: family as Family, hash: `sha${bits}` }
}

/** Header and payload as they were sent, with the dot between them. */
function signedPart({ text }: Jwt): Uint8Array {
  return Buffer.from(text.slice(0, text.lastIndexOf('.')))
}
