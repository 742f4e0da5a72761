/**
 * The provider's signing keys and cookie keys: made at first start, kept in the store, the same on every node. They are
 * sealed as one record that is only ever written over the version that was read, so that nodes that start or rotate
 * together end with one set.
 */
import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import { randomText } from '../kernel/random.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { Documents, StoredDocument } from '../store/store.ts'
import { advanceKeys, announceKeys, isRotationDue, type KeyPolicy, type KeyRing, orderKeys } from './key-ring.ts'

const NAME = 'key ring'
const PURPOSE = 'provider keys'
const RECORD_KEY = Buffer.from(NAME)
const MAX_ATTEMPTS = 5
const makeKeyPair = promisify(generateKeyPair)

export interface ProviderKeys {
  /** Rises when the keys change. */
  readonly version: number
  /** Private keys; of those that fit an algorithm the first signs, all verify. */
  readonly signing: readonly JWK[]
  /** Of those the first signs cookies, all verify. */
  readonly cookies: readonly string[]
}

export interface KeyParts {
  readonly documents: Documents
  readonly sealer: Sealer
  readonly clock: Clock
  readonly policy: KeyPolicy
}

/**
 * The keys of the store, made now if there are none, and moved on if their time has come.
 * @param options.rotate announces new keys, whether it is time or not
 */
export async function loadProviderKeys(parts: KeyParts, options: { rotate?: boolean } = {}): Promise<ProviderKeys> {
  const { documents, sealer, policy } = parts
  const now = wholeSeconds(parts.clock)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const stored = (await documents.get('provider_key', NAME)) ?? (await createRing(parts, now))
    const ring = openRing(sealer, stored)
    const isDue = options.rotate === true || isRotationDue(ring, policy, now)
    const announced = isDue ? announceKeys(ring, await makeKeys(), now) : ring
    const moved = advanceKeys(announced, policy, now, () => randomText(32))
    if (moved === ring) return readKeys(ring, stored.version)
    await documents.replace('provider_key', stored, sealRing(sealer, moved))
    // Whoever won, the next round reads what is there now.
  }
  throw new SecurityError('store_unavailable', 'the keys of the provider change all the time')
}

async function createRing({ documents, sealer }: KeyParts, now: number): Promise<StoredDocument> {
  const signing = (await makeKeys()).map((jwk) => ({ jwk, state: 'current', since: now }) as const)
  const ring: KeyRing = { signing, cookies: [{ secret: randomText(32), since: now }] }
  const { document } = await documents.create('provider_key', NAME, sealRing(sealer, ring))
  return document
}

function readKeys(ring: KeyRing, version: number): ProviderKeys {
  return { version, signing: orderKeys(ring), cookies: ring.cookies.map(({ secret }) => secret) }
}

function sealRing(sealer: Sealer, ring: KeyRing): { sealed: string } {
  const sealed = sealer.seal(PURPOSE, RECORD_KEY, Buffer.from(JSON.stringify(ring)))
  return { sealed: Buffer.from(sealed).toString('base64url') }
}

function openRing(sealer: Sealer, document: StoredDocument): KeyRing {
  const { sealed } = document.body
  if (typeof sealed !== 'string') throw new SecurityError('record_damaged', 'the keys of the provider are not there')
  try {
    const opened = sealer.open(PURPOSE, RECORD_KEY, Buffer.from(sealed, 'base64url'))
    return JSON.parse(Buffer.from(opened).toString()) as KeyRing
  } catch (cause) {
    const text = 'the keys of the provider in the store do not open with the [ostiary.secret] of this keystore'
    throw new SecurityError('record_damaged', `${text}: put the keystore of their time back`, cause)
  }
}

/** RSA for RS256 and PS256, P-256 for ES256. */
async function makeKeys(): Promise<JWK[]> {
  const [rsa, ec] = await Promise.all([
    makeKeyPair('rsa', { modulusLength: 3072 }),
    makeKeyPair('ec', { namedCurve: 'P-256' }),
  ])
  return Promise.all([rsa.privateKey, ec.privateKey].map((key) => toJwk(key)))
}

/** RFC 7638: the thumbprint names the key. */
async function toJwk(key: KeyObject): Promise<JWK> {
  const jwk = key.export({ format: 'jwk' }) as JWK
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig' }
}
