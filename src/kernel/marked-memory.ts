/**
 * What was looked up, remembered for as long as a mark proves that nothing of its kind has changed since. The mark is read
 * before each look-up, so whatever changed during one is looked up again. A value is kept at its second look-up: many are
 * used just once.
 */
import { freezeJson } from './json.ts'
import { createRecentMap } from './recent-map.ts'
import { createSightings, printOf } from './sightings.ts'

/**
 * Characters of JSON, or of a key. What is longer is looked up each time: with it a memory of thousands of values could have
 * no end.
 */
const LONGEST = 8192

/** Values are unchangeable from their second look-up on. */
export interface MarkedMemory<Value> {
  /** @param lookUp is asked for what is not known; that nothing was found is not remembered */
  find(key: string, lookUp: () => Promise<Value | undefined>): Promise<Value | undefined>
  /** Whether `find`, which gave this value, would give it again without a look-up. */
  holds(value: Value): boolean
}

/**
 * @param most how many values are kept
 * @param readMark another number after each change of what has this key, before anybody is told of it; `undefined`: nothing
 *   may be remembered
 * @param keep makes a value unchangeable; `false`: it is not to be kept. Left out: for values like those of JSON
 */
export function createMarkedMemory<Value extends object>({
  most,
  readMark,
  keep = keepJson,
}: {
  most: number
  readMark: (key: string) => number | undefined
  keep?: (value: Value) => boolean
}): MarkedMemory<Value> {
  const known = createRecentMap<string, { readonly mark: number; readonly value: Value }>(most)
  const seen = createSightings(most)
  const proofs = new WeakMap<Value, { readonly key: string; readonly mark: number }>()

  return {
    async find(key, lookUp) {
      const mark = key.length > LONGEST ? undefined : readMark(key)
      if (mark === undefined) return lookUp()
      const one = known.get(key)
      if (one?.mark === mark) return one.value
      const found = await lookUp()
      if (found === undefined) return undefined
      if (seen.again(printOf(key)) && keep(found)) {
        known.set(key, { mark, value: found })
        proofs.set(found, { key, mark })
      }
      return found
    },
    holds(value) {
      const proof = proofs.get(value)
      return proof !== undefined && proof.mark === readMark(proof.key)
    },
  }
}

/** @param longest characters of JSON */
export function keepJson(value: unknown, longest = LONGEST): boolean {
  if (!isWorthKeeping(value, longest)) return false
  freezeJson(value)
  return true
}

/** Whether a memory of thousands can bear such a value. */
export function isWorthKeeping(value: unknown, longest = LONGEST): boolean {
  return JSON.stringify(value).length <= longest
}
