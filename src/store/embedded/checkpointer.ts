/**
 * The thread that copies the write-ahead log into the file while the writer goes on. A checkpoint waits until the disk has
 * taken every page that was changed, 20 to 150 ms; as part of a commit it held up everybody who waited for that.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { CHECKPOINT_ENDED, type CheckpointerData } from './messages.ts'
import { openConnection } from './connection.ts'

/** What comes to the log during a pass is for the next one, which has less to do. So few pages are left to the writer. */
const FEW = 100
const PASSES = 8

if (parentPort === null) throw new Error('the checkpointer runs as a thread of the store')
const { file, state } = workerData as CheckpointerData

parentPort.on('message', () => {
  try {
    checkpoint()
  } finally {
    Atomics.store(state, 0, CHECKPOINT_ENDED)
  }
})

function checkpoint(): void {
  // Not kept open: where the writer had to open its own anew, this one too would be of a file that is gone.
  const connection = openConnection(file, 'write')
  try {
    let before = 0
    for (let pass = 0; pass < PASSES; pass += 1) {
      const [row] = connection.run('pragma wal_checkpoint(passive)')
      const { log, checkpointed } = row as { log: number; checkpointed: number }
      if (log - before < FEW) return
      before = checkpointed
    }
  } finally {
    connection.close()
  }
}
