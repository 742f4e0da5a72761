/**
 * What good access tokens stood for when they were last looked up. It is believed for as long as the store's mark proves
 * that no token was invalidated since, in whichever process; a store without marks makes it forget everything at once.
 */
import { hash } from 'node:crypto'
import { createRecentMap } from '../kernel/recent-map.ts'
import type { Authentication } from './authentication.ts'

const MOST = 16_384

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
  const known = createRecentMap<string, RememberedToken>(MOST)

  return {
    recall(token, now) {
      if (now !== mark) {
        mark = now
        known.clear()
      }
      return mark === undefined ? undefined : known.get(keyOf(token))
    },
    remember(token, then, found) {
      // An invalidation came in between.
      if (then !== undefined && then === mark) known.set(keyOf(token), found)
    },
  }
}

/** Memory holds no token, and what a look-up compares is not the secret. */
function keyOf(token: string): string {
  return hash('sha256', token, 'binary')
}
