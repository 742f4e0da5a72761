/**
 * `kill -9` leaves what the program has handed to the operating system; a loss of power does not. Here the program runs on
 * a disk that forgets what it was not told to keep.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/kernel/clock.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { backUp, restore } from '../../src/store/embedded/backup.ts'
import { findBroken, startWritingProcess } from '../store/other-process.ts'
import { createForgetfulDisk, type ForgetfulDisk } from '../support/forgetful-disk.ts'
import { createProgram, endProcess, startProcess } from '../support/program.ts'
import { liveThrough, LONG } from './life.ts'
import { createLedger } from './ledger.ts'

/** None of a hundred writes reaches the disk before it is told to keep them, or a third do, in part and in any order. */
const DISKS = [0, 33]
const LINES_CHECKED = 50_000

for (const synchronous of ['full', 'normal', 'off'] as const) {
  test(`the disk forgets what was not synchronised: with synchronous=${synchronous}`, async (t) => {
    const { lost, committed } = await runCareless(t, synchronous)
    assert.ok(committed > 100, `${committed} commits`)
    if (synchronous === 'full') assert.equal(lost, 0)
    else assert.ok(lost > 0, 'no commit was lost')
  })
}

for (const early of DISKS) {
  test(`no write of the store is lost, through checkpoints; ${early} of 100 writes are done early`, async (t) => {
    const { folder, disk } = createFolder(t, early)
    const directory = join(folder, 'data')
    let lines: string[] = []
    for (let round = 0; round < (LONG ? 100 : 3); round += 1) {
      const writing = startWritingProcess(directory, disk.environment)
      t.after(() => writing.kill())
      await writing.says('invalidated')
      await sleep(Math.random() * 1000)
      await writing.kill()
      disk.losePower()
      lines = [...lines, ...writing.lines].slice(-LINES_CHECKED)

      const store = await createEmbeddedStore({ directory, clock: systemClock })
      assert.deepEqual(await findBroken(store, lines), { lost: [], alive: [] })
      await store.close()
      assert.equal(findDamage(join(directory, 'ostiary.db')), 'ok')
      disk.keepAll()
    }
  })
}

for (const early of DISKS) {
  test(`what was answered outlives a loss of power; ${early} of 100 writes are done early`, async (t) => {
    const environment: Record<string, string> = {}
    const program = await createProgram({ environment })
    t.after(() => program.remove())
    const disk = createForgetfulDisk(program.directory, early)
    t.after(() => disk.remove())
    Object.assign(environment, disk.environment)
    await program.start()
    await liveThrough(t, {
      ledger: createLedger(program),
      rounds: LONG ? 50 : 1,
      async strike() {
        await program.kill()
        disk.losePower()
      },
      comeBack: () => program.start(),
    })
  })
}

test('a loss of power in the middle of a restore leaves what was there, or all of the backup', async (t) => {
  const { folder, disk } = createFolder(t, 33)
  const outside = mkdtempSync(join(tmpdir(), 'ostiary-backups-'))
  t.after(() => rmSync(outside, { recursive: true }))
  const backups = []
  for (const name of ['first', 'second']) {
    const store = await createEmbeddedStore({ directory: join(outside, name), clock: systemClock })
    for (let document = 0; document < 100; document += 1) await store.documents.put('role', `${name} ${document}`, {})
    await store.close()
    backups.push(join(outside, `${name}.db`))
    backUp(join(outside, name), join(outside, `${name}.db`))
  }
  const directory = join(folder, 'data')
  restore(directory, backups[0] ?? '', { keepLogins: true })
  disk.keepAll()

  for (let round = 0; round < (LONG ? 50 : 3); round += 1) {
    let output = ''
    const restorer = join(import.meta.dirname, 'restoring-process.ts')
    const child = startProcess([restorer, directory, ...backups], disk.environment, (text) => (output += text))
    while (output.length === 0) await sleep(10)
    await sleep(Math.random() * 200)
    await endProcess(child, 'SIGKILL')
    disk.losePower()
    const store = await createEmbeddedStore({ directory, clock: systemClock })
    const names = (await store.documents.list('role')).map(({ name }) => name.split(' ')[0])
    assert.equal(names.length, 100)
    assert.equal(new Set(names).size, 1)
    await store.close()
    disk.keepAll()
  }
})

function createFolder(t: TestContext, early: number): { folder: string; disk: ForgetfulDisk } {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-power-'))
  const disk = createForgetfulDisk(folder, early)
  t.after(() => {
    disk.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  return { folder, disk }
}

function findDamage(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true })
  const [row] = database.prepare('pragma integrity_check(1)').all()
  database.close()
  return row?.['integrity_check']
}

/** @returns how many commits had returned before the power went, and how many of them are not there afterwards */
async function runCareless(t: TestContext, synchronous: string): Promise<{ committed: number; lost: number }> {
  const { folder, disk } = createFolder(t, 0)
  const file = join(folder, 'rows.db')
  let output = ''
  const writer = join(import.meta.dirname, 'careless-writer.ts')
  const child = startProcess([writer, file, synchronous], disk.environment, (text) => (output += text))
  while (output.length < 10_000) await sleep(10)
  await endProcess(child, 'SIGKILL')
  disk.losePower()
  const committed = output.split('\n').length - 1
  // The last commit may have returned without being said.
  return { committed, lost: Math.max(0, committed - countRows(file)) }
}

function countRows(file: string): number {
  const database = new DatabaseSync(file)
  try {
    const [tables] = database.prepare('select count(*) as n from sqlite_schema').all()
    return tables?.['n'] === 0 ? 0 : Number(database.prepare('select count(*) as n from row').get()?.['n'])
  } finally {
    database.close()
  }
}
