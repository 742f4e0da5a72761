/**
 * One answer for a request that is sent more than once: by a double click, a reload after the answer was lost on the way,
 * a proxy that tries again. In this process, while it is worked on and for a while after it has succeeded.
 */
import type { Clock } from '../kernel/clock.ts'

export interface Repeats<Answer> {
  /** @param key whoever knows it may have the answer */
  once(key: string, work: () => Promise<Answer>): Promise<Answer>
}

const MOST = 1000

/** @param parts.keptFor seconds */
export function createRepeats<Answer>({ keptFor, clock }: { keptFor: number; clock: Clock }): Repeats<Answer> {
  const shared = new Map<string, { answer: Promise<Answer>; until: number }>()

  /** Behind those that are over sooner. */
  function share(key: string, answer: Promise<Answer>): void {
    shared.delete(key)
    shared.set(key, { answer, until: clock() + keptFor })
  }

  /** The oldest ones, as far as they are over or too many. */
  function forget(now: number): void {
    for (const [key, { until }] of shared) {
      if (shared.size < MOST && now < until) return
      shared.delete(key)
    }
  }

  return {
    once(key, work) {
      const now = clock()
      forget(now)
      const same = shared.get(key)
      if (same !== undefined && now < same.until) return same.answer
      const answer = work()
      shared.set(key, { answer, until: Number.POSITIVE_INFINITY })
      answer.then(
        () => share(key, answer),
        () => shared.delete(key),
      )
      return answer
    },
  }
}
