/**
 * A PostgreSQL server of the tests' own: in a folder of its own, on a free port, with `fsync` as in earnest. Debian's
 * package `postgresql` brings the programs.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { Address } from '../../src/store/postgres/connection.ts'
import { findAddresses } from './addresses.ts'

const run = promisify(execFile)
const USER = 'ostiary'
const DEADLINE = 30_000

export const PASSWORD = 'the-password-of-the-tests'

export interface PostgresServer {
  readonly port: number
  /** Makes a database that is empty. @returns its name */
  createDatabase(): Promise<string>
  /** How a store reaches it. */
  address(database: string, changes?: Partial<Address>): Address
  /** `postgres://…`, as in the settings. */
  url(database: string): string
  /** Asks the server itself. @returns the rows */
  query(database: string, sql: string): Promise<Record<string, unknown>[]>
  /** All files of its databases and their log, after a checkpoint. */
  readDisk(): Promise<Buffer[]>
  /** Ends it in order, without waiting for its clients. */
  stop(): Promise<void>
  /** `kill -9` of all its processes: what they had not synced by then may be gone. */
  kill(): Promise<void>
  start(): Promise<void>
  /** All its processes stand still, their connections stay. */
  pause(): void
  resume(): void
  /** Ends it for good and removes its folder. */
  remove(): Promise<void>
}

/**
 * Starts a server. The caller owes a `remove()`.
 * @param options.settings as in `postgresql.conf`
 * @param options.tls PEM texts; without them it has no TLS. `clients`: the authority of which they must show a certificate
 */
export async function startPostgres(
  options: {
    settings?: Readonly<Record<string, string>>
    tls?: { certificate: string; key: string; clients?: string }
  } = {},
): Promise<PostgresServer> {
  const programs = globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1)
  if (programs === undefined) throw new Error('the tests need the Debian package postgresql')
  const owner = findOwner()
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-postgres-'))
  if (owner !== undefined) await chown(directory, owner.uid, owner.gid)
  const data = join(directory, 'data')
  const passwordFile = join(directory, 'password')
  await writeFile(passwordFile, PASSWORD, { mode: 0o644 })
  const initialise = ['-D', data, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8']
  await run(join(programs, 'initdb'), [...initialise, '--locale=C', '--no-sync'], { ...owner, cwd: directory })

  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // The tests open many stores.
    max_connections: '200',
    ...options.settings,
  }
  if (options.tls !== undefined) {
    await addFile('server.crt', options.tls.certificate)
    await addFile('server.key', options.tls.key)
    settings['ssl'] = 'on'
    if (options.tls.clients !== undefined) {
      await addFile('clients.crt', options.tls.clients)
      settings['ssl_ca_file'] = 'clients.crt'
      const lines = ['hostssl all all all scram-sha-256 clientcert=verify-ca', 'hostnossl all all all scram-sha-256']
      await addFile('pg_hba.conf', lines.join('\n'))
    }
  }
  const port = Number(new URL((await findAddresses()).api).port)
  const args = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  let server: ChildProcess | undefined
  let databases = 0

  async function addFile(name: string, content: string): Promise<void> {
    const path = join(data, name)
    await writeFile(path, content, { mode: 0o600 })
    if (owner !== undefined) await chown(path, owner.uid, owner.gid)
  }

  const killWithUs = () => signalAll('SIGKILL')
  process.once('exit', killWithUs)

  /** The postmaster and its children: each of those has a group of its own. */
  function signalAll(signal: NodeJS.Signals): void {
    const pid = server?.pid
    if (pid === undefined || server?.exitCode !== null || server.signalCode !== null) return
    for (const one of [pid, ...findChildren(pid)]) {
      try {
        process.kill(one, signal)
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  async function end(signal: () => void): Promise<void> {
    const ending = server
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
    const exited = once(ending, 'exit')
    signal()
    await exited
  }

  async function query(database: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ host: '127.0.0.1', port, user: USER, password: PASSWORD, database, ssl: false })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  async function start(): Promise<void> {
    const deadline = Date.now() + DEADLINE
    for (;;) {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) {
        server = spawn(join(programs ?? '', 'postgres'), ['-D', data, ...args], {
          ...owner,
          cwd: directory,
          stdio: 'ignore',
        })
      }
      try {
        await query('postgres', 'select 1')
        return
      } catch (cause) {
        if (Date.now() > deadline) throw new Error('PostgreSQL did not start', { cause })
        await sleep(50)
      }
    }
  }

  await start()
  return {
    port,
    start,
    query,
    async createDatabase() {
      const name = `test_${(databases += 1)}`
      await query('postgres', `create database ${name}`)
      return name
    },
    address: (database, changes) => ({
      host: '127.0.0.1',
      port,
      user: USER,
      password: PASSWORD,
      database,
      connectTimeout: 2,
      timeout: 5,
      ...changes,
    }),
    async readDisk() {
      await query('postgres', 'checkpoint')
      return globSync(['base/**', 'pg_wal/**'], { cwd: data, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
    },
    url: (database) => `postgres://${USER}@127.0.0.1:${port}/${database}`,
    stop: () => end(() => void server?.kill('SIGINT')),
    kill: () => end(() => signalAll('SIGKILL')),
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
    async remove() {
      process.removeListener('exit', killWithUs)
      await end(() => signalAll('SIGKILL'))
      await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** PostgreSQL refuses to run as root. */
function findOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
  if (line === null) throw new Error('there is no user postgres')
  return { uid: Number(line[1]), gid: Number(line[2]) }
}

function findChildren(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readParent(pid) === parent)
    .map(Number)
}

function readParent(pid: string): number | undefined {
  try {
    // The name, in parentheses, may have blanks.
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) \S /s, '')
        .split(' ')[0],
    )
  } catch {
    return undefined
  }
}
