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
import { liveThrough, LONG } from './life.ts'

/** Also for a machine that has much else to do. */
const DEADLINE_MS = 120_000

test('what was answered outlives kill -9 of the program, with everything that was under way', async (t) => {
  const program = await startProgram()
  t.after(() => program.remove())
  await liveThrough(t, {
    ledger: createLedger(program),
    rounds: LONG ? 200 : 3,
    strike: () => program.kill(),
    comeBack: () => program.start(),
  })
})

test('what was answered outlives kill -9 of a program with several workers', async (t) => {
  const count = 2
  const program = await startProgram({ settings: (yaml) => `${yaml}\nnode.workers: ${count}\n` })
  t.after(() => program.remove())
  let ready = count
  await waitForWorkers(program, ready)
  await liveThrough(t, {
    ledger: createLedger(program),
    rounds: LONG ? 50 : 1,
    strike: () => program.kill(),
    async comeBack() {
      await program.start()
      await waitForWorkers(program, (ready += count))
    },
  })
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
  await liveThrough(t, {
    ledger: createLedger(program),
    rounds: LONG ? 50 : 1,
    strike: () => postgres.kill(),
    async comeBack() {
      await postgres.start()
      await waitUntilServed(program)
    },
  })
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
