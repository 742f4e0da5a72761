import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, readJsonObject, type JsonObject } from '../kernel/json.ts'
import { isSignedByKey, isSignedBySecret } from './jws.ts'
import { textMember, type Jwt } from './jwt.ts'

const MAX_KEYS = 200

/** Of RSA keys: bits of the modulus, and the exponent. 65537 is what everybody has. */
const SOUND = { shortest: 2048, longest: 8192, exponent: 2n ** 32n }

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

/** A public key of a provider and what it says about itself (RFC 7517 §4). */
export interface ProviderKey {
  readonly type: 'RSA' | 'EC'
  readonly id: string | undefined
  readonly use: string | undefined
  readonly algorithm: string | undefined
  readonly curve: string | undefined
  /** Whether it verifies anything: an RSA key may be too weak, or take too long. */
  readonly sound: boolean
  /** SHA-256 of its certificate. */
  readonly thumbprint: string | undefined
  readonly key: KeyObject
}

export type KeySet = readonly ProviderKey[]

/** What the keys say about a signature. `no_key` and `bad_signature` may change once newer keys are there. */
export type SignatureVerdict = 'good' | 'no_key' | 'bad_signature' | 'wrong_curve'

/**
 * Reads a JWK set (RFC 7517 §5). Keys of types that sign no ID token here are skipped; of a private key only the public
 * half is taken.
 * @throws SecurityError `keys_unavailable` if the text is no set, or any RSA or EC key in it is invalid
 */
export function readKeySet(text: string): KeySet {
  const keys = readJsonObject(text)?.['keys']
  if (!Array.isArray(keys)) refuse('it has no list of keys')
  if (keys.length > MAX_KEYS) refuse(`it has more than ${MAX_KEYS} keys`)
  return keys.flatMap((jwk, index) => {
    if (!isJsonObject(jwk) || typeof jwk['kty'] !== 'string') refuse(`key ${index} has no kty`)
    return jwk['kty'] === 'RSA' || jwk['kty'] === 'EC' ? [readKey(jwk['kty'], jwk, index)] : []
  })
}

/**
 * Judges the signature of a signed JWT by the keys that fit it, in the order of the set. Key material and key locations
 * in the token's own header count for nothing.
 */
export function judgeSignature(jwt: Jwt, keys: KeySet): SignatureVerdict {
  const fitting = keys.filter((key) => fits(key, jwt))
  if (fitting.length === 0) return 'no_key'
  const usable = fitting.filter(({ type, curve }) => type === 'RSA' || curve === CURVES[jwt.algorithm])
  if (usable.length === 0) return 'wrong_curve'
  return usable.some(({ sound, key }) => sound && isSignedByKey(jwt, key)) ? 'good' : 'bad_signature'
}

/**
 * Judges an HS256, HS384 or HS512 signature by the client secret, which is a key without `kid`.
 * @throws SecurityError `id_token_invalid` if the secret is shorter than 32 bytes
 */
export function judgeHmacSignature(jwt: Jwt, clientSecret: string): SignatureVerdict {
  const secret = Buffer.from(clientSecret)
  if (secret.length < 32) throw new SecurityError('id_token_invalid', 'The secret length must be at least 256 bits')
  if (Object.hasOwn(jwt.header, 'kid')) return 'no_key'
  return isSignedBySecret(jwt, secret) ? 'good' : 'bad_signature'
}

function fits(key: ProviderKey, { algorithm, header }: Jwt): boolean {
  if (key.type !== (algorithm.startsWith('ES') ? 'EC' : 'RSA')) return false
  if (Object.hasOwn(header, 'kid') && key.id !== header['kid']) return false
  if (Object.hasOwn(header, 'x5t#S256') && key.thumbprint !== header['x5t#S256']) return false
  if (key.use !== undefined && key.use !== 'sig') return false
  return key.algorithm === undefined || key.algorithm === algorithm
}

function readKey(type: 'RSA' | 'EC', jwk: JsonObject, index: number): ProviderKey {
  const names = type === 'RSA' ? ['n', 'e'] : ['crv', 'x', 'y']
  const publicPart: JsonWebKey = Object.fromEntries([['kty', type], ...names.map((name) => [name, jwk[name]])])
  try {
    const key = createPublicKey({ key: publicPart, format: 'jwk' })
    return {
      type,
      id: textMember(jwk, 'kid'),
      use: textMember(jwk, 'use'),
      algorithm: textMember(jwk, 'alg'),
      curve: textMember(jwk, 'crv'),
      thumbprint: textMember(jwk, 'x5t#S256') ?? certificateThumbprint(jwk['x5c']),
      sound: type === 'EC' || isSound(key),
      key,
    }
  } catch (cause) {
    return refuse(`key ${index} is invalid`, cause)
  }
}

/**
 * RFC 7518 §3.3 and §3.5: less than 2048 bits are too weak. Beyond the other limits one signature takes milliseconds in
 * which nobody else is served, and a set may have many such keys.
 */
function isSound(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  return modulusLength >= SOUND.shortest && modulusLength <= SOUND.longest && publicExponent < SOUND.exponent
}

/** RFC 7517 §4.7: the first certificate of `x5c` is the key's own, base64 of its DER. */
function certificateThumbprint(chain: unknown): string | undefined {
  const [certificate] = Array.isArray(chain) ? chain : []
  if (typeof certificate !== 'string') return undefined
  return createHash('sha256').update(Buffer.from(certificate, 'base64')).digest('base64url')
}

function refuse(what: string, cause?: unknown): never {
  throw new SecurityError('keys_unavailable', `The JWK set cannot be used: ${what}`, cause)
}
