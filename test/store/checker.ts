/** One of several that share a store, each with a memory of its own, as somebody who uses their API sees it. */
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Authentication } from '../../src/authc/authentication.ts'
import { createTokenService } from '../../src/authc/token-service.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { SecurityError } from '../../src/kernel/errors.ts'
import { createSealer } from '../../src/kernel/sealer.ts'
import type { Store } from '../../src/store/store.ts'
import { newSession } from './records.ts'

export interface Checker {
  /** Makes what is checked: a token, or a session of the portal. */
  issue(): Promise<string>
  /** `good`, `ended`, or what else is the reason why not. */
  check(token: string): Promise<string>
  /** @returns the moment at which it was acknowledged, by a clock that all processes of the machine share */
  end(token: string): Promise<bigint>
  /** Checks until it is refused, at most 5 s. @returns how often it was good, and the moment at which the last good check began */
  watch(token: string): Promise<{ good: number; lastGood: bigint }>
}

const LONGEST_WATCH_MS = 5000
const realm = { name: 'default_native', type: 'native' }
const ALICE: Authentication = {
  user: { username: 'alice', roles: [], fullName: null, email: null, metadata: {}, enabled: true },
  authenticationRealm: realm,
  lookupRealm: realm,
  type: 'realm',
}

/** Whom a checker checks. */
export type Checked = 'tokens' | 'sessions'

export function createChecker(store: Store, checked: Checked): Checker {
  return withWatch(checked === 'tokens' ? checkTokens(store) : checkSessions(store))
}

function checkTokens(store: Store): Omit<Checker, 'watch'> {
  const sealer = createSealer(['one secret for all'])
  const tokens = createTokenService({ store, sealer, clock: systemClock, accessLifetime: 3600, enabled: true })

  async function check(token: string): Promise<string> {
    return tokens.authenticate(token).then(() => 'good', reasonOf)
  }

  return {
    check,
    issue: async () =>
      (await tokens.issue({ authentication: ALICE, client: ALICE, withRefreshToken: false })).accessToken,
    async end(token) {
      const side = await tokens.locate('access', token)
      if (side === undefined) throw new Error('there is no such token')
      await tokens.invalidate([side])
      return process.hrtime.bigint()
    },
  }
}

/** Ended in each of the ways there are: made a tombstone, deleted, replaced by another, or pushed out by the limit. */
function checkSessions({ sessions }: Store): Omit<Checker, 'watch'> {
  let ends = 0
  // Each of another user, as the limit counts by user.
  const make = (usernameHash: string) => newSession({ usernameHash, removeAt: Math.floor(systemClock()) + 3600 })

  return {
    async issue() {
      const session = make(randomUUID())
      await sessions.create(session)
      return session.id
    },
    async check(id) {
      const session = await sessions.find(id)
      return session === undefined || session.ended !== undefined ? 'ended' : 'good'
    },
    async end(id) {
      const session = await sessions.find(id)
      if (session?.usernameHash === undefined) throw new Error('there is no such session')
      const { version, ...record } = session
      const tombstone = { ...record, ended: 'SESSION_EXPIRED' }
      const limit = { most: 1, ended: 'CONCURRENCY_LIMIT', removeAt: record.removeAt }
      const next = make(session.usernameHash)
      ends += 1
      if (ends % 4 === 0) await sessions.update(tombstone, version)
      if (ends % 4 === 1) await sessions.delete(id)
      if (ends % 4 === 2) await sessions.create(next, { replaces: { session: tombstone, version } })
      if (ends % 4 === 3) await sessions.create(next, { limit })
      return process.hrtime.bigint()
    },
  }
}

function withWatch(checker: Omit<Checker, 'watch'>): Checker {
  const { check } = checker
  return {
    ...checker,
    async watch(token) {
      let lastGood = 0n
      const end = performance.now() + LONGEST_WATCH_MS
      for (let good = 0; ; good += 1) {
        const began = process.hrtime.bigint()
        if ((await check(token)) !== 'good' || performance.now() > end) return { good, lastGood }
        lastGood = began
        if (good % 8 === 0) await setImmediate()
      }
    },
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof SecurityError)) return String(error)
  return error.reason === 'token_expired' ? 'ended' : error.reason
}
