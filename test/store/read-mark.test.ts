import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  clearMark,
  createMarkFile,
  createSharedMark,
  type ReadMark,
  setMark,
} from '../../src/store/embedded/read-mark.ts'

test('the mark of a process: nothing is remembered while something is being changed, and nothing from before', () => {
  proves(createSharedMark())
})

test('the mark of several processes: likewise', async (t) => {
  proves(createMarkFile(await makeFolder(t)))
})

/** As the writer uses it. */
function proves(mark: ReadMark): void {
  setMark(mark.target)
  const seen = new Set([mark.read()])
  for (let write = 0; write < 5; write += 1) {
    clearMark(mark.target)
    assert.equal(mark.read(), undefined)
    // The writer died before it could set the mark, and the next one began.
    if (write % 2 === 0) clearMark(mark.target)
    setMark(mark.target)
    if (write === 3) setMark(mark.target)
    seen.add(mark.read())
  }
  assert.equal(seen.size, 6)
  assert.ok(!seen.has(undefined))
  mark.close()
  assert.equal(mark.read(), undefined)
}

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-mark-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}
