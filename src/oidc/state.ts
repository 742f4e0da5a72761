import { hash } from 'node:crypto'
import type { Hmac } from '../kernel/hmac.ts'
import { drawBytes, equalSecrets } from '../kernel/random.ts'

const TIME_BYTES = 4
const RANDOM_BYTES = 20
const LENGTH_BYTES = 4
const UNIQUE_BYTES = TIME_BYTES + RANDOM_BYTES
const TAG_BYTES = 8
const HASH_BYTES = 32

/**
 * A fresh `state`, 43 characters: the time, 20 random bytes, and a tag that tells any node which realm it belongs to,
 * although nothing is remembered between prepare and authenticate.
 * @param now in seconds
 */
export function createState(hmac: Hmac, realm: string, now: number): string {
  const unique = drawBytes(UNIQUE_BYTES)
  unique.writeUInt32BE(now >>> 0)
  return Buffer.concat([unique, stateTag(hmac, realm, unique)]).toString('base64url')
}

/** Whether `createState` made this state for this realm. A state of a caller's own making belongs to no realm. */
export function belongsToRealm(hmac: Hmac, realm: string, state: string): boolean {
  const bytes = Buffer.from(state, 'base64url')
  if (bytes.length !== UNIQUE_BYTES + TAG_BYTES) return false
  return equalSecrets(bytes.subarray(UNIQUE_BYTES), stateTag(hmac, realm, bytes.subarray(0, UNIQUE_BYTES)))
}

/**
 * Under which key the store remembers that the response to this state was redeemed: a hash of both, after the time that
 * is in a state of ours, so that marks of one time are neighbours in the store. Of a caller's own state the time means
 * nothing, and as a part of the key it does no harm.
 */
export function responseKey(realm: string, state: string): Uint8Array {
  const digest = hash('sha256', joinParts([realm, state]), 'buffer')
  const time = Buffer.from(state, 'base64url').subarray(0, TIME_BYTES)
  return Buffer.concat([time, digest], HASH_BYTES)
}

/** Joins free texts so that no two lists give the same bytes: each after its length in UTF-8 as 4 bytes, big-endian. */
export function joinParts(parts: readonly string[]): Uint8Array {
  const joined = Buffer.alloc(parts.reduce((total, part) => total + LENGTH_BYTES + Buffer.byteLength(part), 0))
  let end = 0
  for (const part of parts) {
    const length = joined.write(part, end + LENGTH_BYTES)
    joined.writeUInt32BE(length, end)
    end += LENGTH_BYTES + length
  }
  return joined
}

function stateTag(hmac: Hmac, realm: string, unique: Uint8Array): Uint8Array {
  return hmac(Buffer.concat([joinParts([realm]), unique])).subarray(0, TAG_BYTES)
}
