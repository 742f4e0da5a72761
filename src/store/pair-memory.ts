/**
 * What was decided about token pairs at their creation. It never changes, so a look-up of a pair that is known here asks
 * the store only for the rest. Whether a pair is still there, and alive, is never answered from here.
 */
import { freezeJson } from '../kernel/json.ts'
import { isWorthKeeping } from '../kernel/marked-memory.ts'
import { createRecentMap } from '../kernel/recent-map.ts'
import { createSightings } from '../kernel/sightings.ts'
import type { NewTokenPair } from './store.ts'

/** Characters and bytes of a pair. */
const LONGEST = 8192

export interface PairMemory {
  get(id: bigint): NewTokenPair | undefined
  /**
   * To be told at each look-up that found nothing here: a pair is kept at its second, as many are used just once. A large
   * one is not.
   */
  add(pair: NewTokenPair): void
}

/** @param most how many pairs are kept, those that were in use last */
export function createPairMemory(most: number): PairMemory {
  const known = createRecentMap<bigint, NewTokenPair>(most)
  const seen = createSightings(most)
  return {
    get: (id) => known.get(id),
    add(pair) {
      const { id, client, authentication, idToken } = pair
      if (!seen.again(printOf(id))) return
      if (!isWorthKeeping([client, authentication], LONGEST - (idToken?.length ?? 0))) return
      // From now on it is handed to whoever looks the pair up.
      freezeJson(client)
      freezeJson(authentication)
      known.set(id, pair)
    },
  }
}

/** Both parts of an id count, the random bits and the time above them: one of them may be the same in all. */
function printOf(id: bigint): number {
  return Number(BigInt.asUintN(32, id ^ (id >> 21n)))
}
