/**
 * What a browser session holds, and how it is sealed. The key comes from the cookie's secret and the portal's
 * encryption key together: the store opens nothing, the key opens nothing, and both together open nothing without the
 * cookie. So a session that ends without its cookie takes its tokens with it, unread.
 */
import { createCipheriv, createDecipheriv, createHash, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { createHkdf } from '../kernel/hkdf.ts'
import { createHmac } from '../kernel/hmac.ts'
import { drawBytes } from '../kernel/random.ts'
import { createRecentMap } from '../kernel/recent-map.ts'
import type { VisitorOrigin } from './visitor-origin.ts'

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
  readonly from: VisitorOrigin
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
  /**
   * Beside the content, where the session was begun is sealed so that the same user's other sessions can tell it.
   * @param id as it was built from this secret: only who has the secret can name it
   */
  seal(secret: string, id: string, content: SessionContent): Uint8Array
  /**
   * @param id as it was built from this secret
   * @returns `undefined` if it was sealed under another encryption key, was changed or was moved
   */
  open(secret: string, id: string, sealed: Uint8Array): SessionContent | undefined
  /** Opens without the cookie what a session tells of itself to its own user. */
  openOrigin(id: string, username: string, sealed: Uint8Array): VisitorOrigin | undefined
  hashUsername(username: string): string
  /** Tells whether two nodes have the same encryption key, without telling the key. */
  readonly keyFingerprint: string
}

const ID_PREFIX = Buffer.from('ostiary session id v1\0')
const NONCE_BYTES = 12
const TAG_BYTES = 16
const LENGTH_BYTES = 2
/** Sessions whose key and content are kept for their next request. */
const MOST_KNOWN = 4096
/** Bytes. A stranger's session may be far larger than any that is signed in. */
const LONGEST_KNOWN = 8192

/** What a session was last sealed as, or opened from. */
interface KnownSession {
  readonly key: KeyObject
  readonly sealed: Uint8Array
  readonly content: SessionContent
}

export function createContentSealer(encryptionKey: string): ContentSealer {
  const derive = createHkdf(createHash('sha256').update(encryptionKey).digest())
  // As a key object, which costs node:crypto half of what bytes do.
  const deriveFrom = (secret: Buffer, purpose: string) => createSecretKey(derive(secret, purpose))
  const usernameKey = createHkdf(Buffer.alloc(0))(Buffer.from(encryptionKey), 'ostiary session user name v1')
  const usernameHmac = createHmac(usernameKey)
  const buildId = (secret: string) => hash('sha256', Buffer.concat([ID_PREFIX, bytesOf(secret)]), 'base64url')
  const deriveKey = (secret: string) => deriveFrom(bytesOf(secret), 'ostiary session content v1')
  const deriveOriginKey = (username: string) => deriveFrom(Buffer.from(username), 'ostiary session origin v1')

  const known = createRecentMap<string, KnownSession>(MOST_KNOWN)

  function remember(id: string, session: KnownSession): void {
    if (session.sealed.length <= LONGEST_KNOWN) known.set(id, session)
  }

  return {
    buildId,
    seal(secret, id, content) {
      const { signIn } = content
      const origin = signIn ? encrypt(deriveOriginKey(signIn.username), id, signIn.from) : Buffer.alloc(0)
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt16BE(origin.length)
      const key = known.get(id)?.key ?? deriveKey(secret)
      const sealed = Buffer.concat([length, origin, encrypt(key, id, content)])
      remember(id, { key, sealed, content })
      return sealed
    },
    open(secret, id, sealed) {
      const last = known.get(id)
      if (last !== undefined && Buffer.compare(last.sealed, sealed) === 0) return last.content
      const key = last?.key ?? deriveKey(secret)
      const content = decrypt(key, id, partsOf(sealed).content) as SessionContent | undefined
      if (content !== undefined) remember(id, { key, sealed, content })
      return content
    },
    openOrigin: (id, username, sealed) =>
      decrypt(deriveOriginKey(username), id, partsOf(sealed).origin) as VisitorOrigin | undefined,
    hashUsername: (username) => usernameHmac(Buffer.from(username)).toString('base64url'),
    keyFingerprint: createHash('sha3-256').update(encryptionKey).digest('base64'),
  }
}

/** The length of the sealed origin, the origin, the content. */
function partsOf(sealed: Uint8Array): { origin: Uint8Array; content: Uint8Array } {
  const start = sealed.length < LENGTH_BYTES ? 0 : LENGTH_BYTES + Buffer.from(sealed).readUInt16BE()
  return { origin: sealed.subarray(LENGTH_BYTES, start), content: sealed.subarray(start) }
}

/** AES-256-GCM, bound to the record. */
function encrypt(key: KeyObject, id: string, value: object): Buffer {
  const nonce = drawBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(id))
  return Buffer.concat([nonce, cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: KeyObject, id: string, sealed: Uint8Array): unknown {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(id))
      .setAuthTag(sealed.subarray(-TAG_BYTES))
    const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    return JSON.parse(text.toString())
  } catch {
    return undefined
  }
}

function bytesOf(secret: string): Buffer {
  return Buffer.from(secret, 'base64url')
}
