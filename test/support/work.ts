import assert from 'node:assert/strict'

/**
 * Does something, and checks that it costs this thread little: at most so many milliseconds of processor time, which
 * unlike the clock's do not grow when the machine is busy. Three tries: a garbage collection may fall into one.
 */
export function assertLittleWork(limit: number, work: () => void): void {
  let least = Infinity
  for (let attempt = 0; attempt < 3 && !(least < limit); attempt++) least = Math.min(least, costOf(work))
  assert.ok(least < limit, `it cost ${least} ms, more than ${limit}`)
}

/** The same for what is done in steps; other work of this thread must not go on meanwhile. */
export async function assertLittleWorkInSteps(limit: number, work: () => Promise<unknown>): Promise<void> {
  let least = Infinity
  for (let attempt = 0; attempt < 3 && !(least < limit); attempt++) {
    const before = process.threadCpuUsage()
    await work()
    const { user, system } = process.threadCpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  assert.ok(least < limit, `it cost ${least} ms, more than ${limit}`)
}

function costOf(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
