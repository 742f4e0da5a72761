/**
 * Slows the guessing of passwords: five failures for a name, or twenty from an address, within five minutes, whether the
 * name exists or not. An attempt counts as failed from its beginning until it succeeds, so that attempts made at the
 * same time count too. Kept in the memory of each node, with the oldest names and addresses forgotten first.
 */
import type { Clock } from '../kernel/clock.ts'

const WINDOW = 300
const MAX_PER_NAME = 5
const MAX_PER_ADDRESS = 20
const MAX_KEYS = 20_000

export interface LoginThrottle {
  /** @returns seconds to wait, or the attempt, which is to be told if it succeeded */
  begin(name: string, address: string): { readonly wait: number } | { readonly wait: 0; succeeded(): void }
}

export function createLoginThrottle(clock: Clock): LoginThrottle {
  const failures = new Map<string, number[]>()

  function recent(key: string, now: number): number[] {
    return (failures.get(key) ?? []).filter((at) => at > now - WINDOW)
  }

  function waitFor(times: readonly number[], limit: number, now: number): number {
    const freedBy = times.at(-limit)
    return freedBy === undefined ? 0 : Math.max(1, Math.ceil(freedBy + WINDOW - now))
  }

  function put(key: string, times: number[]): void {
    // Put at the end, so that the first key is the one not touched for longest.
    failures.delete(key)
    if (times.length > 0) failures.set(key, times)
    const [oldest] = failures.keys()
    if (failures.size > MAX_KEYS && oldest !== undefined) failures.delete(oldest)
  }

  return {
    begin(name, address) {
      const now = clock()
      const limits = [
        { key: `name ${name.slice(0, 256)}`, limit: MAX_PER_NAME },
        { key: `address ${address}`, limit: MAX_PER_ADDRESS },
      ]
      const wait = Math.max(...limits.map(({ key, limit }) => waitFor(recent(key, now), limit, now)))
      if (wait > 0) return { wait }

      for (const { key } of limits) put(key, [...recent(key, now), now])
      return {
        wait: 0,
        succeeded: () => {
          for (const { key } of limits) {
            const times = failures.get(key) ?? []
            const at = times.indexOf(now)
            if (at !== -1) put(key, times.toSpliced(at, 1))
          }
        },
      }
    },
  }
}
