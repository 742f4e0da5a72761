import { Worker } from 'node:worker_threads'
import type { Clock } from '../kernel/clock.ts'
import { createArtefacts } from './artefacts.ts'
import { createDocuments } from './documents.ts'
import { joinDataDirectory, openDataDirectory, removeLog } from './embedded/data-directory.ts'
import { pairsByLink } from './embedded/pair-links.ts'
import { createMarkFile, createSharedMark, joinMarkFile, type MarkTarget, type ReadMark } from './embedded/read-mark.ts'
import type { Reader } from './embedded/reader.ts'
import { createRemoteWriter, serveWriter, type WriterChannel } from './embedded/writer-channel.ts'
import { createWriterThread, type StoreLog, type WriterThread } from './embedded/writer-thread.ts'
import type { Engine } from './engine.ts'
import { startExpiry } from './expiry.ts'
import { createSessions } from './sessions.ts'
import type { Store } from './store.ts'
import { createTokenPairs } from './token-pairs.ts'

const WRITE_TIMEOUT_MS = 5000

export interface EmbeddedStoreOptions {
  /** Made if it is not there, and made private to its owner. */
  readonly directory: string
  readonly clock: Clock
  readonly log?: StoreLog
}

/** What the process that starts workers has of the store: it holds the folder, writes for them, and expires. */
export interface EmbeddedHolder {
  /** Writes for the worker at the other end from now on. */
  serve(channel: WriterChannel): void
  /** To be called when the workers are gone. */
  close(): Promise<void>
}

/**
 * The embedded driver in one process: one SQLite file, read in the thread that asks, written by one thread of its own.
 * @throws SecurityError `store_unavailable` saying what is wrong with the folder or the file
 */
export async function createEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  return assembleStore({ ...holdDirectory(options, createSharedMark), clock: options.clock })
}

/**
 * The embedded driver for several processes: this one writes, its workers read by themselves.
 * @throws SecurityError as `createEmbeddedStore`
 */
export function holdEmbeddedStore(options: EmbeddedStoreOptions): EmbeddedHolder {
  const held = holdDirectory(options, createMarkFile)
  return { serve: (channel) => serveWriter(channel, held.writer), close: () => held.close() }
}

/**
 * The store in a worker of the process at the other end of the channel, which holds it.
 * @throws SecurityError `store_unavailable` if that process does not hold the folder
 */
export async function joinEmbeddedStore(options: EmbeddedStoreOptions & { channel: WriterChannel }): Promise<Store> {
  const { directory, channel, clock, log } = options
  const { reader, lock } = joinDataDirectory(directory, channel.pid)
  const mark = joinMarkFile(directory)
  const writer = createWriterThread({
    startWorker: () => createRemoteWriter(channel),
    timeoutMs: WRITE_TIMEOUT_MS,
    log,
  })
  const close = async () => {
    await writer.drain()
    reader.close()
    await writer.close()
    mark.close()
    lock.release()
  }
  return assembleStore({ reader, writer, mark, clock, close })
}

function holdDirectory({ directory, clock, log }: EmbeddedStoreOptions, createMark: (directory: string) => ReadMark) {
  const { file, reader, lock } = openDataDirectory(directory)
  const mark = createMark(directory)
  const writer = createWriterThread({
    startWorker: () => startWorker(file, mark.target),
    timeoutMs: WRITE_TIMEOUT_MS,
    log,
  })
  const expiry = startExpiry({ engine: createEngine(reader, writer, mark), clock, looksFirst: true })
  return {
    reader,
    writer,
    mark,
    async close() {
      await expiry.stop()
      await writer.drain()
      // The last connection to close empties the write-ahead log into the file. It must be the one that may write,
      reader.close()
      await writer.close()
      // which was never opened if there was nothing to write.
      removeLog(file)
      mark.close()
      lock.release()
    },
  }
}

function assembleStore(parts: {
  reader: Reader
  writer: WriterThread
  mark: ReadMark
  clock: Clock
  close: () => Promise<void>
}): Store {
  const { reader, writer, mark, clock, close } = parts
  const engine = createEngine(reader, writer, mark)
  return {
    documents: createDocuments(engine),
    tokens: createTokenPairs({ engine, clock, pairsBy: pairsByLink }),
    sessions: createSessions({ engine, clock }),
    artefacts: createArtefacts({ engine, clock }),
    async check() {
      reader.run('select count(*) as facts from fact')
    },
    close,
  }
}

function createEngine(reader: Reader, writer: WriterThread, mark: ReadMark): Engine {
  return {
    read: async (...statement) => reader.run(...statement),
    write: (...write) => writer.call(...write),
    readMark: (of) => mark.read(of),
  }
}

function startWorker(file: string, mark: MarkTarget): Worker {
  const script = import.meta.url.endsWith('.ts') ? './embedded/writer.ts' : './embedded/writer.js'
  return new Worker(new URL(script, import.meta.url), { name: 'store writer', workerData: { file, mark } })
}
