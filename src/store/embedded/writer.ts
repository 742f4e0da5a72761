/**
 * The writer thread: the one place where the file is written. It takes what is waiting, runs it in one transaction and
 * answers after the commit. While the disk works the next group gathers, so nothing is held back to wait for more.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { Write } from '../engine.ts'
import { listOutdated, type Remembered } from '../outdating.ts'
import { WRITES } from '../writes.ts'
import { createCheckpoints } from './checkpoints.ts'
import { openConnection, type Connection } from './connection.ts'
import { isEngineFailure } from './failure.ts'
import { clearMark, setMark, startMarks, type MarkTarget } from './read-mark.ts'
import {
  monotonicMs,
  type BatchReply,
  type Outcome,
  type ToWriter,
  type WriteBatch,
  type WriteCall,
} from './messages.ts'
import { unpackCalls } from './packing.ts'

/** About 2 ms of work: a larger group would save little more of the commit and make its first caller wait. */
const CALLS_PER_GROUP = 128

if (parentPort === null) throw new Error('the writer runs as a thread of the store')
const port = parentPort
const { file, mark } = workerData as { file: string; mark: MarkTarget }
const checkpoints = createCheckpoints(file)
let connection: Connection | undefined
let closing = false

startMarks(mark)

port.on('message', (message: ToWriter) => {
  const waiting: WriteBatch[] = []
  take(message, waiting)
  writeWaiting(waiting)
  if (closing) void close()
})

function take(message: ToWriter, waiting: WriteBatch[]): void {
  if (message === 'close') closing = true
  else waiting.push(message)
}

function writeWaiting(waiting: WriteBatch[]): void {
  while (waiting.length > 0) {
    receiveWaiting(waiting)
    const group = takeGroup(waiting)
    if (group.length === 0) continue
    port.postMessage(writeGroup(group))
    lookAtLog()
  }
}

function receiveWaiting(waiting: WriteBatch[]): void {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    take(next.message, waiting)
  }
}

function takeGroup(waiting: WriteBatch[]): WriteBatch[] {
  let calls = 0
  const end = waiting.findIndex((batch) => (calls += batch.calls.length) >= CALLS_PER_GROUP)
  const now = monotonicMs()
  return waiting.splice(0, end === -1 ? waiting.length : end + 1).filter((batch) => batch.deadline > now)
}

function writeGroup(group: readonly WriteBatch[]): BatchReply[] {
  try {
    return commitGroup(group, run)
  } catch (error) {
    if (isEngineFailure(error)) return fail(group, error as Error)
  }
  // One of them is at fault. Each now gets its own savepoint, so that the others do not fail with it.
  try {
    return commitGroup(group, runAlone)
  } catch (error) {
    return fail(group, error as Error)
  }
}

type Run = (connection: Connection, call: WriteCall) => Outcome

function commitGroup(group: readonly WriteBatch[], runCall: Run): BatchReply[] {
  connection ??= openConnection(file, 'write')
  const writer = connection
  const outdated = new Set<Remembered>()
  writer.exec('begin immediate')
  try {
    const replies: BatchReply[] = []
    for (const batch of group) {
      const outcomes: Outcome[] = []
      for (const call of unpackCalls(batch)) {
        const outcome = runCall(writer, call)
        if ('result' in outcome) for (const one of listOutdated(...call, outcome.result)) outdated.add(one)
        outcomes.push(outcome)
      }
      replies.push({ id: batch.id, outcomes })
    }
    // Until the commit nobody else sees anything of it.
    for (const one of outdated) clearMark(mark, one)
    writer.exec('commit')
    return replies
  } catch (error) {
    rollBack(writer)
    throw error
  } finally {
    for (const one of outdated) setMark(mark, one)
  }
}

function run(writer: Connection, [name, args]: WriteCall): Outcome {
  const write = WRITES[name] as unknown as Write<readonly unknown[], unknown>
  const steps = write(...args)
  let step = steps.next()
  while (!step.done) step = steps.next(writer.run(...step.value))
  return { result: step.value }
}

function runAlone(writer: Connection, call: WriteCall): Outcome {
  writer.exec('savepoint one')
  try {
    const outcome = run(writer, call)
    writer.exec('release one')
    return outcome
  } catch (error) {
    if (isEngineFailure(error)) throw error
    writer.exec('rollback to one; release one')
    return { fault: error as Error }
  }
}

function rollBack(writer: Connection): void {
  try {
    writer.exec('rollback')
  } catch {
    // The engine has rolled back by itself, or is beyond it; then the connection is replaced.
  }
}

/** The engine may have lost its footing (a file gone, a disk that was full): the next group begins on a new connection. */
function fail(group: readonly WriteBatch[], failure: Error): BatchReply[] {
  closeConnection()
  return group.map(({ id }) => ({ id, failure }))
}

function closeConnection(): void {
  try {
    connection?.close()
  } catch {
    // Nothing is lost: what was acknowledged is on disk.
  }
  connection = undefined
}

/** When everybody has been answered. Its failure is for the next group to find. */
function lookAtLog(): void {
  try {
    if (connection !== undefined) checkpoints.look(connection)
  } catch {
    closeConnection()
  }
}

async function close(): Promise<void> {
  // The last connection to close empties the log. It must be this one.
  await checkpoints.close()
  closeConnection()
  port.close()
}
