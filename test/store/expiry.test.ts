import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { openConnection, type Connection } from '../../src/store/embedded/connection.ts'
import type { Engine, Steps } from '../../src/store/engine.ts'
import { IS_ANY_EXPIRED, removeExpired, ROWS_PER_STEP, startExpiry } from '../../src/store/expiry.ts'
import { until } from '../support/until.ts'
import { assertLittleWork } from '../support/work.ts'
import { newArtefact, newPair, newResponse, newSession, START } from './records.ts'

const PAIRS = 6000
const PART = 500

let directory: string
let connection: Connection

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ostiary-expiry-'))
  const store = await createEmbeddedStore({ directory, clock: () => START })
  const removeAt = START + 1
  const idToken = new Uint8Array(1000)
  // In parts that a machine with much else to do confirms in time.
  for (let done = 0; done < PAIRS; done += PART)
    await Promise.all(
      Array.from({ length: PART }, (_, index) =>
        store.tokens.create(newPair({ removeAt, idToken, username: `user ${done + index}` })),
      ),
    )
  await Promise.all([
    ...Array.from({ length: 100 }, () => store.tokens.useUpResponse(newResponse({ keepUntil: removeAt }))),
    ...Array.from({ length: 100 }, () => store.sessions.create(newSession({ removeAt }))),
    ...Array.from({ length: 100 }, () => store.artefacts.upsert(newArtefact({ removeAt }))),
  ])
  await store.close()
  connection = openConnection(join(directory, 'ostiary.db'), 'write')
})
after(() => {
  connection.close()
  rmSync(directory, { recursive: true })
})

const count = () =>
  Number(
    connection.run(`select (select count(*) from token_pair) + (select count(*) from used_response)
      + (select count(*) from portal_session) + (select count(*) from artefact) as rows`)[0]?.['rows'],
  )

test('a step of the removal keeps the writer for less than 5 ms, and all steps remove everything', () => {
  let removed: number
  const step = () => {
    connection.exec('begin immediate')
    removed = runSteps(removeExpired(START + 1, ROWS_PER_STEP))
    connection.exec('commit')
    assert.ok(removed <= ROWS_PER_STEP)
  }
  do {
    removed = 0
    assertLittleWork(5, step)
  } while (removed === ROWS_PER_STEP)
  assert.equal(count(), 0)
})

test('to look whether anything has expired is to look at the ends of four indexes', () => {
  const plan = connection.run(`explain query plan ${IS_ANY_EXPIRED}`, START).map(({ detail }) => String(detail))
  const tables = ['token_pair', 'used_response', 'portal_session', 'artefact']
  for (const table of tables) assert.match(plan.join('\n'), new RegExp(`SEARCH ${table} USING [A-Z ]*INDEX`))
  assert.doesNotMatch(plan.join('\n'), /SCAN (?!CONSTANT)/)
})

test('the writer of a file is left alone until something has expired', async () => {
  let looks = 0
  let isAnyExpired = false
  let writes = 0
  const engine: Engine = {
    read: async () => {
      looks++
      return isAnyExpired ? [{ expired: 1 }] : []
    },
    write: async (_write, ..._args) => {
      writes++
      throw new Error('cannot be written')
    },
  }
  const expiry = startExpiry({ engine, clock: () => START, looksFirst: true })
  await until(() => looks === 2)
  assert.equal(writes, 0)
  isAnyExpired = true
  await until(() => writes === 2)
  await expiry.stop()
})

function runSteps<Result>(steps: Steps<Result>): Result {
  let step = steps.next()
  while (!step.done) step = steps.next(connection.run(...step.value))
  return step.value
}
