import { createCipheriv, createDecipheriv, createHash, createSecretKey } from 'node:crypto'
import { SecurityError } from './errors.ts'
import { createHkdf } from './hkdf.ts'
import { drawBytes } from './random.ts'

const KEY_ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals what must be read back later (an ID token for the logout hint, a session's contents) so that the store alone
 * cannot open it: AES-256-GCM under a key that HKDF-SHA-256 derives from a secret of the keystore, the purpose and the
 * key of the record. A sealed value moved to another record does not open.
 */
export interface Sealer {
  /** @returns key id (4 bytes), nonce (12), ciphertext, tag (16) */
  seal(purpose: string, recordKey: Uint8Array, plain: Uint8Array): Uint8Array
  /** @throws SecurityError `record_damaged` if it was changed, moved, or sealed under a secret that is not known here */
  open(purpose: string, recordKey: Uint8Array, sealed: Uint8Array): Uint8Array
  /** A 32-byte key for one purpose, the same on every node that has the same newest secret. */
  key(purpose: string): Uint8Array
  /** Tells whether two nodes have the same newest secret, without telling the secret. */
  readonly fingerprint: string
}

/**
 * @param secrets at least one, the newest first: it seals; the others only open what they sealed before
 */
export function createSealer(secrets: readonly string[]): Sealer {
  const known = secrets.map((secret) => ({ id: keyId(secret), secret: Buffer.from(secret) }))
  const newest = known[0]
  if (newest === undefined) throw new TypeError('a sealer needs at least one secret')
  const deriveKey = (secret: Buffer, purpose: string, salt: Uint8Array) =>
    createHkdf(salt)(secret, `ostiary ${purpose} v1`)
  // As key objects: to look through a key given as text or bytes takes node:crypto longer than to use it.
  const openKey = (...of: Parameters<typeof deriveKey>) => createSecretKey(deriveKey(...of))

  return {
    seal(purpose, recordKey, plain) {
      const nonce = drawBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', openKey(newest.secret, purpose, recordKey), nonce)
      return Buffer.concat([newest.id, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    open(purpose, recordKey, sealed) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
      const sealedBy = known.find(({ id }) => id.equals(bytes.subarray(0, KEY_ID_BYTES)))
      if (sealedBy === undefined) throw new SecurityError('record_damaged', `a sealed ${purpose} has an unknown key id`)
      try {
        const nonce = bytes.subarray(KEY_ID_BYTES, KEY_ID_BYTES + NONCE_BYTES)
        const decipher = createDecipheriv('aes-256-gcm', openKey(sealedBy.secret, purpose, recordKey), nonce)
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
        const text = bytes.subarray(KEY_ID_BYTES + NONCE_BYTES, -TAG_BYTES)
        return Buffer.concat([decipher.update(text), decipher.final()])
      } catch (cause) {
        throw new SecurityError('record_damaged', `a sealed ${purpose} does not open`, cause)
      }
    },
    key: (purpose) => deriveKey(newest.secret, purpose, new Uint8Array()),
    fingerprint: deriveKey(newest.secret, 'fingerprint', new Uint8Array()).toString('base64url').slice(0, 16),
  }
}

function keyId(secret: string): Buffer {
  return createHash('sha256').update('ostiary key id v1').update(secret).digest().subarray(0, KEY_ID_BYTES)
}
