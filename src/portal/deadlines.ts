/**
 * When a signed-in session ends: judged on its record and the present settings of its provider, so that changed
 * settings act at once. Pure. Times in seconds.
 */
import type { PortalProviderSettings } from '../settings/settings.ts'

export type Timeouts = Pick<PortalProviderSettings, 'idleTimeout' | 'lifespan'>

export interface Deadlines {
  /** `undefined`: no such limit. */
  readonly idle: number | undefined
  readonly lifespan: number | undefined
}

export interface Times {
  readonly createdAt: number
  readonly lastActivityAt: number
}

/** Extending must win at least this much, else it is not offered. */
const WORTH_EXTENDING = 300

export function buildDeadlines(times: Times, timeouts: Timeouts): Deadlines {
  return {
    idle: timeouts.idleTimeout > 0 ? times.lastActivityAt + timeouts.idleTimeout : undefined,
    lifespan: timeouts.lifespan > 0 ? times.createdAt + timeouts.lifespan : undefined,
  }
}

/** The deadline that was passed; the lifespan if both were. */
export function passedDeadline(deadlines: Deadlines, now: number): 'idle' | 'lifespan' | undefined {
  if (deadlines.lifespan !== undefined && !(now < deadlines.lifespan)) return 'lifespan'
  if (deadlines.idle !== undefined && !(now < deadlines.idle)) return 'idle'
  return undefined
}

export function nearestDeadline(deadlines: Deadlines): { at: number; reason: 'idle' | 'lifespan' } | undefined {
  const { idle, lifespan } = deadlines
  if (lifespan !== undefined && (idle === undefined || lifespan <= idle)) return { at: lifespan, reason: 'lifespan' }
  return idle === undefined ? undefined : { at: idle, reason: 'idle' }
}

export function canBeExtended(deadlines: Deadlines): boolean {
  const nearest = nearestDeadline(deadlines)
  if (deadlines.idle === undefined || nearest === undefined) return false
  return deadlines.lifespan === undefined || nearest.at + WORTH_EXTENDING < deadlines.lifespan
}

/** How old the written time of the last activity may be: a write for every request would help nobody. */
export function activityInterval(timeouts: Timeouts): number {
  return timeouts.idleTimeout > 0 ? Math.min(60, timeouts.idleTimeout / 20) : 60
}
