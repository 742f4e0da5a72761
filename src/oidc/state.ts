import { createHash, createHmac, randomBytes } from 'node:crypto'
import { equalSecrets } from '../kernel/random.ts'

const RANDOM_BYTES = 24
const TAG_BYTES = 8

/**
 * A fresh `state`, 43 characters: 24 random bytes and a tag that tells any node which realm it belongs to, although
 * nothing is remembered between prepare and authenticate.
 */
export function createState(key: Uint8Array, realm: string): string {
  const random = randomBytes(RANDOM_BYTES)
  return Buffer.concat([random, stateTag(key, realm, random)]).toString('base64url')
}

/** Whether `createState` made this state for this realm. A state of a caller's own making belongs to no realm. */
export function belongsToRealm(key: Uint8Array, realm: string, state: string): boolean {
  const bytes = Buffer.from(state, 'base64url')
  if (bytes.length !== RANDOM_BYTES + TAG_BYTES) return false
  return equalSecrets(bytes.subarray(RANDOM_BYTES), stateTag(key, realm, bytes.subarray(0, RANDOM_BYTES)))
}

/** Under which key the store remembers that the response to this state was redeemed. */
export function responseKey(realm: string, state: string): Uint8Array {
  return createHash('sha256')
    .update(joinParts([realm, state]))
    .digest()
}

/** Joins free texts so that no two lists give the same bytes: each after its length in UTF-8 as 4 bytes, big-endian. */
export function joinParts(parts: readonly string[]): Uint8Array {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}

function stateTag(key: Uint8Array, realm: string, random: Uint8Array): Uint8Array {
  const hmac = createHmac('sha256', key)
    .update(joinParts([realm]))
    .update(random)
  return hmac.digest().subarray(0, TAG_BYTES)
}
