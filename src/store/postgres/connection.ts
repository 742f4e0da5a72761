import { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Client } from 'pg'
import { SecurityError } from '../../kernel/errors.ts'
import type { Row, Value } from '../engine.ts'
import { encodeParameter, findDecoder, type Parameter } from './parameter.ts'

/** Where the database is, and how it is reached. Times are in seconds. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: string | undefined
  /** Whom to trust, and what to show, in the words of `tls.connect`. Absent: without TLS. */
  readonly ssl?: ConnectionOptions | undefined
  readonly connectTimeout: number
  /** The server gives up a statement, and a transaction that waits for us, after this time too. */
  readonly timeout: number
}

/** One connection, with its statements prepared once. What is asked without waiting travels without waiting. */
export interface Connection {
  /** @param sql in PostgreSQL's own dialect */
  run(sql: string, ...parameters: readonly Parameter[]): Promise<Row[]>
  /** Statements without parameters and without an answer. */
  exec(sql: string): Promise<void>
  /** Resolves when the connection is gone, for whatever reason. */
  readonly ended: Promise<void>
  /** Says good-bye, and does not wait long for an answer. */
  close(): Promise<void>
  /** From now on it does not keep the program alive; operations in flight do, by their timers. */
  unref(): void
  /** Ends it at once: what is under way rejects. */
  destroy(): void
}

const CLOSE_MS = 1000

function refuseWithoutPassword(): never {
  throw new Error('it asks for a password, and the keystore has no [store.postgres.password]')
}

/** @throws Error of the driver, or SecurityError `store_unavailable` if the server cannot keep our promises */
export async function openConnection(address: Address): Promise<Connection> {
  const connectTimeoutMs = address.connectTimeout * 1000
  const socket = new Socket()
  const client = new Client({
    host: address.host,
    port: address.port,
    user: address.user,
    database: address.database,
    // Asked only if the server wants one.
    password: address.password ?? refuseWithoutPassword,
    ssl: address.ssl ?? false,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: 'ostiary',
    pipeline: true,
    // The parsers of `pg` give what people like to see; ours give what the engine's rows are made of.
    types: { getTypeParser: (type: number) => findDecoder(type) },
    stream: () => socket,
  })
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  // Each query in flight rejects with it as well.
  client.on('error', () => undefined)

  let gathers = false
  /** What is asked in one turn goes to the system as one piece. */
  const gather = () => {
    if (gathers) return
    gathers = true
    socket.cork()
    process.nextTick(() => {
      gathers = false
      socket.uncork()
    })
  }
  const connection: Connection = {
    async run(sql, ...parameters) {
      gather()
      const { rows } = await client.query({
        name: nameStatement(sql),
        text: sql,
        values: parameters.map(encodeParameter),
      })
      return rows as Row[]
    },
    async exec(sql) {
      gather()
      await client.query(sql)
    },
    ended,
    async close() {
      const timer = setTimeout(() => socket.destroy(), CLOSE_MS)
      await client.end().catch(() => undefined)
      clearTimeout(timer)
      socket.destroy()
    },
    unref: () => void socket.unref(),
    destroy: () => void socket.destroy(),
  }
  const timer = setTimeout(() => socket.destroy(), connectTimeoutMs)
  try {
    await client.connect()
    await prepareSession(connection, address.timeout * 1000)
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
  return connection
}

const names = new Map<string, string>()

/** There are a few dozen statements in all: none is made from what a caller sends. */
function nameStatement(sql: string): string {
  let name = names.get(sql)
  if (name === undefined) names.set(sql, (name = `s${names.size}`))
  return name
}

async function prepareSession(connection: Connection, timeoutMs: number): Promise<void> {
  const [server] = await connection.run(`
    select current_setting('server_encoding', true) as encoding,
      current_setting('transaction_read_only', true) as read_only,
      current_setting('synchronous_commit', true) as synchronous_commit,
      current_setting('fsync', true) as fsync`)
  const { encoding, read_only: readOnly } = server ?? {}
  if (encoding !== 'UTF8') refuse(`has the encoding [${textOf(encoding)}]; it must be [UTF8]`)
  if (readOnly === 'on') refuse('is a replica or read-only: [store.postgres.url] must lead to the primary')
  checkDurability('synchronous_commit', server?.['synchronous_commit'], ['on', 'remote_apply'])
  checkDurability('fsync', server?.['fsync'], ['on'])
  await connection.exec(`
    set statement_timeout = ${Math.ceil(timeoutMs)};
    -- So that a write whose row is held fails before those that travel with it are late.
    set lock_timeout = ${Math.ceil(timeoutMs / 4)};
    set idle_in_transaction_session_timeout = ${Math.ceil(timeoutMs)};
    -- As bytes are read here, whatever the database says.
    set bytea_output = 'hex';
    -- Every statement has an index. A plan made while a table was small must not outlive that.
    set enable_seqscan = off`)
}

/** A distributed engine that has no such setting is always durable. */
function checkDurability(setting: string, value: Value | undefined, durable: readonly string[]): void {
  const found = textOf(value)
  if (found === '' || durable.includes(found)) return
  const expected = durable.join('] or [')
  refuse(`has [${setting} = ${found}], so a sign-out that was answered could be lost; it must be [${expected}]`)
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : ''
}

function refuse(finding: string): never {
  throw new SecurityError('store_unavailable', `the database ${finding}`)
}
