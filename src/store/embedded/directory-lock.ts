import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SecurityError } from '../../kernel/errors.ts'

/** The other may be about to say who it is, or about to end. */
const WAIT_MS = 300
/** The workers of a program that was killed end as soon as they notice. */
const WAIT_FOR_WORKERS_MS = 5000

export interface DirectoryLock {
  release(): void
}

/**
 * Reserves a data folder for this process and its workers.
 *
 * The lock is the operating system's, held by an open transaction on a file of its own. It ends with the process, however
 * that ends: no lock is ever stale, and a process id that was given out again means nothing. The transaction reserves the
 * right to write only, so others can read who holds it: the file's `user_version` is the process id.
 *
 * @throws SecurityError `store_unavailable` naming the process that holds it
 */
export function lockDirectory(directory: string): DirectoryLock {
  const database = new DatabaseSync(join(directory, 'ostiary.lock'), { timeout: WAIT_MS })
  const readHolder = () => Number(database.prepare('pragma user_version').get()?.['user_version'])
  try {
    reserve()
    // Between the two transactions another may have had its turn; then the name in the file is not ours.
    while (readHolder() !== process.pid) {
      database.exec('rollback')
      reserve()
    }
    return { release: () => database.close() }
  } catch (cause) {
    // Not the name that we have tried to write.
    if (database.isTransaction) database.exec('rollback')
    const holder = isLocked(cause) ? readHolder() : undefined
    database.close()
    if (holder === undefined) throw cause
    throw new SecurityError(
      'store_unavailable',
      `the data folder [${directory}] is in use by the process ${holder}: stop it, or set another [path.data]`,
      cause,
    )
  }

  function reserve(): void {
    database.exec(`begin immediate; pragma busy_timeout = ${WAIT_FOR_WORKERS_MS}`)
    database.exec(`pragma user_version = ${process.pid}; commit`)
    database.exec(`pragma busy_timeout = ${WAIT_MS}; begin immediate`)
  }
}

/**
 * Shares the reservation that `holder` has: an open transaction that reads, which lets no other process write its name.
 * So a folder is free only when the last worker of a start is gone.
 * @throws SecurityError `store_unavailable` if another process holds it
 */
export function joinLock(directory: string, holder: number): DirectoryLock {
  const database = new DatabaseSync(join(directory, 'ostiary.lock'), { readOnly: true, timeout: WAIT_MS })
  database.exec('begin')
  if (Number(database.prepare('pragma user_version').get()?.['user_version']) === holder) {
    return { release: () => database.close() }
  }
  database.close()
  throw new SecurityError('store_unavailable', `the data folder [${directory}] is not held by the process ${holder}`)
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5 /* SQLITE_BUSY */
}
