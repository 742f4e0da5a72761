/**
 * What was decided about token pairs at their creation. It never changes, so a look-up of a pair that is known here asks
 * the store only for the rest. Whether a pair is still there, and alive, is never answered from here.
 */
import { freezeJson } from '../kernel/json.ts'
import { isWorthKeeping } from '../kernel/marked-memory.ts'
import type { NewTokenPair } from './store.ts'

export interface PairMemory {
  get(id: bigint): NewTokenPair | undefined
  /**
   * To be told at each look-up that found nothing here: a pair is kept at its second, as many are used just once. A large
   * one is not.
   */
  add(pair: NewTokenPair): void
}

/** @param most how many pairs are kept, of which the half that was in use last stays longer */
export function createPairMemory(most: number): PairMemory {
  // Of a pair that was looked up once there is only its id.
  let recent = new Map<bigint, NewTokenPair | undefined>()
  let older = recent
  const keep = (id: bigint, pair: NewTokenPair | undefined) => {
    if (recent.size >= most / 2) {
      older = recent
      recent = new Map()
    }
    recent.set(id, pair)
  }
  return {
    get(id) {
      const found = recent.get(id)
      if (found !== undefined) return found
      const pair = older.get(id)
      if (pair !== undefined) keep(id, pair)
      return pair
    },
    add(pair) {
      const { id, client, authentication, idToken } = pair
      if (!recent.has(id) && !older.has(id)) return keep(id, undefined)
      if (!isWorthKeeping([client, authentication, idToken?.length])) return
      // From now on it is handed to whoever looks the pair up.
      freezeJson(client)
      freezeJson(authentication)
      keep(id, pair)
    },
  }
}
