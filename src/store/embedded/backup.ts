/**
 * A copy of the embedded store in one file, made while it is in use, and the way back. Secrets are in neither: what is
 * sealed opens with the keystore only.
 */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { SecurityError } from '../../kernel/errors.ts'
import { openConnection, type Connection } from './connection.ts'
import { fileOf, makeFolder, synchronizeFolder } from './data-directory.ts'
import { lockDirectory } from './directory-lock.ts'
import { checkOurs, checkWhole, migrate } from './migration.ts'

/**
 * Everything that has expired by itself at some time. A pair was there if one was ever created: the fact outlives them.
 */
const END_LOGINS = `
  insert into fact (name) select 'token_created' where exists (select 1 from token_pair)
    on conflict (name) do nothing;
  delete from token_pair;
  delete from portal_session;
  delete from artefact where remove_at is not null`

/**
 * Writes what the store holds at this moment into a new file, which its owner alone may read.
 * @throws SecurityError `store_unavailable` if there is no store, or the file cannot be made or is there already
 */
export function backUp(directory: string, target: string): void {
  const file = fileOf(directory)
  if (!existsSync(file)) throw new SecurityError('store_unavailable', `there is no store in [${directory}]`)
  const written = join(dirname(resolve(target)), `.${basename(target)}.${randomBytes(6).toString('hex')}`)
  attempt(`the backup [${target}] cannot be made`, () => {
    try {
      closeSync(openSync(written, 'wx', 0o600))
      withConnection(file, 'read', (connection) => {
        checkOurs(connection, file)
        connection.run('vacuum into ?1', written)
      })
      synchronizeFile(written)
      // Unlike a rename, this fails if the name is taken.
      linkSync(written, target)
    } finally {
      rmSync(written, { force: true })
    }
    synchronizeFolder(dirname(resolve(target)))
  })
}

/**
 * Puts a backup in the place of what the data folder holds: whole, or not at all. Logins end, since the backup does not
 * know which of them ended after it was made; users, roles and all else that stays until it is deleted is as it was then.
 * @param keepLogins leaves the logins of the backup alive
 * @throws SecurityError `store_unavailable` if the folder is in use, or the file is no backup, damaged, or of a newer version
 */
export function restore(directory: string, source: string, { keepLogins }: { keepLogins: boolean }): void {
  attempt(`the backup [${source}] cannot be restored`, () => {
    makeFolder(directory)
    const lock = lockDirectory(directory)
    const copy = join(directory, 'ostiary.db.restoring')
    try {
      prepare(copy, source, keepLogins)
      settle(fileOf(directory))
      renameSync(copy, fileOf(directory))
      synchronizeFolder(directory)
    } finally {
      for (const beside of ['', '-journal', '-wal', '-shm']) rmSync(`${copy}${beside}`, { force: true })
      lock.release()
    }
  })
}

/** A copy that is checked, of today's format, and on disk. */
function prepare(copy: string, source: string, keepLogins: boolean): void {
  rmSync(copy, { force: true })
  copyFileSync(source, copy)
  chmodSync(copy, 0o600)
  withConnection(copy, 'write', (connection) => {
    checkOurs(connection, source)
    checkWhole(connection, source)
    migrate(connection, source)
    if (!keepLogins) connection.exec(`begin; ${END_LOGINS}; commit`)
    // One file, with nothing beside it.
    connection.run('pragma journal_mode = delete')
  })
  synchronizeFile(copy)
}

/**
 * Makes the file that is to be replaced whole by itself: a log that was left beside it would be taken for the new file's.
 * Who has it open, a backup for example, is not disturbed.
 */
function settle(file: string): void {
  if (!existsSync(file)) return
  try {
    withConnection(file, 'write', (connection) => connection.run('pragma journal_mode = delete'))
  } catch (cause) {
    if (isBusy(cause)) throw new SecurityError('store_unavailable', `[${file}] is being read by another program`, cause)
    // It is damaged, which may be why it is replaced.
  }
  for (const beside of ['-journal', '-wal', '-shm']) rmSync(`${file}${beside}`, { force: true })
  synchronizeFolder(dirname(file))
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5 /* SQLITE_BUSY */
}

function withConnection(file: string, access: 'read' | 'write', act: (connection: Connection) => void): void {
  const connection = openConnection(file, access)
  try {
    act(connection)
  } finally {
    connection.close()
  }
}

function synchronizeFile(file: string): void {
  const handle = openSync(file, 'r+')
  fsyncSync(handle)
  closeSync(handle)
}

function attempt(failure: string, act: () => void): void {
  try {
    act()
  } catch (cause) {
    if (cause instanceof SecurityError) throw cause
    throw new SecurityError('store_unavailable', failure, cause)
  }
}
