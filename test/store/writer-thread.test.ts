import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { putDocument } from '../../src/store/documents.ts'
import { openConnection } from '../../src/store/embedded/connection.ts'
import { migrate } from '../../src/store/embedded/migration.ts'
import { createSharedMark } from '../../src/store/embedded/read-mark.ts'
import { createWriterThread } from '../../src/store/embedded/writer-thread.ts'

const directory = mkdtempSync(join(tmpdir(), 'ostiary-writer-'))
after(() => rmSync(directory, { recursive: true }))
const file = join(directory, 'ostiary.db')
const connection = openConnection(file, 'write')
migrate(connection, file)
after(() => connection.close())

const { target: mark } = createSharedMark()
const startWriter = () =>
  new Worker(new URL('../../src/store/embedded/writer.ts', import.meta.url), { workerData: { file, mark } })

test('a write that the thread does not confirm is refused after the time-out', async () => {
  const startWorker = () => new Worker('setInterval(() => {}, 1e6)', { eval: true })
  const writer = createWriterThread({ startWorker, timeoutMs: 100 })
  const refusal = { reason: 'store_unavailable', message: /has not confirmed a write for 100 ms/ }
  await assert.rejects(writer.call(putDocument, 'user', 'u', '{}'), refusal)
  await writer.close()
})

test('a write that was given up is not made later', async () => {
  const writer = createWriterThread({ startWorker: startWriter, timeoutMs: 800 })
  // A thread that is still starting would take both in one group.
  const ready = () => writer.call(putDocument, 'user', 'ready', '{}').catch(() => undefined)
  for (let attempt = 0; attempt < 20 && (await ready()) === undefined; attempt += 1);
  connection.exec('begin immediate')
  // The first waits for the lock in the thread, longer than the second may wait behind it.
  const first = writer.call(putDocument, 'user', 'first', '{}')
  await setTimeout(200)
  const second = writer.call(putDocument, 'user', 'second', '{}')
  await assert.rejects(first, { reason: 'store_unavailable' })
  await assert.rejects(second, { reason: 'store_unavailable' })
  connection.exec('commit')
  // Writes are made in their order: once a later one is there, the second would be there too.
  const third = () => writer.call(putDocument, 'user', 'third', '{}').catch(() => undefined)
  for (let attempt = 0; attempt < 20 && (await third()) === undefined; attempt += 1);
  assert.equal(connection.run("select name from document where name = 'third'").length, 1)
  assert.deepEqual(connection.run("select name from document where name = 'second'"), [])
  await writer.close()
})

test('a thread that is told to end behind writes that were given up ends in order', async () => {
  const warnings: string[] = []
  const log = { warn: (_fields: object, message: string) => void warnings.push(message) }
  const writer = createWriterThread({ startWorker: startWriter, timeoutMs: 800, log })
  const ready = () => writer.call(putDocument, 'user', 'ready', '{}').catch(() => undefined)
  for (let attempt = 0; attempt < 20 && (await ready()) === undefined; attempt += 1);
  connection.exec('begin immediate')
  const first = writer.call(putDocument, 'user', 'first', '{}')
  await setTimeout(200)
  const second = writer.call(putDocument, 'user', 'second', '{}')
  await Promise.all([first, second].map((write) => assert.rejects(write, { reason: 'store_unavailable' })))
  const closed = writer.close()
  connection.exec('commit')
  await closed
  assert.deepEqual(warnings, [])
})

test('who writes nothing needs no thread', async () => {
  let started = 0
  const startWorker = () => {
    started += 1
    return startWriter()
  }
  const idle = createWriterThread({ startWorker, timeoutMs: 5000 })
  await idle.drain()
  await idle.close()
  assert.equal(started, 0)

  const busy = createWriterThread({ startWorker, timeoutMs: 5000 })
  await Promise.all(['one', 'two'].map((name) => busy.call(putDocument, 'user', name, '{}')))
  await busy.close()
  assert.equal(started, 1)
})

test('when the thread dies its writes are refused, and a new one takes over', async () => {
  const workers: Worker[] = []
  const warnings: string[] = []
  const writer = createWriterThread({
    startWorker: () => {
      const worker = startWriter()
      workers.push(worker)
      return worker
    },
    timeoutMs: 5000,
    log: { warn: (_, message) => warnings.push(message) },
  })
  await writer.call(putDocument, 'user', 'before', '{}')
  await setTimeout(600)
  const underWay = writer.call(putDocument, 'user', 'under way', '{}')
  const exited = once(workers[0] as Worker, 'exit')
  void workers[0]?.terminate()
  await assert.rejects(underWay, { reason: 'store_unavailable' })
  await exited
  await setTimeout(10)
  assert.equal(await writer.call(putDocument, 'user', 'after', '{}'), 1)
  assert.equal(workers.length, 2)
  assert.deepEqual(warnings, ["the store's writer thread ended and is started again"])
  await writer.close()
})

test('while the system has no thread left writes are refused, and then a new one takes over', async () => {
  let started = 0
  const startWorker = () => {
    started += 1
    if (started === 1) throw new Error('EAGAIN')
    return startWriter()
  }
  const writer = createWriterThread({ startWorker, timeoutMs: 5000 })
  const lost = { reason: 'store_unavailable', message: /lost its writer thread/ }
  await assert.rejects(writer.call(putDocument, 'user', 'no thread', '{}'), lost)
  const written = () => writer.call(putDocument, 'user', 'a thread', '{}').catch(() => setTimeout(50))
  for (let attempt = 0; attempt < 100 && (await written()) === undefined; attempt += 1);
  assert.equal(started, 2)
  assert.equal(connection.run("select name from document where name = 'a thread'").length, 1)
  await writer.close()
})

test('a queue without end is refused at once', async () => {
  const startWorker = () => new Worker('setInterval(() => {}, 1e6)', { eval: true })
  const writer = createWriterThread({ startWorker, timeoutMs: 500 })
  const writes = Array.from({ length: 20_001 }, () => writer.call(putDocument, 'user', 'u', '{}'))
  const settled = Promise.allSettled(writes)
  await assert.rejects(writes.at(-1) as Promise<number>, { reason: 'store_unavailable', message: /too many writes/ })
  await settled
  await writer.close()
})
