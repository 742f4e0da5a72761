/** Waiting for what happens by itself, in its own time. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** @throws AssertionError if it does not hold within half a minute, which is long on the busiest machine */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 30_000; !(await holds());) {
    if (performance.now() > end) assert.fail('it did not happen within 30 s')
    await sleep(20)
  }
}
