export interface ConnectionSlots {
  /** Waits for a free connection to an origin. @returns what gives it back @throws Error after the waiting time */
  take(origin: string): Promise<() => void>
}

interface Waiter {
  readonly origin: string
  readonly start: () => void
}

/**
 * Bounds how many calls are under way, in all and for each origin, in the order in which they asked.
 * @param wait milliseconds that a call may wait for its turn
 */
export function createConnectionSlots(limits: {
  readonly total: number
  readonly perOrigin: number
  readonly wait: number
}): ConnectionSlots {
  const taken = new Map<string, number>()
  const waiting = new Set<Waiter>()
  let total = 0

  const isFree = (origin: string) => total < limits.total && (taken.get(origin) ?? 0) < limits.perOrigin
  const occupy = (origin: string) => {
    total++
    taken.set(origin, (taken.get(origin) ?? 0) + 1)
    return () => {
      total--
      const left = (taken.get(origin) ?? 0) - 1
      if (left > 0) taken.set(origin, left)
      else taken.delete(origin)
      const next = [...waiting].find((waiter) => isFree(waiter.origin))
      next?.start()
    }
  }

  return {
    async take(origin) {
      if (isFree(origin)) return occupy(origin)
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const start = () => {
        waiting.delete(waiter)
        clearTimeout(timer)
        resolve(occupy(origin))
      }
      const waiter: Waiter = { origin, start }
      const timer = setTimeout(() => {
        waiting.delete(waiter)
        reject(new Error(`no connection to ${origin} was free within ${limits.wait} ms`))
      }, limits.wait)
      waiting.add(waiter)
      return promise
    },
  }
}
