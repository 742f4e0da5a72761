import { SecurityError } from '../kernel/errors.ts'
import type { Clock } from '../kernel/clock.ts'
import { createArtefacts } from './artefacts.ts'
import { createDocuments } from './documents.ts'
import type { Engine, Row, Statement } from './engine.ts'
import { startExpiry } from './expiry.ts'
import { openConnection, type Address } from './postgres/connection.ts'
import { findExclusion } from './postgres/exclusion.ts'
import { createGathering, type Gathering } from './postgres/gathering.ts'
import { createLine, type StoreLog } from './postgres/line.ts'
import { migrate } from './postgres/migration.ts'
import { runReads } from './postgres/reading.ts'
import { runWrites, type PendingWrite } from './postgres/writing.ts'
import { createPairMemory } from './pair-memory.ts'
import { createSessions } from './sessions.ts'
import type { Store } from './store.ts'
import { createTokenPairs } from './token-pairs.ts'

/** Enough to fill the way there and back; more would make the first of a group wait for the last. */
const READS_PER_GROUP = 256
const WRITES_PER_GROUP = 128
/** Some 2 kB each. */
const PAIRS_REMEMBERED = 10_000

export interface PostgresStoreOptions {
  readonly address: Address
  /** Connections in all, at least 2: one writes, the others read. */
  readonly poolSize: number
  /** Of the secrets that seal what the store keeps, the newest first: all nodes of a database have the same. */
  readonly fingerprints: readonly string[]
  readonly clock: Clock
  readonly log?: StoreLog
}

/**
 * The PostgreSQL driver: any number of nodes on one database. Reads of one moment travel as one query, writes as one
 * transaction.
 * @throws SecurityError `store_unavailable` saying why the database cannot be used
 */
export async function createPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { address, poolSize, fingerprints, clock, log } = options
  const open = () => openConnection(address)
  await prepareDatabase(address, fingerprints)

  const writeLine = createLine({
    open,
    log,
    onChange() {
      if (writeLine.failure instanceof SecurityError) loseReadLines()
      writing.send()
    },
  })
  const readLines = Array.from({ length: poolSize - 1 }, () => createLine({ open, onChange: () => reading.send() }))
  /** A server that is refused may have been the primary when they were opened, and then tells what was. */
  const loseReadLines = () => readLines.forEach(({ connection }) => connection?.destroy())
  const timeoutMs = address.timeout * 1000
  const writing: Gathering<PendingWrite> = createGathering({
    lines: [writeLine],
    most: WRITES_PER_GROUP,
    timeoutMs,
    runGroup: runWrites,
  })
  const reading: Gathering<Statement> = createGathering({
    lines: readLines,
    most: READS_PER_GROUP,
    timeoutMs,
    runGroup: runReads,
  })
  const engine: Engine = {
    read: (...statement) => reading.add(statement) as Promise<Row[]>,
    write: <Arguments extends readonly unknown[], Result>(
      write: (...args: Arguments) => Generator<Statement, Result, Row[]>,
      ...args: Arguments
    ) => writing.add({ start: () => write(...args), exclusion: findExclusion(write, args) }) as Promise<Result>,
  }
  const expiry = startExpiry({ engine, clock, looksFirst: false })
  return {
    documents: createDocuments(engine),
    tokens: createTokenPairs({ engine, clock, memory: createPairMemory(PAIRS_REMEMBERED) }),
    sessions: createSessions({ engine, clock }),
    artefacts: createArtefacts({ engine, clock }),
    async check() {
      await engine.read('select count(*) as facts from fact')
    },
    async close() {
      await expiry.stop()
      await Promise.all([writing.drain(), reading.drain()])
      await Promise.all([writeLine, ...readLines].map((line) => line.close()))
    },
  }
}

async function prepareDatabase(address: Address, fingerprints: readonly string[]): Promise<void> {
  try {
    const connection = await openConnection(address)
    try {
      await migrate(connection, fingerprints)
    } finally {
      await connection.close()
    }
  } catch (cause) {
    if (cause instanceof SecurityError) throw cause
    const { host, port, database } = address
    throw new SecurityError(
      'store_unavailable',
      `the database [${database}] at [${host}:${port}] cannot be used`,
      cause,
    )
  }
}
