/** The present time in seconds since the epoch, with its fraction. Passed in everywhere, so that a test can set it. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now() / 1000

/** Whole seconds since the epoch, rounded down: what the wire and the store use. */
export function wholeSeconds(clock: Clock): number {
  return Math.floor(clock())
}
