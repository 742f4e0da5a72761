const SECONDS: Readonly<Record<string, number>> = {
  nanos: 1e-9,
  micros: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
  Y: 31_536_000,
}

/**
 * Reads a duration such as `500ms`, `20m` or `24h`; `-1` and `0` need no unit.
 * @returns seconds, or `undefined` if the text is no duration
 */
export function readDuration(text: string): number | undefined {
  if (text === '0' || text === '-1') return Number(text)
  const parts = /^(\d{1,15})(nanos|micros|ms|s|m|h|d|w|M|Y)$/.exec(text)
  if (parts === null) return undefined
  return Number(parts[1]) * (SECONDS[parts[2] ?? ''] ?? Number.NaN)
}

/** What a timer of the runtime can hold: beyond it goes off at once. */
const LONGEST_TIMER = 2_147_483_647

/** Whole milliseconds for a timer, which is set as late as it can be where that is not late enough. */
export function timerMilliseconds(seconds: number): number {
  return Math.min(Math.ceil(seconds * 1000), LONGEST_TIMER)
}
