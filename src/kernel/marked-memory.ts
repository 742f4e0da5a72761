/**
 * What was looked up, remembered for as long as a mark proves that nothing of its kind has changed since. The mark is read
 * before each look-up, so whatever changed during one is looked up again. A value is kept at its second look-up: many are
 * used just once.
 */
import { freezeJson } from './json.ts'
import { createRecentMap } from './recent-map.ts'

/** Characters of JSON. What is longer is looked up each time: with it a memory of thousands of values could have no end. */
const LONGEST = 8192

/** Values are like those of JSON, and unchangeable from their second look-up on. */
export interface MarkedMemory<Value> {
  /** @param lookUp is asked for what is not known; that nothing was found is not remembered */
  find(key: string, lookUp: () => Promise<Value | undefined>): Promise<Value | undefined>
}

/**
 * @param most how many values are kept
 * @param readMark another number after each change, before anybody is told of it; `undefined`: nothing may be remembered
 */
export function createMarkedMemory<Value>({
  most,
  readMark,
}: {
  most: number
  readMark: () => number | undefined
}): MarkedMemory<Value> {
  const known = createRecentMap<string, Value>(most)
  const seen = createRecentMap<string, true>(most)
  let knownUnder: number | undefined

  return {
    async find(key, lookUp) {
      const mark = readMark()
      if (mark === undefined) return lookUp()
      if (mark !== knownUnder) known.clear()
      knownUnder = mark
      const value = known.get(key)
      if (value !== undefined) return value
      const found = await lookUp()
      if (found === undefined) return undefined
      if (seen.get(key) === undefined) {
        seen.set(key, true)
      } else if (mark === knownUnder && isWorthKeeping(found)) {
        // Another call may have seen another mark meanwhile: then it is not kept.
        freezeJson(found)
        known.set(key, found)
      }
      return found
    },
  }
}

/** Whether a memory of thousands can bear such a value. */
export function isWorthKeeping(value: unknown): boolean {
  return JSON.stringify(value).length <= LONGEST
}
