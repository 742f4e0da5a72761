import { setTimeout } from 'node:timers/promises'
import { wholeSeconds, type Clock } from '../kernel/clock.ts'
import type { Engine, Steps } from './engine.ts'

/** Few enough that one step, with its commit, keeps the engine for less than 5 ms. */
export const ROWS_PER_STEP = 40
const PAUSE_MS = 5
const INTERVAL_MS = 1000

const expired = (table: string, key: string, end: string) => `
  delete from ${table} where ${key} in (select ${key} from ${table} where ${end} <= ?1 order by ${end} limit ?2)
  returning 1 as done`
const REMOVE_PAIRS = expired('token_pair', 'id', 'remove_at')
const REMOVE_OTHERS = [
  expired('used_response', 'key', 'keep_until'),
  expired('portal_session', 'id', 'remove_at'),
  expired('artefact', 'key', 'remove_at'),
]
export const IS_ANY_EXPIRED = `
  select 1 as expired
  where exists (select 1 from token_pair where remove_at <= ?1)
    or exists (select 1 from used_response where keep_until <= ?1)
    or exists (select 1 from portal_session where remove_at <= ?1)
    or exists (select 1 from artefact where remove_at <= ?1)`
const REMEMBER = `insert into fact (name) values ('token_created') on conflict (name) do nothing`

/**
 * Removes what has expired, a few rows at a time, so that its space is used again. Reads never depend on it, and it lets
 * the program start before it begins.
 *
 * @param parts.looksFirst with it, a program in which nothing expires wakes no writer, nor starts one. Without, the write
 * of each second is also how a server is found that takes none any more
 */
export function startExpiry(parts: { engine: Engine; clock: Clock; looksFirst: boolean }): { stop(): Promise<void> } {
  const { engine, clock, looksFirst } = parts
  const stopping = new AbortController()
  const running = sweep()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }

  async function sweep(): Promise<void> {
    await pause(INTERVAL_MS)
    while (!stopping.signal.aborted) {
      // While the engine is away there is nothing to do but to try again later.
      const removed = await step(wholeSeconds(clock)).catch(() => 0)
      await pause(removed === ROWS_PER_STEP ? PAUSE_MS : INTERVAL_MS)
    }
  }

  async function step(now: number): Promise<number> {
    if (looksFirst && (await engine.read(IS_ANY_EXPIRED, now)).length === 0) return 0
    return engine.write(removeExpired, now, ROWS_PER_STEP)
  }

  function pause(milliseconds: number): Promise<void> {
    return setTimeout(milliseconds, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
  }
}

/** @returns how many rows went: `limit` if there may be more */
export function* removeExpired(now: number, limit: number): Steps<number> {
  let removed = (yield [REMOVE_PAIRS, now, limit]).length
  if (removed > 0) yield [REMEMBER]
  for (const remove of REMOVE_OTHERS) removed += (yield [remove, now, limit - removed]).length
  return removed
}
