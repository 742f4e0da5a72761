/** One of several that share a store, each with a memory of its own, as somebody who uses their API sees it. */
import { setImmediate } from 'node:timers/promises'
import type { Authentication } from '../../src/authc/authentication.ts'
import { createTokenService } from '../../src/authc/token-service.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { SecurityError } from '../../src/kernel/errors.ts'
import { createSealer } from '../../src/kernel/sealer.ts'
import type { Store } from '../../src/store/store.ts'

export interface Checker {
  issue(): Promise<string>
  /** `good`, or the reason why not. */
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

export function createChecker(store: Store): Checker {
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
  return error instanceof SecurityError ? error.reason : String(error)
}
