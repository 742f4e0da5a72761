/**
 * When the write-ahead log is copied into the file. A thread of its own does it, from the first time that there is enough
 * to copy; the writer copies only what came meanwhile, between two groups, and then begins the log anew.
 */
import { Worker } from 'node:worker_threads'
import type { Connection } from './connection.ts'
import { CHECKPOINT_ENDED, CHECKPOINT_UNDER_WAY, NO_CHECKPOINT, type CheckpointerData } from './messages.ts'

/** 16 MB: a page that is committed again and again is copied once. */
const PAGES_PER_CHECKPOINT = 4000
/** To look takes 10 µs. */
const COMMITS_PER_LOOK = 16

export interface Checkpoints {
  /** To be told after each commit. */
  look(connection: Connection): void
  /** Resolves when nothing is copied any more. */
  close(): Promise<void>
}

export function createCheckpoints(file: string): Checkpoints {
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  let thread: Worker | undefined
  let commits = 0

  function start(): Worker {
    const script = import.meta.url.endsWith('.ts') ? './checkpointer.ts' : './checkpointer.js'
    const data: CheckpointerData = { file, state }
    const started = new Worker(new URL(script, import.meta.url), { name: 'store checkpointer', workerData: data })
    // One that fails is started again the next time. Should none ever succeed, the engine copies at a commit.
    started.on('error', () => undefined)
    started.on('exit', () => {
      thread = undefined
      Atomics.store(state, 0, NO_CHECKPOINT)
    })
    started.unref()
    return started
  }

  return {
    look(connection) {
      const current = Atomics.load(state, 0)
      if (current === CHECKPOINT_UNDER_WAY) return
      if (current === CHECKPOINT_ENDED) {
        Atomics.store(state, 0, NO_CHECKPOINT)
        connection.run('pragma wal_checkpoint(passive)')
        return
      }
      commits += 1
      if (commits < COMMITS_PER_LOOK) return
      commits = 0
      if (countPages(connection) < PAGES_PER_CHECKPOINT) return
      Atomics.store(state, 0, CHECKPOINT_UNDER_WAY)
      thread ??= start()
      thread.postMessage('checkpoint', [])
    },
    async close() {
      await thread?.terminate()
    },
  }
}

/** Pages in the log that are not in the file yet. An SQLite before 3.51 takes this for a checkpoint, and copies them. */
function countPages(connection: Connection): number {
  const [row] = connection.run('pragma wal_checkpoint(noop)')
  const { log, checkpointed } = row as { log: number; checkpointed: number }
  return log - checkpointed
}
