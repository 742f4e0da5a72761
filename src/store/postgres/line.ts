import { setTimeout } from 'node:timers/promises'
import type { Connection } from './connection.ts'

/** A connection that is opened again whenever it is lost. */
export interface Line {
  /** Absent while there is none. */
  readonly connection: Connection | undefined
  /** Why the last attempt to connect failed, until one succeeds. */
  readonly failure: unknown
  close(): Promise<void>
}

/** What the store says to whoever runs it. */
export interface StoreLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000
/** A connection that is lost sooner was not worth opening, and the next one waits. */
const STEADY_MS = 500

/** @param options.onChange is called after each success and each failure to connect */
export function createLine(options: {
  open: () => Promise<Connection>
  onChange: () => void
  log?: StoreLog | undefined
}): Line {
  const { open, onChange, log } = options
  const closing = new AbortController()
  let connection: Connection | undefined
  let failure: unknown
  const kept = keepOpen()

  return {
    get connection() {
      return connection
    },
    get failure() {
      return failure
    },
    async close() {
      closing.abort()
      await connection?.close()
      await kept
    },
  }

  async function keepOpen(): Promise<void> {
    let pause = 0
    while (!closing.signal.aborted) {
      const began = performance.now()
      if (await connect()) {
        await connection?.ended
        connection = undefined
        if (closing.signal.aborted) return
        log?.warn({}, 'the connection to the database was lost')
        pause = performance.now() - began < STEADY_MS ? FIRST_PAUSE_MS : 0
      } else pause = Math.min(Math.max(FIRST_PAUSE_MS, pause * 2), LONGEST_PAUSE_MS)
      // Nodes that lost the same server do not come back all at one moment.
      await rest(pause * (0.5 + Math.random() / 2))
    }
  }

  async function connect(): Promise<boolean> {
    try {
      const opened = await open()
      opened.unref()
      if (closing.signal.aborted) await opened.close()
      connection = opened
      if (failure !== undefined) log?.info({}, 'the database answers again')
      failure = undefined
      return true
    } catch (error) {
      if (failure === undefined) log?.warn({ err: error }, 'the database cannot be reached, and is tried again')
      failure = error
      return false
    } finally {
      onChange()
    }
  }

  async function rest(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return
    await setTimeout(milliseconds, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
  }
}
