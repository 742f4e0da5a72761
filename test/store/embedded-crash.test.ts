/** The embedded driver beside other processes: one that is killed, one that holds the folder, one that cannot write. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { systemClock } from '../../src/kernel/clock.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { findBroken, startWritingProcess } from './other-process.ts'

const ROUNDS = 5

const directory = mkdtempSync(join(tmpdir(), 'ostiary-store-'))
after(() => rmSync(directory, { recursive: true }))

test('nothing that was acknowledged is lost when the process is killed at any moment', async (t) => {
  const lines: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const writing = startWritingProcess(directory)
    t.after(() => writing.kill())
    await writing.says('invalidated')
    await setTimeout(Math.random() * 150)
    await writing.kill()
    lines.push(...writing.lines)

    const store = await createEmbeddedStore({ directory, clock: systemClock })
    assert.deepEqual(await findBroken(store, lines), { lost: [], alive: [] })
    await store.close()
  }
})

test('a folder that another process has open is refused with its id, and free once that process is gone', async (t) => {
  const writing = startWritingProcess(directory)
  t.after(() => writing.kill())
  await writing.says('created')
  await assert.rejects(createEmbeddedStore({ directory, clock: systemClock }), {
    reason: 'store_unavailable',
    message: new RegExp(`in use by the process ${writing.pid}:`),
  })
  await writing.kill()
  const store = await createEmbeddedStore({ directory, clock: systemClock })
  await store.close()
})

test('while the disk takes no more, writes are refused and reads go on; then writes work again by themselves', async (t) => {
  const writing = startWritingProcess(directory)
  t.after(() => writing.kill())
  await writing.says('invalidated')
  limitFileSize(writing.pid, '0')
  assert.equal(await writing.says('refused'), 'refused store_unavailable')
  await writing.says('read')
  limitFileSize(writing.pid, 'unlimited')
  await writing.says('invalidated')
  assert.deepEqual(
    writing.lines.filter((line) => line.startsWith('refused') && line !== 'refused store_unavailable'),
    [],
  )
})

/** From now on each write of the process that would make a file longer than `bytes` fails. */
function limitFileSize(pid: number, bytes: string): void {
  const run = spawnSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:unlimited`])
  assert.equal(run.status, 0, String(run.stderr))
}
