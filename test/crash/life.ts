import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from './ledger.ts'

/** `npm run test:crash` goes through many more rounds than `npm test`. */
export const LONG = process.env['OSTIARY_TEST_CRASH_ROUNDS'] === 'many'
const CLIENTS = 4
/** Answers before a kill may come, so that every round has something to lose. */
const ANSWERS_FIRST = 12
const LONGEST_WAIT_MS = 400
const DEADLINE_MS = 30_000

/** Lets clients live until a random moment, at which `kill` strikes. */
export async function liveUntil(ledger: Ledger, kill: () => Promise<void>): Promise<void> {
  const stopping = new AbortController()
  const before = ledger.answers()
  const clients = Array.from({ length: CLIENTS }, () => ledger.live(stopping.signal))
  const deadline = Date.now() + DEADLINE_MS
  while (ledger.answers() < before + ANSWERS_FIRST) {
    assert.ok(Date.now() < deadline, 'nobody is answered')
    await sleep(5)
  }
  await sleep(Math.random() * LONGEST_WAIT_MS)
  await kill()
  stopping.abort()
  await Promise.all(clients)
}
