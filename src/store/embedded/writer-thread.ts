import { SecurityError } from '../../kernel/errors.ts'
import type { Write } from '../engine.ts'
import { WRITES } from '../writes.ts'
import {
  monotonicMs,
  type BatchReply,
  type FromWriter,
  type Outcome,
  type ToWriter,
  type WriteBatch,
  type WriteCall,
} from './messages.ts'
import { packCalls } from './packing.ts'

export interface WriterThread {
  /** @throws SecurityError `store_unavailable` within the time-out */
  call<Arguments extends readonly unknown[], Result>(
    write: Write<Arguments, Result>,
    ...args: Arguments
  ): Promise<Result>
  /** Writes what another process has gathered. Never rejects. */
  pass(batch: WriteBatch): Promise<BatchReply>
  /** Takes no more writes, and resolves when those in flight have ended. */
  drain(): Promise<void>
  close(): Promise<void>
}

/** Where the writer is: a thread of this process, or one of the process that started this one. */
export interface WriterPort {
  postMessage(message: ToWriter, transfer: []): void
  on(event: 'message', listener: (replies: FromWriter) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'exit', listener: () => void): unknown
  once(event: 'exit', listener: () => void): unknown
  terminate(): unknown
  unref(): void
}

/** What the store says to whoever runs it. */
export interface StoreLog {
  warn(fields: object, message: string): void
}

interface Waiting {
  readonly call: WriteCall
  resolve(result: unknown): void
  reject(error: unknown): void
}

interface Batch {
  readonly size: number
  readonly timer: NodeJS.Timeout
  settle(reply: Reply): void
}

type Reply = { readonly outcomes: readonly Outcome[] } | { readonly failure: Error }

const CALLS_PER_BATCH = 64
/** Their own names are not what to go by: a bundler may change them. */
const NAMES = new Map<unknown, keyof typeof WRITES>(
  Object.entries(WRITES).map(([name, write]) => [write, name as keyof typeof WRITES]),
)
/** A queue that is longer than this only grows: refusing at once is kinder than refusing after the time-out. */
const WAITING_AT_MOST = 20_000
const RESTART_PAUSE_MS = 500

/** The writer thread seen from the outside: gathers the writes of one turn of the event loop into few messages. */
export function createWriterThread(options: {
  startWorker: () => WriterPort
  timeoutMs: number
  log?: StoreLog | undefined
}): WriterThread {
  const { startWorker, timeoutMs, log } = options
  const inFlight = new Map<number, Batch>()
  let gathered: Waiting[] = []
  let waitingCount = 0
  let lastBatch = 0
  let closed = false
  let idle: (() => void) | undefined
  let startedAt = 0
  /** None before the first write: a start that has nothing to write need not wait for a thread. */
  let worker: WriterPort | undefined
  let restarting = false

  return {
    call: (write, ...args) =>
      new Promise((resolve, reject) => {
        const refusal = refuse()
        if (refusal !== undefined) return reject(refusal)
        const name = nameOf(write)
        waitingCount += 1
        if (gathered.length === 0) setImmediate(send)
        gathered.push({
          call: [name, args],
          resolve,
          reject,
        })
      }),
    async pass({ id, deadline, calls, block }) {
      const refusal = refuse()
      if (refusal !== undefined) return { id, failure: refusal }
      waitingCount += calls.length
      // From another process it came as a view of a larger buffer, all of which would go along to the thread.
      block.bytes = new Uint8Array(block.bytes)
      return new Promise<BatchReply>((resolve) =>
        post({ calls, block, deadline }, (reply) => resolve({ id, ...reply })),
      )
    },
    async drain() {
      closed = true
      if (waitingCount > 0) await new Promise<void>((resolve) => (idle = resolve))
    },
    async close() {
      closed = true
      const ending = worker
      if (ending === undefined) return
      const exited = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
      ending.postMessage('close' satisfies ToWriter, [])
      const timer = setTimeout(() => void ending.terminate(), timeoutMs)
      await exited
      clearTimeout(timer)
    },
  }

  function refuse(): SecurityError | undefined {
    if (closed) return unavailable('is closed')
    return waitingCount >= WAITING_AT_MOST ? unavailable('has too many writes waiting') : undefined
  }

  /** @returns `undefined` where the system has no thread left, which is as good as one that has ended */
  function start(): WriterPort | undefined {
    startedAt = monotonicMs()
    try {
      const started = startWorker()
      started.on('message', receive)
      started.on('error', tellFailure)
      started.on('exit', () => restart())
      // What keeps the program alive is a write in flight, by its timer. To listen is to be kept, so this comes last.
      started.unref()
      return started
    } catch (error) {
      tellFailure(error)
      restart()
      return undefined
    }
  }

  function tellFailure(error: unknown): void {
    log?.warn({ err: error }, "the store's writer thread failed")
  }

  function restart(): void {
    worker = undefined
    for (const id of inFlight.keys()) settle(id, { failure: unavailable('lost its writer thread') })
    if (closed) return
    log?.warn({}, "the store's writer thread ended and is started again")
    // The first death is mended at once, a thread that cannot live is not tried in a tight loop.
    const pause = monotonicMs() - startedAt < RESTART_PAUSE_MS ? RESTART_PAUSE_MS : 0
    restarting = true
    setTimeout(() => {
      restarting = false
      if (!closed) worker = start()
    }, pause).unref()
  }

  function send(): void {
    const all = gathered
    gathered = []
    for (let from = 0; from < all.length; from += CALLS_PER_BATCH) {
      const waiting = all.slice(from, from + CALLS_PER_BATCH)
      const packed = packCalls(waiting.map(({ call }) => call))
      const deadline = monotonicMs() + timeoutMs
      post({ ...packed, deadline }, (reply) => waiting.forEach((one, index) => answer(one, reply, index)))
    }
  }

  function post(batch: Omit<WriteBatch, 'id'>, onReply: (reply: Reply) => void): void {
    const id = ++lastBatch
    const giveUp = () => settle(id, { failure: unavailable(`has not confirmed a write for ${timeoutMs} ms`) })
    const timer = setTimeout(giveUp, batch.deadline - monotonicMs())
    inFlight.set(id, { size: batch.calls.length, timer, settle: onReply })
    if (restarting) return settle(id, { failure: unavailable('is starting its writer thread again') })
    worker ??= start()
    worker?.postMessage({ id, ...batch }, [])
  }

  function receive(replies: FromWriter): void {
    for (const { id, ...reply } of replies) settle(id, reply)
  }

  function settle(id: number, reply: Reply): void {
    const batch = inFlight.get(id)
    // Given up before.
    if (batch === undefined) return
    inFlight.delete(id)
    clearTimeout(batch.timer)
    batch.settle(reply)
    waitingCount -= batch.size
    if (waitingCount === 0) idle?.()
  }
}

function nameOf(write: unknown): keyof typeof WRITES {
  const name = NAMES.get(write)
  if (name === undefined) throw new TypeError('a write that the writer does not know')
  return name
}

function answer(one: Waiting, reply: Reply, index: number): void {
  if ('failure' in reply) return one.reject(asUnavailable(reply.failure))
  const outcome: Outcome | undefined = reply.outcomes[index]
  if (outcome === undefined) return one.reject(unavailable('gave no answer'))
  if ('fault' in outcome) return one.reject(outcome.fault)
  one.resolve(outcome.result)
}

function asUnavailable(failure: Error): SecurityError {
  return failure instanceof SecurityError ? failure : unavailable('cannot be written', failure)
}

function unavailable(finding: string, cause?: Error): SecurityError {
  return new SecurityError('store_unavailable', `the store ${finding}`, cause)
}
