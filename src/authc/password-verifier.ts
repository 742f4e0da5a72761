import { hash as digestOf } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import { randomText } from '../kernel/random.ts'
import { NOBODYS_HASH, verifyPassword } from './password.ts'

/**
 * Verifies passwords, and remembers for a moment which were right, so that a program that sends its password with every
 * call does not pay for a slow hash each time. What is kept is a keyed digest of the stored hash and the password: it tells
 * neither, it ends with the process, and a changed password has another.
 */
export interface PasswordVerifier {
  /** @param hash `undefined` for a user who has none: takes as long as a wrong password, and is false */
  verify(plain: string, hash: string | undefined): Promise<boolean>
}

/** Seconds. */
const REMEMBERED = 60
const MAX_REMEMBERED = 10_000

/** @param parts.compare compares a password with a hash, as slowly as the hash demands */
export function createPasswordVerifier({
  clock,
  compare = verifyPassword,
}: {
  clock: Clock
  compare?: (plain: string, hash: string) => Promise<boolean>
}): PasswordVerifier {
  const key = randomText(32)
  const rightUntil = new Map<string, number>()
  /** Calls that arrive together with the same password wait for one verification. */
  const underWay = new Map<string, Promise<boolean>>()

  return {
    async verify(plain, hash) {
      if (hash === undefined) {
        await compare(plain, NOBODYS_HASH)
        return false
      }
      // Every call pays for this one; an HMAC would take thirty times as long, and nobody sees what could be lengthened.
      const digest = digestOf('sha256', `${key}\0${hash}\0${plain}`, 'base64')
      if (clock() < (rightUntil.get(digest) ?? 0)) return true
      const verification = underWay.get(digest) ?? verifyOnce(digest, plain, hash)
      return verification
    },
  }

  async function verifyOnce(digest: string, plain: string, hash: string): Promise<boolean> {
    const verification = compare(plain, hash)
    underWay.set(digest, verification)
    try {
      const right = await verification
      if (right) remember(digest)
      return right
    } finally {
      underWay.delete(digest)
    }
  }

  function remember(digest: string): void {
    rightUntil.delete(digest)
    const oldest = rightUntil.size < MAX_REMEMBERED ? undefined : rightUntil.keys().next().value
    if (oldest !== undefined) rightUntil.delete(oldest)
    rightUntil.set(digest, clock() + REMEMBERED)
  }
}
