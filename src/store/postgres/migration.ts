import { SecurityError } from '../../kernel/errors.ts'
import type { Connection } from './connection.ts'
import { hasCode } from './failure.ts'
import { MIGRATIONS } from './schema.ts'

/** "Osti": nobody else's lock. */
const LOCK = 0x4f737469
const LOCK_WAIT_MS = 60_000

const REGISTRY = `
  create table if not exists ostiary_schema (
    id integer primary key check (id = 1),
    version integer not null,
    fingerprint text not null
  )`

/**
 * Brings the database to the newest schema, in one transaction, one node at a time; and makes sure that this node has
 * the secrets of the others.
 * @param fingerprints of the sealing secrets, the newest first
 * @throws SecurityError `store_unavailable` if it is not ours, of a newer version, or of nodes with other secrets
 */
export async function migrate(
  connection: Connection,
  fingerprints: readonly string[],
  migrations = MIGRATIONS,
): Promise<void> {
  await connection.exec('begin')
  try {
    await connection.exec(`set local statement_timeout = ${LOCK_WAIT_MS}; set local lock_timeout = ${LOCK_WAIT_MS}`)
    await lockSchema(connection)
    const found = await readRegistry(connection)
    if (found !== undefined) checkSecrets(found.fingerprint, fingerprints)
    await applyMigrations(connection, found?.version ?? 0, migrations)
    const registry = [migrations.length, fingerprints[0] ?? ''] as const
    if (found === undefined) {
      await connection.run('insert into ostiary_schema (id, version, fingerprint) values (1, $1, $2)', ...registry)
    } else if (found.version !== registry[0] || found.fingerprint !== registry[1]) {
      await connection.run('update ostiary_schema set version = $1, fingerprint = $2', ...registry)
    }
    await connection.exec('commit')
  } catch (error) {
    await connection.exec('rollback')
    throw error
  }
}

/** The lock ends with the transaction. An engine without advisory locks has the lock of a table. */
async function lockSchema(connection: Connection): Promise<void> {
  const hasLock = await attempt(connection, `select pg_advisory_xact_lock(${LOCK})`, [
    '42883' /* undefined_function */,
    '0A000' /* feature_not_supported */,
  ])
  // Two nodes that make one table at one moment: one of them is told that its name is taken, also with `if not exists`.
  const isOurs = await attempt(connection, REGISTRY, ['23505' /* unique_violation */, '42P07' /* duplicate_table */])
  if (!hasLock || !isOurs) await connection.exec('lock table ostiary_schema in access exclusive mode')
}

/** @returns whether it did; a failure with one of these codes leaves the transaction as it was */
async function attempt(connection: Connection, sql: string, codes: readonly string[]): Promise<boolean> {
  await connection.exec('savepoint before')
  try {
    await connection.exec(sql)
    return true
  } catch (error) {
    if (!hasCode(error, ...codes)) throw error
    await connection.exec('rollback to savepoint before')
    return false
  }
}

async function readRegistry(connection: Connection): Promise<{ version: number; fingerprint: string } | undefined> {
  const [row] = await connection.run('select version, fingerprint from ostiary_schema')
  return row && { version: Number(row['version']), fingerprint: String(row['fingerprint']) }
}

/** While secrets are rotated, nodes know the old one and the new one, and not all seal with the same. */
function checkSecrets(found: string, fingerprints: readonly string[]): void {
  if (fingerprints.includes(found)) return
  refuse(
    'belongs to nodes with another [ostiary.secret]: put theirs into the keystore of this node, or give it a database ' +
      'of its own',
  )
}

async function applyMigrations(connection: Connection, version: number, migrations: readonly string[]): Promise<void> {
  if (version > migrations.length) {
    refuse(
      `has the schema version ${version}, but this version of Ostiary knows none above ${migrations.length}. Start the ` +
        'newer version that wrote it, or restore a backup',
    )
  }
  try {
    for (const migration of migrations.slice(version)) await connection.exec(migration)
  } catch (error) {
    if (hasCode(error, '42P07' /* duplicate_table */)) refuse('has tables of another program: give Ostiary its own')
    throw error
  }
}

function refuse(finding: string): never {
  throw new SecurityError('store_unavailable', `the database ${finding}`)
}
