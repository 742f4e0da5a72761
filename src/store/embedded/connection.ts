import { DatabaseSync } from 'node:sqlite'
import type { Row, Statement, Value } from '../engine.ts'

/** How long a statement waits for a lock that another program holds, a backup for example. */
const LOCK_WAIT_MS = 2000
/** All inner pages of the trees of a few million records. The leaves are the operating system's to keep. */
const CACHE_KILOBYTES = { read: 8000, write: 16_000 } as const

/**
 * The end of a write that gives back only how many rows it changed. SQLite tells that anyway; for rows it would set up a
 * table of their own each time, which takes longer than the write.
 */
const COUNTS = / returning 1 as done$/
const DONE: Row = { done: 1 }

/** One connection to the file, with its statements prepared once. */
export interface Connection {
  run(...statement: Statement): Row[]
  exec(sql: string): void
  close(): void
}

/** @param access `write` also makes sure that a commit is on disk when it returns */
export function openConnection(file: string, access: 'read' | 'write'): Connection {
  const database = new DatabaseSync(file, { readOnly: access === 'read', timeout: LOCK_WAIT_MS })
  const prepared = new Map<string, (...values: Value[]) => Row[]>()
  database.exec(`pragma cache_size = -${CACHE_KILOBYTES[access]}`)
  if (access === 'write') {
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
    database.exec('pragma foreign_keys = on')
    // 64 MB: only if `checkpoints.ts` could not copy the log into the file before.
    database.exec('pragma wal_autocheckpoint = 16000')
    database.exec('pragma journal_size_limit = 67108864')
  }
  return {
    run(sql, ...values) {
      let runPrepared = prepared.get(sql)
      if (runPrepared === undefined) {
        runPrepared = prepare(database, sql)
        prepared.set(sql, runPrepared)
      }
      return runPrepared(...values)
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
  }
}

function prepare(database: DatabaseSync, sql: string): (...values: Value[]) => Row[] {
  const statement = database.prepare(sql.replace(COUNTS, ''))
  if (!COUNTS.test(sql)) return (...values) => statement.all(...values)
  return (...values) => Array.from({ length: Number(statement.run(...values).changes) }, () => DONE)
}
