import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger, Tally } from './ledger.ts'

/** `npm run test:crash` goes through many more rounds than `npm test`. */
export const LONG = process.env['OSTIARY_TEST_CRASH_ROUNDS'] === 'many'
const CLIENTS = 4
/** Writes of each kind that are answered before a blow may come, so that every round has something to lose. */
const ANSWERS_FIRST = 3
const LONGEST_WAIT_MS = 400
/** Also for a machine that has much else to do. */
const DEADLINE_MS = 120_000

export interface Life {
  readonly ledger: Ledger
  readonly rounds: number
  /** Ends what is tried, at once. */
  readonly strike: () => Promise<void>
  /** Resolves when clients are served again. */
  readonly comeBack: () => Promise<void>
}

/** Lets clients live until a random moment at which the blow falls, and looks afterwards whether what they were told holds. */
export async function liveThrough(t: TestContext, { ledger, rounds, strike, comeBack }: Life): Promise<void> {
  const answered: number[] = []
  let hit = 0
  for (let round = 0; round < rounds; round += 1) {
    await liveUntil(ledger, async () => {
      hit += ledger.underWay()
      await strike()
    })
    answered.push(sum(ledger.answered()))
    await comeBack()
    await ledger.check()
  }
  const writes = answered.reduce((all, of) => all + of, 0)
  t.diagnostic(
    `${rounds} rounds: ${writes} writes answered, ${Math.min(...answered)} or more in each, ${hit} more were under way`,
  )
  if (LONG) assert.ok(hit >= rounds, 'the blows fell when nobody had asked for anything')
}

async function liveUntil(ledger: Ledger, strike: () => Promise<void>): Promise<void> {
  const stopping = new AbortController()
  const clients = Array.from({ length: CLIENTS }, () => ledger.live(stopping.signal))
  const deadline = Date.now() + DEADLINE_MS
  while (Object.values(ledger.answered()).some((count) => count < ANSWERS_FIRST)) {
    assert.ok(Date.now() < deadline, 'nobody is answered')
    await sleep(5)
  }
  await sleep(Math.random() * LONGEST_WAIT_MS)
  await strike()
  stopping.abort()
  await Promise.all(clients)
}

function sum({ logins, refreshes, logouts }: Tally): number {
  return logins + refreshes + logouts
}
