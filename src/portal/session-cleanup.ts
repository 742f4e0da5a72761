/**
 * The task `session_cleanup`: turns sessions past their deadline, or beyond a limit that was lowered, into tombstones, so
 * that each end is told in time and not only when its browser comes back. One node at a time, by a lease in the store. What
 * the store removes by itself (tombstones after a day, handshakes at their end) is not its task.
 */
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import { timerMilliseconds } from '../kernel/duration.ts'
import { randomText } from '../kernel/random.ts'
import type { Log } from '../observe/log.ts'
import type { Documents } from '../store/store.ts'
import { LOGOUT_REASONS, type PortalAudit } from './portal-audit.ts'
import type { SessionRecords } from './session-records.ts'

export interface SessionCleanup {
  start(): void
  stop(): void
  /** One run, if no other node has just done it. */
  run(): Promise<void>
}

const LIMITS = { batch: 1000, batches: 100 }
const FAILURES_TOLERATED = 9

/** @param parts.interval seconds between two runs, over all nodes */
export function createSessionCleanup(parts: {
  records: SessionRecords
  documents: Pick<Documents, 'get' | 'create' | 'replace'>
  audit: PortalAudit
  interval: number
  clock: Clock
  log: Log
}): SessionCleanup {
  const { records, documents, audit, interval, clock, log } = parts
  const holder = randomText(12)
  let failures = 0
  let timer: NodeJS.Timeout | undefined

  /** @returns whether it is this node's turn: nobody else's lease is running */
  async function takeLease(): Promise<boolean> {
    const now = wholeSeconds(clock)
    // A little shorter than the interval: timers are not exact.
    const body = { holder, until: now + Math.floor(interval * 0.9) }
    const found = await documents.get('node', 'session_cleanup')
    if (found === undefined) return (await documents.create('node', 'session_cleanup', body)).created
    const until = Number(found.body['until'])
    // None is longer: such a one was taken before the clock was set back.
    if (until > now && until <= now + interval) return false
    return documents.replace('node', found, body)
  }

  async function run(): Promise<void> {
    try {
      if (!(await takeLease())) return
      // Those past a deadline first: they do not count for the limit.
      const ended = [...(await records.endOverdue(LIMITS)), ...(await records.endSurplus(LIMITS))]
      for (const record of ended) audit.signedOut(record, LOGOUT_REASONS[record.reason], {})
      audit.cleanedUp(ended.length)
      failures = 0
    } catch (err) {
      failures++
      if (failures <= FAILURES_TOLERATED) {
        log.debug({ err }, 'the clean-up of sessions failed and is tried again later')
        return
      }
      log.error({ err }, `the clean-up of sessions failed ${failures} times in a row`)
      failures = 0
    }
  }

  return {
    start() {
      timer = setInterval(() => void run(), timerMilliseconds(interval)).unref()
    },
    stop() {
      clearInterval(timer)
    },
    run,
  }
}
