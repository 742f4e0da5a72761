/**
 * Several processes on one port of each part, and one that starts them. That one holds the embedded store's folder, writes
 * for all, hands out connections and replaces workers that have ended; it serves no request itself.
 */
import cluster, { type Worker } from 'node:cluster'
import { setTimeout } from 'node:timers/promises'
import { systemClock } from './kernel/clock.ts'
import type { Log } from './observe/log.ts'
import type { RunningServer } from './server.ts'
import type { Settings } from './settings/settings.ts'
import { type EmbeddedHolder, holdEmbeddedStore } from './store/embedded.ts'
import type { WriterChannel } from './store/embedded/writer-channel.ts'

type Addresses = RunningServer['addresses']

/** Milliseconds. A worker that ends at once is not started in a tight loop. */
const PAUSE = { shortest: 250, longest: 30_000 }
/** A worker that lived so many milliseconds was well. */
const WELL_AFTER = 60_000

/** The first worker could not start, and has said why. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError'
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`the worker has ended with ${exitCode}`)
    this.exitCode = exitCode
  }
}

/**
 * Starts the workers, the first alone: what only one may do at the first start is done then, and a start that cannot
 * succeed fails once. The others follow in the background.
 * @throws SecurityError if the data folder cannot be used; WorkerError if the first worker did not get ready
 */
export async function startWorkers({ settings, log }: { settings: Settings; log: Log }): Promise<RunningServer> {
  const holder = holdStore(settings, log)
  const stopping = new AbortController()
  const workers = new Set<Worker>()
  const ready = new WeakSet<Worker>()
  const killAll = () => workers.forEach((worker) => worker.process.kill('SIGKILL'))
  process.once('exit', killAll)
  const close = async () => {
    stopping.abort()
    await Promise.all([...workers].map((worker) => stopWorker(worker, ready.has(worker))))
    await holder?.close()
    process.removeListener('exit', killAll)
  }
  cluster.setupPrimary({ serialization: 'advanced' })
  const first = startWorker()
  try {
    const addresses = await readAddresses(first)
    void keepAlive(first)
    for (let count = 1; count < settings.node.workers; count += 1) void keepAlive(startWorker())
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }

  function startWorker(): Worker {
    const worker = cluster.fork()
    workers.add(worker)
    worker.once('exit', () => workers.delete(worker))
    const channel = channelTo(worker)
    channel.onMessage((message) => {
      if (!('ready' in message)) return
      ready.add(worker)
      log.info({ 'ostiary.worker': worker.process.pid }, 'a worker is ready')
    })
    holder?.serve(channel)
    return worker
  }

  /** Until the program stops, however often the worker ends. */
  async function keepAlive(worker: Worker): Promise<void> {
    let pause = PAUSE.shortest
    for (let current = worker; ; current = startWorker()) {
      const startedAt = performance.now()
      const end = await waitForEnd(current)
      if (stopping.signal.aborted) return
      if (performance.now() - startedAt > WELL_AFTER) pause = PAUSE.shortest
      log.error(
        { 'ostiary.worker': current.process.pid, 'ostiary.pause': pause },
        `a worker has ended (${end}), another is started`,
      )
      await setTimeout(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      pause = Math.min(pause * 2, PAUSE.longest)
    }
  }
}

/** @returns `undefined` if each worker reaches the store by itself */
function holdStore({ node, postgres }: Settings, log: Log): EmbeddedHolder | undefined {
  return postgres === undefined ? holdEmbeddedStore({ directory: node.data, clock: systemClock, log }) : undefined
}

/** In a worker: the line to the process that started it. */
export function channelToHolder(): WriterChannel {
  return {
    pid: process.ppid,
    send: (message) => void process.send?.(message, undefined, undefined, ignore),
    onMessage: (listener) => void process.on('message', (message) => hear(message, listener)),
  }
}

/** In a worker: says that it serves, and stops when it is told to. */
export function serveAsWorker(server: RunningServer, stop: () => void): void {
  const channel = channelToHolder()
  channel.onMessage((message) => {
    if ('stop' in message) stop()
  })
  channel.send({ ready: server.addresses })
}

function channelTo(worker: Worker): WriterChannel {
  return {
    pid: worker.process.pid ?? 0,
    send: (message) => void worker.send(message, ignore),
    onMessage: (listener) => void worker.on('message', (message: unknown) => hear(message, listener)),
  }
}

/** @throws WorkerError if it ends before it is ready */
function readAddresses(worker: Worker): Promise<Addresses> {
  return new Promise((resolve, reject) => {
    channelTo(worker).onMessage((message) => {
      if ('ready' in message) resolve(message.ready as Addresses)
    })
    worker.once('exit', (code) => reject(new WorkerError(code || 1)))
  })
}

async function stopWorker(worker: Worker, isReady: boolean): Promise<void> {
  if (worker.isDead()) return
  const ended = waitForEnd(worker)
  // One that is still starting has taken no request, and would not listen to us yet.
  if (isReady) channelTo(worker).send({ stop: true })
  else worker.process.kill('SIGKILL')
  await ended
}

function waitForEnd(worker: Worker): Promise<string> {
  return new Promise((resolve) => worker.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)))
}

function hear(message: unknown, listener: (message: object) => void): void {
  if (typeof message === 'object' && message !== null) listener(message)
}

/** The other end is gone, and whoever waits for it learns that elsewhere. */
function ignore(): void {}
