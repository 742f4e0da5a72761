/** The server goes away, stands still, and comes back, while a node works on it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { SecurityError } from '../../src/kernel/errors.ts'
import { createPostgresStore } from '../../src/store/postgres.ts'
import { openConnection } from '../../src/store/postgres/connection.ts'
import type { Store } from '../../src/store/store.ts'
import { startPostgres, type PostgresServer } from '../support/postgres.ts'
import { START, newPair } from './records.ts'

const TIMEOUT = 1

let server: PostgresServer
let database: string

before(async () => {
  server = await startPostgres()
  database = await server.createDatabase()
})
after(() => server.remove())

const open = () =>
  createPostgresStore({
    address: server.address(database, { timeout: TIMEOUT, connectTimeout: TIMEOUT }),
    poolSize: 3,
    fingerprints: ['one'],
    clock: () => START,
  })

async function withStore(act: (store: Store) => Promise<void>): Promise<void> {
  const store = await open()
  try {
    await act(store)
  } finally {
    await store.close()
  }
}

const REFUSED = {
  reason: 'store_unavailable',
  message: new RegExp(
    `^the database (failed|cannot be reached|(has not answered|was not reached) for ${TIMEOUT}000 ms)$`,
  ),
}

/** Every kind of operation is refused: at once where it is known that nobody answers, else by the time-out. */
async function refusesAll(store: Store): Promise<void> {
  const operations = [
    store.check(),
    store.tokens.find(1n),
    store.tokens.create(newPair()),
    store.documents.put('user', 'away', {}),
    store.sessions.find('away'),
    store.artefacts.find(new Uint8Array([1])),
  ]
  await Promise.all(operations.map((operation) => assert.rejects(operation, REFUSED)))
}

async function untilItWorks(store: Store): Promise<void> {
  for (const end = performance.now() + 20_000; ;) {
    try {
      await Promise.all([store.check(), store.documents.put('user', 'back', {})])
      return
    } catch (error) {
      assert.ok(error instanceof SecurityError && error.reason === 'store_unavailable', String(error))
      assert.ok(performance.now() < end, 'it did not come back in 20 s')
      await setTimeout(20)
    }
  }
}

test('kill -9 of the server under load: nothing acknowledged is lost, all else is told, and service resumes', () =>
  withStore(async (store) => {
    const created = new Set<bigint>()
    const invalidated = new Set<bigint>()
    const stopping = new AbortController()
    const work = async () => {
      while (!stopping.signal.aborted) {
        const pair = newPair()
        try {
          await store.tokens.create(pair)
          created.add(pair.id)
          await store.tokens.invalidate([{ id: pair.id, side: 'access' }])
          invalidated.add(pair.id)
        } catch (error) {
          assert.ok(error instanceof SecurityError && error.reason === 'store_unavailable', String(error))
          await setTimeout(20)
        }
      }
    }
    const workers = Array.from({ length: 16 }, work)
    try {
      for (let round = 0; round < 3; round += 1) {
        const before = invalidated.size
        while (invalidated.size < before + 200) await setTimeout(5)
        await server.kill()
        await refusesAll(store)
        await server.start()
        await untilItWorks(store)
      }
    } finally {
      stopping.abort()
      await Promise.all(workers)
    }
    const ids = [...created]
    for (let from = 0; from < ids.length; from += 500) {
      const part = ids.slice(from, from + 500)
      const found = new Map((await store.tokens.findMany(part)).map((pair) => [pair.id, pair]))
      for (const id of part) {
        assert.ok(found.has(id), 'a pair that was acknowledged is gone')
        if (invalidated.has(id)) assert.equal(found.get(id)?.accessInvalidated, true, 'a dead token lives again')
      }
    }
  }))

test('a server that stands still is told within the time-out; when it goes on, so does the node', () =>
  withStore(async (store) => {
    await store.documents.put('user', 'still', { is: 'old' })
    server.pause()
    try {
      await refusesAll(store)
      // By now the node tries to connect, and nobody answers.
      await refusesAll(store)
    } finally {
      server.resume()
    }
    await untilItWorks(store)
    assert.deepEqual((await store.documents.get('user', 'still'))?.body, { is: 'old' })
  }))

test('a server that is stopped in order and started again: the node comes back by itself', () =>
  withStore(async (store) => {
    await server.stop()
    await refusesAll(store)
    await server.start()
    await untilItWorks(store)
  }))

test('connections that somebody ends are opened again', () =>
  withStore(async (store) => {
    const mine = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ostiary'`
    for (let round = 0; round < 3; round += 1) {
      await store.check()
      assert.ok((await server.query(database, mine)).length > 0)
      await untilItWorks(store)
    }
  }))

test('a server that takes no writes any more is not read from either, until it does again', () =>
  withStore(async (store) => {
    await store.check()
    await configure('alter system set default_transaction_read_only = on')
    try {
      // The node finds out by itself, since it looks for what has expired.
      for (const end = performance.now() + 20_000; ;) {
        const reads = await Promise.allSettled([store.check(), store.tokens.find(1n)])
        if (reads.every(({ status }) => status === 'rejected')) break
        assert.ok(performance.now() < end, 'it is still read from after 20 s')
        await setTimeout(20)
      }
      for (let time = 0; time < 50; time += 1) {
        await assert.rejects(store.tokens.find(1n), { reason: 'store_unavailable' })
      }
    } finally {
      await configure('alter system reset default_transaction_read_only')
    }
    await untilItWorks(store)
  }))

async function configure(sql: string): Promise<void> {
  await server.query('postgres', sql)
  await server.query('postgres', 'select pg_reload_conf()')
}

test('a row that another holds is waited for, and then that write is refused and not there; its neighbours are', () =>
  withStore(async (store) => {
    const pair = newPair()
    await store.tokens.create(pair)
    const other = await openConnection(server.address(database))
    await other.exec('begin')
    await other.run('update token_pair set access_invalidated = 0 where id = $1', pair.id)
    const neighbours = Array.from({ length: 10 }, () => newPair())
    await Promise.all([
      assert.rejects(store.tokens.invalidate([{ id: pair.id, side: 'access' }]), { reason: 'store_unavailable' }),
      ...neighbours.map(async (neighbour) => assert.equal(await store.tokens.create(neighbour), 'created')),
    ])
    assert.equal((await store.tokens.findMany(neighbours.map(({ id }) => id))).length, 10)
    assert.equal((await store.tokens.find(pair.id))?.accessInvalidated, false)
    await other.exec('commit')
    await untilItWorks(store)
    assert.equal((await store.tokens.find(pair.id))?.accessInvalidated, false)
    assert.deepEqual(await store.tokens.invalidate([{ id: pair.id, side: 'access' }]), ['invalidated'])
    await other.close()
  }))

test('a store that is closed while the server stands still does not wait for it', async () => {
  const store = await open()
  server.pause()
  try {
    const write = assert.rejects(store.documents.put('user', 'late', {}), REFUSED)
    await store.close()
    await write
  } finally {
    server.resume()
  }
})
