import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { endOfTurn } from '../../src/kernel/turn.ts'
import {
  clearMark,
  createMarkFile,
  createSharedMark,
  type ReadMark,
  setMark,
  startMarks,
} from '../../src/store/embedded/read-mark.ts'
import { DOCUMENTS, TOKENS } from '../../src/store/outdating.ts'

const SESSION = 'one-session-of-the-portal'
const OTHER_SESSION = 'another-session-of-the-portal'

describe('the marks of a process', () => {
  registerProof(() => createSharedMark())
})

describe('the marks of several processes', () => {
  registerProof(async (t) => createMarkFile(await makeFolder(t)))
})

function registerProof(open: (t: TestContext) => ReadMark | Promise<ReadMark>): void {
  for (const [name, of] of Object.entries({ tokens: TOKENS, documents: DOCUMENTS, 'a session': SESSION }))
    test(`while ${name} are being changed nothing of them is remembered, and afterwards nothing from before`, async (t) => {
      const mark = await open(t)
      startMarks(mark.target)
      const seen = new Set([mark.read(of)])
      for (let write = 0; write < 5; write += 1) {
        clearMark(mark.target, of)
        assert.equal(mark.read(of), undefined)
        // The writer died before it could set the mark, and the next one began.
        if (write % 2 === 0) clearMark(mark.target, of)
        if (write === 1) startMarks(mark.target)
        else setMark(mark.target, of)
        if (write === 3) setMark(mark.target, of)
        seen.add(mark.read(of))
      }
      assert.equal(seen.size, 6)
      assert.ok(!seen.has(undefined))
      mark.close()
      assert.equal(mark.read(of), undefined)
    })

  test('what changes one session, tokens or documents leaves the others as they are', async (t) => {
    const mark = await open(t)
    const all = [TOKENS, DOCUMENTS, SESSION, OTHER_SESSION]
    for (const changed of all) {
      startMarks(mark.target)
      const others = all.filter((of) => of !== changed)
      const before = others.map((of) => mark.read(of))
      clearMark(mark.target, changed)
      assert.deepEqual(
        others.map((of) => mark.read(of)),
        before,
      )
      assert.equal(mark.read(changed), undefined)
    }
    mark.close()
  })
}

test('what goes on side by side takes one look at the file, and what arrives after a change sees it', async (t) => {
  const mark = createMarkFile(await makeFolder(t))
  startMarks(mark.target)
  const read = async (change?: () => void) => {
    await endOfTurn()
    change?.()
    await Promise.resolve()
    return [mark.read(TOKENS), mark.read(DOCUMENTS)]
  }
  const before = [mark.read(TOKENS), mark.read(DOCUMENTS)]
  const changing = Promise.all([read(), read(() => setMark(mark.target, TOKENS)), read()])
  const [first, ...others] = await changing
  for (const other of others) assert.deepEqual(other, first)

  const [tokens, documents] = await read()
  assert.notEqual(tokens, before[0])
  assert.equal(documents, before[1])
  assert.deepEqual([mark.read(TOKENS), mark.read(DOCUMENTS)], [tokens, documents])
  clearMark(mark.target, DOCUMENTS)
  assert.deepEqual(await read(), [tokens, undefined])
  mark.close()
  assert.deepEqual(await read(), [undefined, undefined])
})

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-mark-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}
