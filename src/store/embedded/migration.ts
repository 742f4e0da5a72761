import { SecurityError } from '../../kernel/errors.ts'
import type { Connection } from './connection.ts'
import { MIGRATIONS } from './schema.ts'

/** "Osti": tells our file from any other SQLite database. */
const APPLICATION_ID = 0x4f737469

/**
 * Brings the file to the newest format in one transaction, after a check of the whole file if there is anything in it.
 * @throws SecurityError `store_unavailable` if it is not ours, damaged, or written by a newer version; it stays as it was
 */
export function migrate(connection: Connection, file: string, migrations = MIGRATIONS): void {
  const { version, application, tables } = describeFile(connection)
  const isNew = application === 0 && version === 0 && tables === 0
  if (!isNew) checkOurs(connection, file, migrations)
  if (version === migrations.length) return
  if (version > 0) checkWhole(connection, file)

  connection.exec('begin exclusive')
  try {
    for (const migration of migrations.slice(version)) connection.exec(migration)
    connection.exec(`pragma application_id = ${APPLICATION_ID}`)
    connection.exec(`pragma user_version = ${migrations.length}`)
    connection.exec('commit')
  } catch (error) {
    connection.exec('rollback')
    throw error
  }
}

/**
 * Checks that a file is a store's, of a format that is known here.
 * @throws SecurityError `store_unavailable`
 */
export function checkOurs(connection: Connection, file: string, migrations = MIGRATIONS): void {
  const { version, application } = describeFile(connection)
  if (application !== APPLICATION_ID) refuse(file, 'is a database of another program')
  if (version > migrations.length) {
    refuse(
      file,
      `has the format version ${version}, but this version of Ostiary knows none above ${migrations.length}. Start the ` +
        'newer version that wrote it, or restore a backup',
    )
  }
}

/**
 * Checks the whole file for damage.
 * @throws SecurityError `store_unavailable`
 */
export function checkWhole(connection: Connection, file: string): void {
  const findings = findDamage(connection)
  if (findings === 'ok') return
  refuse(file, `is damaged and was left as it is (${findings}). Restore a backup`)
}

function describeFile(connection: Connection): { version: number; application: number; tables: number } {
  const [row] = connection.run(`
    select user_version as version, application_id as application, (select count(*) from sqlite_schema) as tables
    from pragma_user_version, pragma_application_id`)
  return row as { version: number; application: number; tables: number }
}

function findDamage(connection: Connection): string {
  try {
    const rows = connection.run('pragma integrity_check(3)')
    return rows.map((row) => row['integrity_check']).join('; ')
  } catch (error) {
    return String(error)
  }
}

function refuse(file: string, finding: string): never {
  throw new SecurityError('store_unavailable', `the store's file [${file}] ${finding}`)
}
