import { setTimeout } from 'node:timers/promises'
import { wholeSeconds, type Clock } from '../kernel/clock.ts'
import type { Engine, Steps } from './engine.ts'

/** Few enough that one step, with its commit, keeps the engine for less than 5 ms. */
export const ROWS_PER_STEP = 40
const PAUSE_MS = 5
const INTERVAL_MS = 1000

/** Where something expires: each table, its key, and the column that tells when. An index leads by that. */
const PAIRS = ['token_pair', 'id', 'remove_at'] as const
const OTHERS = [
  ['used_response', 'key', 'keep_until'],
  ['portal_session', 'id', 'remove_at'],
  ['artefact', 'key', 'remove_at'],
] as const

const remove = ([table, key, end]: readonly [string, string, string]) => `
  delete from ${table} where ${key} in (select ${key} from ${table} where ${end} <= ?1 order by ${end} limit ?2)
  returning 1 as done`
const REMOVE_PAIRS = remove(PAIRS)
const REMOVE_OTHERS = OTHERS.map(remove)
const exists = [PAIRS, ...OTHERS].map(([table, , end]) => `exists (select 1 from ${table} where ${end} <= ?1)`)
export const IS_ANY_EXPIRED = `select 1 as expired where ${exists.join(' or ')}`
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
  for (const sql of REMOVE_OTHERS) removed += (yield [sql, now, limit - removed]).length
  return removed
}
