import { Worker } from 'node:worker_threads'
import type { Clock } from '../kernel/clock.ts'
import { createArtefacts } from './artefacts.ts'
import { createDocuments } from './documents.ts'
import { openDataDirectory } from './embedded/data-directory.ts'
import { createWriterThread, type StoreLog } from './embedded/writer-thread.ts'
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

/**
 * The embedded driver: one SQLite file, read in the thread that asks, written by one thread of its own.
 * @throws SecurityError `store_unavailable` saying what is wrong with the folder or the file
 */
export async function createEmbeddedStore({ directory, clock, log }: EmbeddedStoreOptions): Promise<Store> {
  const { file, reader, lock } = openDataDirectory(directory)
  const writer = createWriterThread({ startWorker: () => startWorker(file), timeoutMs: WRITE_TIMEOUT_MS, log })
  const engine: Engine = {
    read: async (...statement) => reader.run(...statement),
    write: (...write) => writer.call(...write),
  }
  const expiry = startExpiry({ engine, clock })
  return {
    documents: createDocuments(engine),
    tokens: createTokenPairs({ engine, clock }),
    sessions: createSessions({ engine, clock }),
    artefacts: createArtefacts({ engine, clock }),
    async check() {
      reader.run('select count(*) as facts from fact')
    },
    async close() {
      await expiry.stop()
      await writer.drain()
      // The last connection to close empties the write-ahead log into the file. It must be the one that may write.
      reader.close()
      await writer.close()
      lock.release()
    },
  }
}

function startWorker(file: string): Worker {
  const script = import.meta.url.endsWith('.ts') ? './embedded/writer.ts' : './embedded/writer.js'
  return new Worker(new URL(script, import.meta.url), { name: 'store writer', workerData: { file } })
}
