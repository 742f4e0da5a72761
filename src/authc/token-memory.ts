/**
 * What good access tokens stood for when they were last looked up. It is believed for as long as the store's mark proves
 * that no token was invalidated since, in whichever process; a store without marks makes it forget everything at once.
 */
import { hash } from 'node:crypto'
import type { Authentication } from './authentication.ts'

/** Tokens of each of the two generations. */
const MOST = 8192

export interface RememberedToken {
  readonly authentication: Authentication
  /** The last second of its life. */
  readonly expiresAt: number
}

export interface TokenMemory {
  /** @param mark as the store gave it just now */
  recall(token: string, mark: number | undefined): RememberedToken | undefined
  /** @param mark as the store gave it before the token was looked up */
  remember(token: string, mark: number | undefined, found: RememberedToken): void
}

export function createTokenMemory(): TokenMemory {
  let mark: number | undefined
  let recent = new Map<string, RememberedToken>()
  let older = new Map<string, RememberedToken>()

  function follow(now: number | undefined): void {
    if (now === mark) return
    mark = now
    recent = new Map()
    older = new Map()
  }

  return {
    recall(token, now) {
      follow(now)
      if (mark === undefined) return undefined
      const key = keyOf(token)
      const known = recent.get(key)
      if (known !== undefined) return known
      const past = older.get(key)
      if (past !== undefined) recent.set(key, past)
      return past
    },
    remember(token, then, found) {
      // An invalidation came in between.
      if (then === undefined || then !== mark) return
      if (recent.size >= MOST) {
        older = recent
        recent = new Map()
      }
      recent.set(keyOf(token), found)
    },
  }
}

/** Memory holds no token, and what a look-up compares is not the secret. */
function keyOf(token: string): string {
  return hash('sha256', token, 'binary')
}
