import { SecurityError } from '../../kernel/errors.ts'
import type { Connection } from './connection.ts'
import type { Line } from './line.ts'

/**
 * Runs requests in groups: what is asked in one turn of the event loop, or while a line is busy, goes together. A further
 * line is used by a group that is worth it, or that has waited: so groups are large, and one slow request holds up nobody.
 */
export interface Gathering<Request> {
  /** @throws SecurityError `store_unavailable` within the time-out; the fault of its own statement */
  add(request: Request): Promise<unknown>
  /** Sends what is waiting, if there is a way. To be called when a line has changed. */
  send(): void
  /** Takes no more requests, and resolves when those in flight have ended. */
  drain(): Promise<void>
}

export type Outcome = { readonly result: unknown } | { readonly fault: unknown }

/** Runs a group; its outcomes are in its order. What it throws is a failure of the server, and ends the connection. */
export type RunGroup<Request> = (connection: Connection, group: readonly Request[]) => Promise<readonly Outcome[]>

interface Waiting<Request> {
  readonly request: Request
  /** On the clock of `performance`, in milliseconds. */
  readonly since: number
  resolve(result: unknown): void
  reject(error: unknown): void
}

/** A queue that is longer than this only grows: refusing at once is kinder than refusing after the time-out. */
const WAITING_AT_MOST = 20_000
/** A group as large as this does not wait for a busy line while another is free, */
const WORTH_A_LINE = 64
/** and no group waits longer. */
const GATHERING_MS = 2

/** @param options.most requests of one group */
export function createGathering<Request>(options: {
  lines: readonly Line[]
  most: number
  timeoutMs: number
  runGroup: RunGroup<Request>
}): Gathering<Request> {
  const { lines, most, timeoutMs, runGroup } = options
  const waiting: Waiting<Request>[] = []
  const busy = new Set<Line>()
  let announced = false
  let patience: NodeJS.Timeout | undefined
  let closed = false
  let idle: (() => void) | undefined

  return {
    add: (request) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(unavailable('is closed'))
        if (waiting.length >= WAITING_AT_MOST) return reject(unavailable('has too many requests waiting'))
        waiting.push({ request, since: performance.now(), resolve, reject })
        if (!announced) setImmediate(announce)
        announced = true
      }),
    send,
    async drain() {
      closed = true
      if (waiting.length > 0 || busy.size > 0) await new Promise<void>((resolve) => (idle = resolve))
    },
  }

  function announce(): void {
    announced = false
    send()
  }

  function send(): void {
    for (const line of lines) {
      if (!isWorthALine()) break
      if (line.connection !== undefined && !busy.has(line)) void run(line, line.connection, waiting.splice(0, most))
    }
    const away = lines.find(({ failure }) => failure !== undefined)
    if (away !== undefined && lines.every(({ failure }) => failure !== undefined)) {
      for (const one of waiting.splice(0)) one.reject(unavailable('cannot be reached', away.failure))
    }
    waitForLines()
  }

  function isWorthALine(): boolean {
    const [first] = waiting
    if (first === undefined || busy.size === 0) return first !== undefined
    return waiting.length >= WORTH_A_LINE || performance.now() - first.since >= GATHERING_MS
  }

  async function run(line: Line, connection: Connection, group: readonly Waiting<Request>[]): Promise<void> {
    busy.add(line)
    let late = false
    const giveUp = () => {
      late = true
      connection.destroy()
    }
    const timer = setTimeout(giveUp, (group[0]?.since ?? 0) + timeoutMs - performance.now())
    try {
      const requests = group.map(({ request }) => request)
      const outcomes = await runGroup(connection, requests)
      group.forEach((one, index) => settle(one, outcomes[index]))
    } catch (error) {
      connection.destroy()
      const failure = late ? unavailable(`has not answered for ${timeoutMs} ms`) : unavailable('failed', error)
      for (const one of group) one.reject(failure)
    }
    clearTimeout(timer)
    busy.delete(line)
    send()
  }

  /** Lines that are busy, or connecting, are waited for: a moment for the first of them, then until the time-out. */
  function waitForLines(): void {
    clearTimeout(patience)
    const [first] = waiting
    if (first === undefined) {
      if (busy.size === 0) idle?.()
      return
    }
    const waited = performance.now() - first.since
    patience = setTimeout(refuseLate, (waited < GATHERING_MS ? GATHERING_MS : timeoutMs) - waited)
  }

  function refuseLate(): void {
    const since = performance.now() - timeoutMs
    const end = waiting.findIndex((one) => one.since > since)
    const late = waiting.splice(0, end === -1 ? waiting.length : end)
    for (const one of late) one.reject(unavailable(`was not reached for ${timeoutMs} ms`))
    send()
  }
}

function settle(one: Waiting<unknown>, outcome: Outcome | undefined): void {
  if (outcome === undefined) return one.reject(unavailable('gave no answer'))
  if ('fault' in outcome) return one.reject(outcome.fault)
  one.resolve(outcome.result)
}

function unavailable(finding: string, cause?: unknown): SecurityError {
  return new SecurityError('store_unavailable', `the database ${finding}`, cause)
}
