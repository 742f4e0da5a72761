/**
 * The program, and then its database, are killed at random moments while people sign in, refresh and sign out. What was
 * answered holds afterwards. `npm run test:crash` goes through many more rounds than `npm test`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { callApi, ELASTIC } from '../support/api-call.ts'
import { PASSWORD, startPostgres } from '../support/postgres.ts'
import { type Program, startProgram, waitForWorkers } from '../support/program.ts'
import { createLedger } from './ledger.ts'
import { liveUntil, LONG } from './life.ts'

const DEADLINE_MS = 30_000

test('what was answered outlives kill -9 of the program, with everything that was under way', async (t) => {
  const program = await startProgram()
  t.after(() => program.remove())
  const ledger = createLedger(program)
  for (let round = 0; round < (LONG ? 200 : 3); round += 1) {
    await liveUntil(ledger, () => program.kill())
    await program.start()
    await ledger.check()
  }
})

test('what was answered outlives kill -9 of a program with several workers', async (t) => {
  const program = await startProgram({ settings: (yaml) => `${yaml}\nnode.workers: 2\n` })
  t.after(() => program.remove())
  const ledger = createLedger(program)
  for (let round = 0; round < (LONG ? 50 : 1); round += 1) {
    await waitForWorkers(program, 2 * (round + 1))
    await liveUntil(ledger, () => program.kill())
    await program.start()
    await ledger.check()
  }
})

test('what was answered outlives kill -9 of the PostgreSQL server, and the program goes on by itself', async (t) => {
  const postgres = await startPostgres()
  t.after(() => postgres.remove())
  const database = await postgres.createDatabase()
  const program = await startProgram({
    settings: (yaml) => `${yaml}\nstore.type: postgres\nstore.postgres.url: ${postgres.url(database)}\n`,
    secrets: { 'store.postgres.password': PASSWORD },
  })
  t.after(() => program.remove())
  const ledger = createLedger(program)
  for (let round = 0; round < (LONG ? 50 : 1); round += 1) {
    await liveUntil(ledger, () => postgres.kill())
    await postgres.start()
    await waitUntilServed(program)
    await ledger.check()
  }
})

/** Until it writes and reads again. A reserved user is known without the store. */
async function waitUntilServed(program: Program): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  const body = { grant_type: 'client_credentials' }
  const issue = () => callApi(program.api, '/_security/oauth2/token', { authorization: ELASTIC, body })
  const read = () => callApi(program.api, '/_security/user/nobody', { authorization: ELASTIC })
  for (const [call, status] of [
    [issue, 200],
    [read, 404],
  ] as const) {
    while ((await call()).status !== status) {
      assert.ok(Date.now() < deadline, 'the program does not come back')
      await sleep(50)
    }
  }
}
