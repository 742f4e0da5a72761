/**
 * What a browser session holds, and how it is sealed. The key comes from the cookie's secret and the portal's
 * encryption key together: the store opens nothing, the key opens nothing, and both together open nothing without the
 * cookie. So a session that ends without its cookie takes its tokens with it, unread.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** Times in seconds since the epoch, with their fraction. */
export interface SessionContent {
  readonly signIn?: SignIn
  /** Sign-ins under way at an OpenID Provider, oldest first. */
  readonly handshakes: readonly Handshake[]
  /** The targets of finished ones, so that a callback that is asked for again leads to the same place. */
  readonly finished: readonly { readonly state: string; readonly target: string }[]
  /** Starts that no accepted request has followed yet: what the loop breaker counts. */
  readonly attempts: readonly { readonly target: string; readonly at: number }[]
  /** In a session of handshakes only: the secret of the session that one of them led to. */
  readonly successor?: string
}

export interface Handshake {
  readonly state: string
  readonly nonce: string
  readonly realm: string
  /** Name of the provider in the portal's settings. */
  readonly provider: string
  readonly target: string
  readonly startedAt: number
}

export interface SignIn {
  readonly username: string
  readonly provider: { readonly type: 'oidc' | 'basic' | 'token'; readonly name: string }
  /** The realm that the provider had at sign-in; for `oidc` only. */
  readonly realm?: string
  readonly credential: Credential
  readonly at: number
  /** Whether the API has accepted a request with it since the sign-in. */
  readonly accepted: boolean
}

export type Credential = Tokens | { readonly basic: string }

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}

export const EMPTY_CONTENT: SessionContent = { handshakes: [], finished: [], attempts: [] }

export interface ContentSealer {
  /** Of the record: SHA-256 of the secret, base64url. */
  buildId(secret: string): string
  seal(secret: string, content: SessionContent): Uint8Array
  /** @returns `undefined` if it was sealed under another encryption key, was changed or was moved */
  open(secret: string, sealed: Uint8Array): SessionContent | undefined
  hashUsername(username: string): string
  /** Tells whether two nodes have the same encryption key, without telling the key. */
  readonly keyFingerprint: string
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

export function createContentSealer(encryptionKey: string): ContentSealer {
  const salt = createHash('sha256').update(encryptionKey).digest()
  const usernameKey = Buffer.from(hkdfSync('sha256', encryptionKey, '', 'ostiary session user name v1', 32))
  const buildId = (secret: string) =>
    createHash('sha256').update('ostiary session id v1\0').update(bytesOf(secret)).digest('base64url')
  const deriveKey = (secret: string) =>
    new Uint8Array(hkdfSync('sha256', bytesOf(secret), salt, 'ostiary session content v1', 32))

  return {
    buildId,
    seal(secret, content) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', deriveKey(secret), nonce).setAAD(Buffer.from(buildId(secret)))
      return Buffer.concat([nonce, cipher.update(JSON.stringify(content)), cipher.final(), cipher.getAuthTag()])
    },
    open(secret, sealed) {
      try {
        const nonce = sealed.subarray(0, NONCE_BYTES)
        const decipher = createDecipheriv('aes-256-gcm', deriveKey(secret), nonce)
          .setAAD(Buffer.from(buildId(secret)))
          .setAuthTag(sealed.subarray(-TAG_BYTES))
        const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
        return JSON.parse(text.toString()) as SessionContent
      } catch {
        return undefined
      }
    },
    hashUsername: (username) => createHmac('sha256', usernameKey).update(username).digest('base64url'),
    keyFingerprint: createHash('sha3-256').update(encryptionKey).digest('base64'),
  }
}

function bytesOf(secret: string): Buffer {
  return Buffer.from(secret, 'base64url')
}
