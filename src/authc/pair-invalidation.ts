/** Ends token pairs: those that are named by their sides, and those of a realm or a user. */
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import type { Store, TokenPair } from '../store/store.ts'
import { firstIdOf, REFRESH_LIFETIME } from './token-pair.ts'

const PAGE = 500
/** How often an invalidation looks for pairs at most, should there be new ones each time. */
const MOST_LOOKS = 100
/** Seconds by which the clocks of nodes may differ. */
const CLOCK_DIFFERENCE = 60

export interface TokenSide {
  readonly id: bigint
  readonly side: 'access' | 'refresh'
}

export interface InvalidationCount {
  readonly invalidated: number
  readonly previously: number
}

/** Whose pairs: of a realm, a user, or a user in a realm. */
export interface PairOwner {
  readonly realm?: string
  readonly username?: string
}

const NOTHING: InvalidationCount = { invalidated: 0, previously: 0 }

export interface PairInvalidation {
  /** Ends all of these in one durable write. */
  invalidate(sides: readonly TokenSide[]): Promise<InvalidationCount>
  /**
   * Ends every pair of this owner of which a side is alive, also those that come to be meanwhile, such as the successors of
   * pairs that are being refreshed.
   */
  invalidateOf(owner: PairOwner): Promise<InvalidationCount>
}

export function createPairInvalidation({ tokens, clock }: { tokens: Store['tokens']; clock: Clock }): PairInvalidation {
  async function invalidate(sides: readonly TokenSide[]): Promise<InvalidationCount> {
    if (sides.length === 0) return NOTHING
    const outcomes = await tokens.invalidate(sides)
    return {
      invalidated: outcomes.filter((outcome) => outcome === 'invalidated').length,
      previously: outcomes.filter((outcome) => outcome === 'previously').length,
    }
  }

  async function invalidateAfter(owner: PairOwner, after?: bigint): Promise<InvalidationCount> {
    let total = NOTHING
    let last = after
    do {
      const now = wholeSeconds(clock)
      const page = await tokens.findAlive(owner, now, {
        ...(last === undefined ? {} : { after: last }),
        limit: PAGE,
      })
      // The record of a pair outlives its tokens.
      const alive = page.filter(({ createdAt }) => now <= createdAt + REFRESH_LIFETIME)
      // A write for each pair: together they share statements and commits, and hold up nobody else's.
      const counts = await Promise.all(alive.map((pair) => invalidate(listSides(pair))))
      total = counts.reduce(addCounts, total)
      last = page[PAGE - 1]?.id
    } while (last !== undefined)
    return total
  }

  return {
    invalidate,
    async invalidateOf(owner) {
      const youngest = firstIdOf(clock() - CLOCK_DIFFERENCE)
      let total = await invalidateAfter(owner)
      // A pair that was refreshed meanwhile has left a successor that no look has met. Whoever refreshes all the time is
      // caught by the next look or one soon after, as it takes less time than a refresh.
      for (let look = 1; look < MOST_LOOKS; look++) {
        const more = await invalidateAfter(owner, youngest)
        if (more.invalidated + more.previously === 0) break
        total = addCounts(total, more)
      }
      return total
    },
  }
}

function addCounts(one: InvalidationCount, other: InvalidationCount): InvalidationCount {
  return { invalidated: one.invalidated + other.invalidated, previously: one.previously + other.previously }
}

function listSides({ id, refreshHash }: TokenPair): TokenSide[] {
  const access: TokenSide = { id, side: 'access' }
  return refreshHash === undefined ? [access] : [{ id, side: 'refresh' }, access]
}
