import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { type Place, registerContract } from './contract.ts'
import { registerPromises } from './promises.ts'
import { START, newArtefact, newPair, newResponse, newSession } from './records.ts'
import { until } from '../support/until.ts'

const temporary = mkdtempSync(join(tmpdir(), 'ostiary-store-'))
after(() => rmSync(temporary, { recursive: true }))

let folders = 0
const newDirectory = () => join(temporary, String((folders += 1)))

registerContract('embedded', createPlace)
registerPromises('embedded', createPlace)

async function createPlace(): Promise<Place> {
  const directory = await mkdtemp(join(temporary, 'contract-'))
  return {
    open: (clock) => createEmbeddedStore({ directory, clock }),
    readDisk: async () => readdirSync(directory).map((name) => readFileSync(join(directory, name))),
    remove: () => rm(directory, { recursive: true }),
  }
}

test('the folder and every file in it are for their owner only, even if the folder was open to all', async () => {
  const directory = newDirectory()
  mkdirSync(directory)
  chmodSync(directory, 0o777)
  const store = await createEmbeddedStore({ directory, clock: () => START })
  await store.documents.put('user', 'u', {})
  assert.equal(statSync(directory).mode & 0o777, 0o700)
  const files = readdirSync(directory).filter((name) => name.startsWith('ostiary.db'))
  assert.deepEqual(files.toSorted(), ['ostiary.db', 'ostiary.db-shm', 'ostiary.db-wal'])
  for (const name of files) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name)
  await store.close()

  chmodSync(join(directory, 'ostiary.db'), 0o644)
  await (await createEmbeddedStore({ directory, clock: () => START })).close()
  assert.equal(statSync(join(directory, 'ostiary.db')).mode & 0o777, 0o600)
})

test('an invalidation makes what is remembered of tokens doubtful, a write that of documents, a login and a refresh nothing', async () => {
  const store = await createEmbeddedStore({ directory: newDirectory(), clock: () => START })
  const { id } = newPair()
  // The writer thread sets the first mark.
  await store.tokens.create(newPair({ id }))
  const mark = store.tokens.readMark() ?? assert.fail('there is no mark')
  const written = store.documents.readMark() ?? assert.fail('there is no mark')
  await store.tokens.create(newPair())
  await store.tokens.supersede(id, START, new Uint8Array(8), newPair())
  assert.equal(store.tokens.readMark(), mark)
  await store.tokens.invalidate([{ id, side: 'refresh' }])
  const invalidated = store.tokens.readMark() ?? assert.fail('there is no mark')
  assert.notEqual(invalidated, mark)
  assert.equal(store.documents.readMark(), written)
  const marks = new Set([written])
  const changes = [
    () => store.documents.create('user', 'u', {}),
    () => store.documents.put('user', 'u', {}),
    () => store.documents.replace('user', { name: 'u', version: 2, body: {} }, {}),
    () => store.documents.delete('user', 'u'),
  ]
  for (const change of changes) {
    await change()
    marks.add(store.documents.readMark() ?? assert.fail('there is no mark'))
  }
  assert.equal(marks.size, 1 + changes.length)
  assert.equal(store.tokens.readMark(), invalidated)
  await store.close()
  assert.equal(store.tokens.readMark(), undefined)
})

test('a session that is known by heart ends at its time, and no change of another makes it doubtful', async () => {
  let now = START
  const store = await createEmbeddedStore({ directory: newDirectory(), clock: () => now })
  const session = newSession({ id: 'one session of the portal', removeAt: START + 60 })
  const other = newSession({ id: 'another session' })
  for (const each of [session, other]) await store.sessions.create(each)
  const find = () => store.sessions.find(session.id)
  await find()
  const known = (await find()) ?? assert.fail('it is there')
  assert.throws(() => Object.assign(known, { ended: 'no' }), TypeError)
  await store.sessions.update({ ...other, lastActivityAt: START + 1 }, 1)
  assert.equal(await find(), known)
  assert.equal(store.sessions.holds(known), true)
  now = START + 60
  assert.equal(await find(), undefined)
  assert.equal(store.sessions.holds(known), false)
  await store.close()
})

test('a closed store is one file without a log beside it', async () => {
  const directory = newDirectory()
  const store = await createEmbeddedStore({ directory, clock: () => START })
  await store.documents.put('user', 'u', {})
  await store.close()
  assert.deepEqual(readdirSync(directory).toSorted(), ['ostiary.db', 'ostiary.lock'])
})

test('the log is copied into the file beside the commits, and begins anew then', async () => {
  const directory = newDirectory()
  const store = await createEmbeddedStore({ directory, clock: () => START })
  const names = Array.from({ length: 16 }, (_, index) => `u${index}`)
  const textOf = (round: number) => String(round).padStart(4, '0').repeat(15_000)
  const write = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1)
      await Promise.all(names.map((name) => store.documents.put('user', name, { text: textOf(round) })))
  }
  // A megabyte a round. At 64 of them a commit would copy them.
  await write(50)
  await until(() => statSync(join(directory, 'ostiary.db')).size > 900_000)
  await until(async () => {
    await write(1)
    // "Checkpoint sequence number" of the log's header: how often it began anew.
    return readFileSync(join(directory, 'ostiary.db-wal')).readUInt32BE(12) > 0
  })

  // Enough for another one, which is under way at the end.
  await write(20)
  await store.close()
  assert.deepEqual(readdirSync(directory).toSorted(), ['ostiary.db', 'ostiary.lock'])
  const again = await createEmbeddedStore({ directory, clock: () => START })
  for (const name of names) assert.deepEqual((await again.documents.get('user', name))?.body, { text: textOf(19) })
  await again.close()
})

test('the same folder is not opened twice by one process, and a refusal does not free it', async () => {
  const directory = newDirectory()
  const store = await createEmbeddedStore({ directory, clock: () => START })
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await assert.rejects(createEmbeddedStore({ directory, clock: () => START }), {
      reason: 'store_unavailable',
      message: new RegExp(`\\[${directory}\\] is in use by the process ${process.pid}:`),
    })
  }
  await store.close()
})

test('a file that is no database is refused by name, and left as it is', async () => {
  const directory = newDirectory()
  mkdirSync(directory)
  writeFileSync(join(directory, 'ostiary.db'), 'not a database, and longer than the header of one'.repeat(10))
  await assert.rejects(createEmbeddedStore({ directory, clock: () => START }), {
    reason: 'store_unavailable',
    message: new RegExp(`\\[${directory}\\] cannot be used`),
  })
  assert.equal(statSync(join(directory, 'ostiary.db')).size, 490)
})

test('what has expired is removed in the background, and its space is used again', async () => {
  const directory = newDirectory()
  let now = START
  const store = await createEmbeddedStore({ directory, clock: () => now })
  const database = new DatabaseSync(join(directory, 'ostiary.db'), { readOnly: true })
  const count = (sql: string) => Number(database.prepare(sql).get()?.['n'])
  const rows = () =>
    count(`select (select count(*) from token_pair) + (select count(*) from used_response)
      + (select count(*) from portal_session) + (select count(*) from artefact) as n`)
  const fill = () =>
    Promise.all(
      Array.from({ length: 500 }, async () => {
        const removeAt = now + 10
        await store.tokens.create(newPair({ removeAt }), newResponse({ keepUntil: removeAt }))
        await store.sessions.create(newSession({ removeAt }))
        await store.artefacts.upsert(newArtefact({ removeAt }))
      }),
    )

  await store.documents.put('user', 'stays', {})
  await fill()
  assert.equal(rows(), 2000)
  const pages = count('select page_count as n from pragma_page_count')
  for (let round = 0; round < 2; round += 1) {
    now += 10
    await until(() => rows() === 0)
    assert.equal(await store.tokens.everCreated(), true)
    await fill()
  }
  assert.ok(count('select page_count as n from pragma_page_count') <= pages * 1.1)
  assert.ok(await store.documents.get('user', 'stays'))
  database.close()
  await store.close()
})

test('while another program locks the file, writes are refused in time and reads go on; then writes work again', async () => {
  const directory = newDirectory()
  const store = await createEmbeddedStore({ directory, clock: () => START })
  await store.documents.put('user', 'u', { is: 'old' })
  // In a thread of its own, as a second connection of another program would be.
  const script = `
    const { DatabaseSync } = require('node:sqlite')
    const { parentPort, workerData } = require('node:worker_threads')
    const database = new DatabaseSync(workerData)
    database.exec('begin immediate')
    parentPort.postMessage('locked')
    parentPort.once('message', () => database.close())`
  const other = new Worker(script, { eval: true, workerData: join(directory, 'ostiary.db') })
  await once(other, 'message')
  await assert.rejects(store.documents.put('user', 'u', { is: 'new' }), { reason: 'store_unavailable' })
  assert.deepEqual((await store.documents.get('user', 'u'))?.body, { is: 'old' })
  other.postMessage('unlock', [])
  await once(other, 'exit')
  await store.documents.put('user', 'u', { is: 'new' })
  assert.deepEqual((await store.documents.get('user', 'u'))?.body, { is: 'new' })
  await store.close()
})
