/** How the embedded driver finds the pairs of a user, a subject or a session, over many blocks and as blocks come and go. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { openConnection } from '../../src/store/embedded/connection.ts'
import { migrate } from '../../src/store/embedded/migration.ts'
import { MIGRATIONS } from '../../src/store/embedded/schema.ts'
import type { NewTokenPair, Store } from '../../src/store/store.ts'
import { START, newPair } from './records.ts'
import { until } from '../support/until.ts'

const PAIRS = 3000
const ISSUER = 'https://op'
const DAY = 86_400
const YEAR = 365 * DAY

const temporary = mkdtempSync(join(tmpdir(), 'ostiary-links-'))
after(() => rmSync(temporary, { recursive: true }))

let folders = 0
const newDirectory = () => join(temporary, String((folders += 1)))

test('over many blocks, pairs are found whole and in order by user, subject and session, also those that came late', async () => {
  const directory = newDirectory()
  const store = await createEmbeddedStore({ directory, clock: () => START })
  const pairs = newPairs()
  // Every tenth is written after all that are younger.
  const late = pairs.filter((_, index) => index % 10 === 0)
  for (const part of [pairs.filter((pair) => !late.includes(pair)), late]) {
    await Promise.all(part.map((pair) => store.tokens.create(pair)))
  }
  await assertFound(store, pairs)
  await store.close()
})

test('a block goes with its last pair, and what remains is found', async () => {
  const directory = newDirectory()
  let now = START
  const store = await createEmbeddedStore({ directory, clock: () => now })
  const early = newPairs({ removeAt: START + 10 })
  const pairs = newPairs({ removeAt: START + 20 })
  for (const part of [early, pairs]) await Promise.all(part.map((pair) => store.tokens.create(pair)))
  const blocks = count(directory, 'pair_block')
  now += 10
  await until(() => count(directory, 'token_pair') === PAIRS)
  await assertFound(store, pairs)
  now += 10
  await until(() => count(directory, 'token_pair') === 0)
  assert.ok(count(directory, 'pair_block') <= Math.min(blocks, 2))
  const next = newPair({ username: 'next' })
  await store.tokens.create({ ...next, removeAt: now + 10 })
  const found = await store.tokens.findAlive({ username: 'next' }, now, { limit: 10 })
  assert.deepEqual(
    found.map(({ id }) => id),
    [next.id],
  )
  await store.close()
})

test('the pairs of a file of the first format are found after its migration', async () => {
  const directory = newDirectory()
  mkdirSync(directory)
  const file = join(directory, 'ostiary.db')
  const old = openConnection(file, 'write')
  migrate(old, file, MIGRATIONS.slice(0, 1))
  const pairs = newPairs()
  old.exec('begin')
  for (const pair of pairs) insertOld(old, pair)
  old.exec('commit')
  old.close()

  const store = await createEmbeddedStore({ directory, clock: () => START })
  assert.equal(count(directory, 'pair_block'), Math.ceil(PAIRS / 1024))
  await assertFound(store, pairs)
  await store.close()
})

test('pairs of a clock that was set to and fro are found whole and in order', async () => {
  const directory = newDirectory()
  const store = await createEmbeddedStore({ directory, clock: () => START })
  const eras = [0, YEAR, 0, -DAY, 0, 2 * DAY, YEAR, 60, 0]
  const pairs = newPairs().map((pair, index) => {
    const ahead = eras[Math.floor((index / PAIRS) * eras.length)] ?? 0
    return Object.assign(pair, { id: idAhead(pair, ahead) })
  })
  for (let from = 0; from < PAIRS; from += 100) {
    await Promise.all(pairs.slice(from, from + 100).map((pair) => store.tokens.create(pair)))
  }
  await assertFound(
    store,
    pairs.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  )
  await store.close()
})

for (const { when, format } of [
  { when: 'from the first day on', format: MIGRATIONS.length },
  { when: 'in a file of an earlier format', format: 4 },
]) {
  test(`pairs of a clock that was a year ahead keep no other entries from going, ${when}`, () => {
    const directory = newDirectory()
    mkdirSync(directory)
    const file = join(directory, 'ostiary.db')
    const connection = openConnection(file, 'write')
    migrate(connection, file, MIGRATIONS.slice(0, format))
    const [ahead, ...pairs] = [newPair(), ...newPairs(), ...newPairs(), ...newPairs(), ...newPairs()]
    connection.exec('begin')
    insertOld(connection, { ...ahead, id: idAhead(ahead, YEAR) })
    connection.exec('commit')
    migrate(connection, file)
    connection.exec('begin')
    for (const pair of pairs) insertOld(connection, pair)
    // As they expire, one by one.
    for (const { id } of pairs) connection.run('delete from token_pair where id = ?1', id)
    connection.exec('commit')
    connection.close()
    // A block begins with one of a thousand pairs, by chance.
    assert.ok(count(directory, 'pair_link') < pairs.length)
  })
}

function idAhead({ id }: NewTokenPair, seconds: number): bigint {
  return id + (BigInt(seconds * 1000) << 21n)
}

function newPairs(changes: Partial<NewTokenPair> = {}): NewTokenPair[] {
  return Array.from({ length: PAIRS }, (_, index) =>
    newPair({
      ...changes,
      username: `user ${index % 7}`,
      ...(index % 2 === 0 && {
        subject: { issuer: ISSUER, subject: `subject ${index % 6}`, sessionId: `session ${index}` },
      }),
    }),
  )
}

async function assertFound({ tokens }: Store, pairs: readonly NewTokenPair[]): Promise<void> {
  const all = async (of: Parameters<typeof tokens.findAlive>[0]) => {
    const ids: bigint[] = []
    for (;;) {
      const page = await tokens.findAlive(of, START, { limit: 300, after: ids.at(-1) ?? -1n })
      ids.push(...page.map(({ id }) => id))
      if (page.length < 300) return ids
    }
  }
  const idsOf = (matches: (pair: NewTokenPair) => boolean) => pairs.filter(matches).map(({ id }) => id)
  for (const username of ['user 0', 'user 6']) {
    assert.deepEqual(
      await all({ username }),
      idsOf((pair) => pair.username === username),
    )
  }
  const subject = 'subject 4'
  assert.deepEqual(
    await all({ subject: { issuer: ISSUER, subject } }),
    idsOf((pair) => pair.subject?.subject === subject),
  )
  const { sessionId } = pairs.find((pair) => pair.subject !== undefined)?.subject ?? {}
  assert.ok(sessionId)
  assert.equal((await all({ subject: { issuer: ISSUER, sessionId } })).length, 1)
}

function insertOld(connection: ReturnType<typeof openConnection>, pair: NewTokenPair): void {
  connection.run(
    `insert into token_pair (id, created_at, remove_at, access_hash, access_expires_at, refresh_hash, username, realm,
      client, authentication, issuer, subject, session_id)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '{}', '{}', ?9, ?10, ?11)`,
    pair.id,
    pair.createdAt,
    pair.removeAt,
    pair.accessHash,
    pair.accessExpiresAt,
    pair.refreshHash ?? null,
    pair.username,
    pair.realm,
    pair.subject?.issuer ?? null,
    pair.subject?.subject ?? null,
    pair.subject?.sessionId ?? null,
  )
}

function count(directory: string, table: string): number {
  const database = new DatabaseSync(join(directory, 'ostiary.db'), { readOnly: true })
  const [row] = database.prepare(`select count(*) as n from ${table}`).all()
  database.close()
  return Number(row?.['n'])
}
