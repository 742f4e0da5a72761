/** What waits at one moment travels together: how many statements it is, and that each gets what is its own. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Steps } from '../../src/store/engine.ts'
import { openConnection, type Connection } from '../../src/store/postgres/connection.ts'
import { runReads } from '../../src/store/postgres/reading.ts'
import { runWrites } from '../../src/store/postgres/writing.ts'
import { createPostgresStore } from '../../src/store/postgres.ts'
import { startPostgres, type PostgresServer } from '../support/postgres.ts'
import { START } from './records.ts'

let server: PostgresServer
let database: string

before(async () => {
  server = await startPostgres()
  database = await server.createDatabase()
  const address = server.address(database)
  await (await createPostgresStore({ address, poolSize: 2, fingerprints: ['one'], clock: () => START })).close()
})
after(() => server.remove())

/** A connection, and the statements that went through it. */
async function openCounted(): Promise<{ connection: Connection; sent: string[] }> {
  const connection = await openConnection(server.address(database))
  const sent: string[] = []
  const counted = {
    ...connection,
    run: (...query: Parameters<typeof connection.run>) => {
      sent.push(query[0])
      return connection.run(...query)
    },
  }
  return { connection: counted, sent }
}

function writeAll<Result>(connection: Connection, writes: readonly (() => Steps<Result>)[]) {
  return runWrites(
    connection,
    writes.map((start) => ({ start, exclusion: undefined })),
  )
}

test('look-ups of one moment travel as one query, each gets its own rows, and one that fails fails alone', async () => {
  const { connection, sent } = await openCounted()
  const echo = 'select cast(?1 as text) as said, cast(?2 as bigint) as number'
  const outcomes = await runReads(
    connection,
    Array.from({ length: 100 }, (_, number) => [echo, `say ${number}`, number] as const),
  )
  assert.equal(sent.length, 1)
  outcomes.forEach((outcome, number) => {
    const [row] = 'result' in outcome ? (outcome.result as Record<string, unknown>[]) : []
    assert.deepEqual([row?.['said'], row?.['number']], [`say ${number}`, number])
  })

  const divide = 'select 12 / cast(?1 as bigint) as quotient'
  const [six, fails, four] = await runReads(connection, [
    [divide, 2],
    [divide, 0],
    [divide, 3],
  ])
  assert.ok(six && four && fails)
  assert.equal('result' in six && (six.result as Record<string, unknown>[])[0]?.['quotient'], 6)
  assert.equal('result' in four && (four.result as Record<string, unknown>[])[0]?.['quotient'], 4)
  assert.match(String('fault' in fails && fails.fault), /division by zero/)
  await connection.close()
})

const REDEEM = `
  insert into used_response (key, keep_until, redeemed) values (?1, ?2, 1)
  on conflict (key) do update set keep_until = excluded.keep_until where used_response.keep_until <= ?3 returning keep_until`

test('insertions of one moment travel as few statements, and each learns whether its row was written', async () => {
  const { connection, sent } = await openCounted()
  const redeem = (key: number, keepUntil: number, now = START) =>
    function* (): Steps<unknown> {
      return (yield [REDEEM, new Uint8Array([1, key]), keepUntil, now]).map((row) => row['keep_until'])
    }
  await writeAll(connection, [redeem(7, 3), redeem(8, START + 3)])
  sent.length = 0
  const outcomes = await writeAll(
    connection,
    Array.from({ length: 64 }, (_, key) => redeem(key, key)),
  )
  assert.equal(sent.length, 1)
  const expected = Array.from({ length: 64 }, (_, key) => ({ result: key === 8 ? [] : [key] }))
  assert.deepEqual(outcomes, expected, 'the row that was there and is not over yet is left alone')

  sent.length = 0
  const again = await writeAll(connection, [
    ...Array.from({ length: 4 }, () => redeem(100, START + 1)),
    redeem(101, START + 1),
    redeem(100, START + 2, START + 1),
  ])
  assert.deepEqual(
    again,
    [[START + 1], [], [], [], [START + 1], [START + 2]].map((result) => ({ result })),
    'of several with one key each sees what those before it wrote, at its own time',
  )
  await connection.close()
})

test('updates and deletions of one moment are one statement each, and each learns what it did', async () => {
  const { connection, sent } = await openCounted()
  await connection.exec(
    `insert into document (kind, name, version, body) select 'group', cast(n as text), n, '' from generate_series(1, 20) n`,
  )
  const replace = (name: number, version: number) =>
    function* (): Steps<unknown> {
      const sql = `update document set version = version + 100 where kind = ?1 and name = ?2 and version = ?3
        returning version`
      return (yield [sql, 'group', String(name), version]).map((row) => row['version'])
    }
  const remove = (name: number) =>
    function* (): Steps<unknown> {
      const sql = 'delete from document where kind = ?1 and name = ?2 returning version = ?3 as same'
      return (yield [sql, 'group', String(name), name]).map((row) => row['same'])
    }
  const names = Array.from({ length: 20 }, (_, index) => index + 1)
  const replaced = await writeAll(
    connection,
    names.map((name) => replace(name, name % 2 === 0 ? name : 0)),
  )
  assert.equal(sent.length, 1)
  assert.deepEqual(
    replaced,
    names.map((name) => ({ result: name % 2 === 0 ? [name + 100] : [] })),
  )
  const removed = await writeAll(connection, [...names, 21].map(remove))
  assert.equal(sent.length, 2)
  assert.deepEqual(
    removed,
    [...names, 21].map((name) => ({ result: name === 21 ? [] : [name % 2] })),
  )
  await connection.close()
})
