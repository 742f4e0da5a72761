/**
 * The provider's signing keys and cookie keys: made at first start, kept in the store, the same on every node. They are
 * sealed as one record, and the first node to write it wins, so that nodes that start together end with one set.
 */
import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { SecurityError } from '../kernel/errors.ts'
import { randomText } from '../kernel/random.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { Documents, StoredDocument } from '../store/store.ts'

const NAME = 'keys'
const PURPOSE = 'provider keys'
const RECORD_KEY = Buffer.from(NAME)
const makeKeyPair = promisify(generateKeyPair)

export interface ProviderKeys {
  /** Private keys; of those that fit an algorithm the first signs, all verify. */
  readonly signing: readonly JWK[]
  /** Of those the first signs cookies, all verify. */
  readonly cookies: readonly string[]
}

/** The keys of the store, made now if there are none. */
export async function loadProviderKeys(parts: { documents: Documents; sealer: Sealer }): Promise<ProviderKeys> {
  const { documents, sealer } = parts
  const stored = await documents.get('provider_key', NAME)
  if (stored !== undefined) return openKeys(sealer, stored)

  const sealed = sealer.seal(PURPOSE, RECORD_KEY, Buffer.from(JSON.stringify(await makeKeys())))
  const body = { sealed: Buffer.from(sealed).toString('base64url') }
  const { document } = await documents.create('provider_key', NAME, body)
  return openKeys(sealer, document)
}

function openKeys(sealer: Sealer, document: StoredDocument): ProviderKeys {
  const { sealed } = document.body
  if (typeof sealed !== 'string') throw new SecurityError('record_damaged', 'the keys of the provider are not there')
  const opened = sealer.open(PURPOSE, RECORD_KEY, Buffer.from(sealed, 'base64url'))
  return JSON.parse(Buffer.from(opened).toString()) as ProviderKeys
}

/** RSA for RS256 and PS256, P-256 for ES256. */
async function makeKeys(): Promise<ProviderKeys> {
  const [rsa, ec] = await Promise.all([
    makeKeyPair('rsa', { modulusLength: 3072 }),
    makeKeyPair('ec', { namedCurve: 'P-256' }),
  ])
  const signing = await Promise.all([rsa.privateKey, ec.privateKey].map((key) => toJwk(key)))
  return { signing, cookies: [randomText(32)] }
}

/** RFC 7638: the thumbprint names the key. */
async function toJwk(key: KeyObject): Promise<JWK> {
  const jwk = key.export({ format: 'jwk' }) as JWK
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig' }
}
