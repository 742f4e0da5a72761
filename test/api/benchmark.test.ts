/** The benchmark in a short form: that it runs and says what it must say. How fast anything is, is not judged here. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../support/program.ts'

test('a line of the benchmark prints its row and writes its figures', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-bench-'))
  t.after(() => rm(directory, { recursive: true }))
  const json = join(directory, 'figures.json')
  const args = ['bench/run.ts', '--only', 'bearer', '--rounds', '1', '--seconds', '0.3', '--json', json]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })

  const report = JSON.parse(await readFile(json, 'utf8')) as {
    figures: { work: string; value: number; unit: string; target: object; reached: boolean }[]
  }
  const [figure, ...more] = report.figures
  assert.deepEqual(more, [])
  assert.ok(figure)
  assert.ok(figure.value > 0)
  assert.equal(figure.unit, '×')
  assert.deepEqual(figure.target, { atLeast: 0.6 })
  assert.equal(figure.reached, figure.value >= 0.6)
  assert.ok(stdout.includes(`| ${figure.work} |`))
})

test('a line that does not exist is refused with the names of those that do', async () => {
  const run = promisify(execFile)(process.execPath, ['bench/run.ts', '--only', 'nothing'], { cwd: ROOT })
  await assert.rejects(run, /no line is called \[nothing\]: there are bearer, /)
})
