/**
 * What a driver is. The kinds of record (`documents.ts`, `token-pairs.ts`, `sessions.ts`, `artefacts.ts`) hold the SQL
 * and the mapping of rows; an engine only runs it: reads at once, writes grouped, each write whole or not at all.
 *
 * The SQL keeps to what SQLite and PostgreSQL both read. Parameters are `?1`, `?2`, …
 */
import type { Remembered } from './outdating.ts'

export type Value = string | number | bigint | Uint8Array | null

export type Row = Readonly<Record<string, Value>>

export type Statement = readonly [sql: string, ...values: Value[]]

/**
 * A write: a named generator that yields statements, is given their rows, and returns its result. The engine runs it
 * inside a transaction, so what it decides on rows it has read still holds when it writes. It may be run again after a
 * rollback, on another thread, with copies of its arguments: it knows only these.
 */
export type Write<Arguments extends readonly unknown[], Result> = (...args: Arguments) => Steps<Result>

export type Steps<Result> = Generator<Statement, Result, Row[]>

export interface Engine {
  /** @throws SecurityError `store_unavailable` */
  read(...statement: Statement): Promise<Row[]>
  /**
   * Resolves when the write is durable.
   * @throws SecurityError `store_unavailable`, within the time-out
   */
  write<Arguments extends readonly unknown[], Result>(
    write: Write<Arguments, Result>,
    ...args: Arguments
  ): Promise<Result>
  /**
   * A number that is another one after every change of this, in whichever process, before the promise of the change
   * resolves: an invalidation of any token, a write of any document, a change of one portal session.
   * @returns `undefined`: nothing may be remembered now. Left out: nothing ever
   */
  readMark?(of: Remembered): number | undefined
}
