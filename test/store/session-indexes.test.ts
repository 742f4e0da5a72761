/** How the embedded driver finds sessions: by indexes of those with a sign-in, and by one of those without. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { openConnection, type Connection } from '../../src/store/embedded/connection.ts'
import { migrate } from '../../src/store/embedded/migration.ts'
import { MIGRATIONS } from '../../src/store/embedded/schema.ts'
import type { Row, Statement, Steps } from '../../src/store/engine.ts'
import { createSessions } from '../../src/store/sessions.ts'
import { START, newSession } from './records.ts'

const BASIC = { type: 'basic', name: 'basic1' }

const temporary = mkdtempSync(join(tmpdir(), 'ostiary-sessions-'))
after(() => rmSync(temporary, { recursive: true }))

test('no search for sessions, and no limit to them, looks at all of them', async () => {
  const file = join(temporary, 'plans.db')
  const connection = openConnection(file, 'write')
  migrate(connection, file)
  const planner = new DatabaseSync(file)
  const plans = new Map<string, string>()
  const run = (...statement: Statement): Row[] => {
    const [sql, ...values] = statement
    const plan = planner.prepare(`explain query plan ${sql}`).all(...values)
    plans.set(sql, plan.map(({ detail }) => detail).join('; '))
    return connection.run(...statement)
  }
  const sessions = createSessions({
    engine: {
      read: async (...statement) => run(...statement),
      write: async (write, ...args) => runSteps(write(...args), run),
    },
    clock: () => START,
  })
  const limit = { most: 1, ended: 'CONCURRENCY_LIMIT', removeAt: START + 1 }
  await sessions.create(newSession({ provider: BASIC, usernameHash: 'alice' }), { limit })
  await sessions.list({ usernameHash: 'alice' }, { limit: 10 })
  await sessions.list({ usernameHash: 'alice', provider: BASIC }, { limit: 10, after: 'a' })
  await sessions.list({ provider: { type: 'basic' } }, { limit: 10 })
  await sessions.list({ provider: BASIC }, { limit: 10, after: 'a' })
  await sessions.listSurplus(1, 10)
  const { provider: _, usernameHash: __, ...unclaimed } = newSession()
  await sessions.create(unclaimed)
  assert.equal(await sessions.trimUnclaimed(0, 1), 1)
  connection.close()
  planner.close()

  const searched = [...plans].filter(([sql]) => !sql.trimStart().startsWith('insert'))
  assert.equal(searched.length, 8)
  for (const [sql, plan] of searched) {
    assert.doesNotMatch(plan, /SCAN portal_session(?! USING)/, sql)
    assert.match(plan, /portal_session USING (?:COVERING )?INDEX portal_session_/, sql)
  }
})

test('the sessions of a file of the third format are found after its migration', async () => {
  const directory = join(temporary, 'old')
  mkdirSync(directory)
  const file = join(directory, 'ostiary.db')
  const old = openConnection(file, 'write')
  migrate(old, file, MIGRATIONS.slice(0, 3))
  insertOld(old, 'alice', 'basic')
  insertOld(old, null, null)
  old.close()

  const store = await createEmbeddedStore({ directory, clock: () => START })
  const found = await store.sessions.list({ usernameHash: 'alice', provider: BASIC }, { limit: 10 })
  assert.deepEqual(
    found.map(({ id }) => id),
    ['alice'],
  )
  assert.equal(await store.sessions.trimUnclaimed(0, 10), 1)
  await store.close()
})

function runSteps<Result>(steps: Steps<Result>, run: (...statement: Statement) => Row[]): Result {
  let step = steps.next()
  while (!step.done) step = steps.next(run(...step.value))
  return step.value
}

function insertOld(connection: Connection, username: string | null, type: string | null): void {
  const insert = `
    insert into portal_session (
      id, version, created_at, last_activity_at, provider_type, provider_name, username_hash, agreement_acknowledged,
      content, remove_at)
    values (?1, 1, ?2, ?2, ?3, ?4, ?5, 0, ?6, ?7)`
  const name = type === null ? null : 'basic1'
  connection.run(insert, username ?? 'nobody', START, type, name, username, new Uint8Array(8), START + 100)
}
