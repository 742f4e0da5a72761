import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { systemClock } from '../../src/kernel/clock.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { backUp, restore } from '../../src/store/embedded/backup.ts'
import type { Store } from '../../src/store/store.ts'
import { findBroken, startWritingProcess } from './other-process.ts'
import { START, newArtefact, newPair, newSession } from './records.ts'

const temporary = mkdtempSync(join(tmpdir(), 'ostiary-backup-'))
after(() => rmSync(temporary, { recursive: true }))

let paths = 0
const newPath = () => join(temporary, String((paths += 1)))

test('a backup made while many write has every write that was acknowledged before it began', async (t) => {
  const [directory, file, restored] = [newPath(), newPath(), newPath()]
  const writing = startWritingProcess(directory)
  t.after(() => writing.kill())
  await writing.says('invalidated')
  const acknowledged = [...writing.lines]
  backUp(directory, file)
  await writing.says('created')
  await writing.kill()

  restore(restored, file, { keepLogins: true })
  const store = await createEmbeddedStore({ directory: restored, clock: systemClock })
  assert.deepEqual(await findBroken(store, acknowledged), { lost: [], alive: [] })
  await store.close()
})

test('a backup is one file, for its owner only, and writes over nothing', async () => {
  const directory = newPath()
  const folder = mkdtempSync(join(temporary, 'folder-'))
  await withStore(directory, async (store) => {
    await store.documents.put('user', 'u', {})
    backUp(directory, join(folder, 'copy'))
  })
  assert.equal(statSync(join(folder, 'copy')).mode & 0o777, 0o600)
  const before = readFileSync(join(folder, 'copy'))
  assert.throws(() => backUp(directory, join(folder, 'copy')), {
    reason: 'store_unavailable',
    message: /the backup \[.*copy\] cannot be made/,
  })
  assert.deepEqual(readFileSync(join(folder, 'copy')), before)
  assert.deepEqual(readdirSync(folder), ['copy'])
})

test('a folder without a store is not backed up', () => {
  const directory = newPath()
  const message = `there is no store in [${directory}]`
  assert.throws(() => backUp(directory, newPath()), { reason: 'store_unavailable', message })
})

test('a restore brings back what was there, and ends every login', async () => {
  const [directory, file] = [newPath(), newPath()]
  const [pair, session, artefact] = [newPair(), newSession(), newArtefact()]
  const { removeAt: _, ...lasting } = newArtefact({ model: 'Grant' })
  await withStore(directory, async (store) => {
    await store.documents.put('role', 'then', {})
    await store.tokens.create(pair)
    await store.sessions.create(session)
    await store.artefacts.upsert(artefact)
    await store.artefacts.upsert(lasting)
    backUp(directory, file)
    await store.documents.put('role', 'later', {})
    await store.tokens.invalidate([{ id: pair.id, side: 'access' }])
  })

  restore(directory, file, { keepLogins: false })
  await withStore(directory, async (store) => {
    assert.ok(await store.documents.get('role', 'then'))
    assert.equal(await store.documents.get('role', 'later'), undefined)
    assert.equal(await store.tokens.find(pair.id), undefined)
    assert.equal(await store.tokens.everCreated(), true)
    assert.equal(await store.sessions.find(session.id), undefined)
    assert.equal(await store.artefacts.find(artefact.key), undefined)
    assert.deepEqual(await store.artefacts.find(lasting.key), lasting)
  })
  assert.deepEqual(readdirSync(directory).toSorted(), ['ostiary.db', 'ostiary.lock'])
  assert.equal(statSync(join(directory, 'ostiary.db')).mode & 0o777, 0o600)
})

test('a folder that is restored to is for its owner only, also when it was there before', async () => {
  const [directory, file, other] = [newPath(), newPath(), newPath()]
  await withStore(directory, async (store) => void (await store.documents.put('role', 'r', {})))
  backUp(directory, file)
  mkdirSync(other)
  chmodSync(other, 0o755)
  restore(other, file, { keepLogins: true })
  assert.equal(statSync(other).mode & 0o777, 0o700)
})

test('a restore may leave the logins alive, in a folder that was not there before', async () => {
  const [directory, file, other] = [newPath(), newPath(), newPath()]
  const pair = newPair()
  await withStore(directory, async (store) => {
    await store.tokens.create(pair)
  })
  backUp(directory, file)
  restore(other, file, { keepLogins: true })
  await withStore(other, async (store) => assert.equal((await store.tokens.find(pair.id))?.accessInvalidated, false))
})

test('a folder that is in use is not restored to, and a file that is being backed up neither', async () => {
  const [directory, file] = [newPath(), newPath()]
  await withStore(directory, async (store) => {
    await store.documents.put('user', 'u', {})
    backUp(directory, file)
    assert.throws(() => restore(directory, file, { keepLogins: true }), {
      reason: 'store_unavailable',
      message: new RegExp(`in use by the process ${process.pid}:`),
    })
  })
  const reading = new DatabaseSync(join(directory, 'ostiary.db'), { readOnly: true })
  reading.exec('begin; select * from document')
  assert.throws(() => restore(directory, file, { keepLogins: true }), {
    reason: 'store_unavailable',
    message: /ostiary\.db\] is being read by another program/,
  })
  reading.close()
  restore(directory, file, { keepLogins: true })
})

test('what a killed program has left beside its file is not taken for a part of the backup', async (t) => {
  const [directory, file] = [newPath(), newPath()]
  await withStore(directory, async (store) => void (await store.documents.put('role', 'then', {})))
  backUp(directory, file)
  const writing = startWritingProcess(directory)
  t.after(() => writing.kill())
  await writing.says('invalidated')
  await writing.kill()
  assert.ok(statSync(join(directory, 'ostiary.db-wal')).size > 0)

  restore(directory, file, { keepLogins: true })
  await withStore(directory, async (store) => {
    assert.equal(await store.tokens.everCreated(), false)
    assert.ok(await store.documents.get('role', 'then'))
  })
})

test('a backup takes the place of a damaged file', async () => {
  const [directory, file] = [newPath(), newPath()]
  await withStore(directory, async (store) => void (await store.documents.put('role', 'then', {})))
  backUp(directory, file)
  writeFileSync(join(directory, 'ostiary.db'), 'no database any more')
  restore(directory, file, { keepLogins: false })
  await withStore(directory, async (store) => assert.ok(await store.documents.get('role', 'then')))
})

const UNFIT: Record<string, { change: (file: string) => void; refusal: RegExp }> = {
  'is not there': { change: (file) => rmSync(file), refusal: /cannot be restored/ },
  'is empty': { change: (file) => writeFileSync(file, ''), refusal: /is a database of another program/ },
  'is no database': { change: (file) => writeFileSync(file, 'text '.repeat(500)), refusal: /cannot be restored/ },
  'is of another program': { change: changeBy('pragma application_id = 7'), refusal: /of another program/ },
  'is of a newer version': { change: changeBy('pragma user_version = 99'), refusal: /has the format version 99/ },
  'lacks its end': {
    change: (file) => writeFileSync(file, readFileSync(file).subarray(0, -4096)),
    refusal: /is damaged|cannot be restored/,
  },
}

for (const [fault, { change, refusal }] of Object.entries(UNFIT)) {
  test(`a backup that ${fault} is refused, and the store stays as it was`, async () => {
    const [directory, file] = [newPath(), newPath()]
    await withStore(directory, async (store) => void (await store.documents.put('role', 'now', {})))
    backUp(directory, file)
    change(file)
    assert.throws(() => restore(directory, file, { keepLogins: false }), {
      reason: 'store_unavailable',
      message: refusal,
    })
    await withStore(directory, async (store) => assert.ok(await store.documents.get('role', 'now')))
    assert.deepEqual(readdirSync(directory).toSorted(), ['ostiary.db', 'ostiary.lock'])
  })
}

function changeBy(sql: string): (file: string) => void {
  return (file) => {
    const database = new DatabaseSync(file)
    database.exec(sql)
    database.close()
  }
}

async function withStore(directory: string, act: (store: Store) => Promise<void>): Promise<void> {
  const store = await createEmbeddedStore({ directory, clock: () => START })
  try {
    await act(store)
  } finally {
    await store.close()
  }
}
