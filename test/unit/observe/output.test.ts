import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const OUTPUT = new URL('../../../src/observe/output.ts', import.meta.url).href

test('the lines of a turn are printed together, in their order', () => {
  const { status, stdout } = run(`
    const write = process.stdout.write.bind(process.stdout)
    process.stdout.write = (text) => write('[' + text + ']')
    printLine('one ')
    queueMicrotask(() => printLine('two'))
    setTimeout(() => printLine('three'), 20)`)
  assert.deepEqual({ status, stdout }, { status: 0, stdout: '[one two][three]' })
})

for (const [ending, code, status] of [
  ['process.exit', 'process.exit(3)', 3],
  ['a failure that nobody catches', "throw new Error('intended')", 1],
] as const) {
  test(`the last lines are printed when the process ends by ${ending}`, () => {
    const ended = run(`printLine('one '); printLine('two'); ${code}`)
    assert.deepEqual([ended.status, ended.stdout], [status, 'one two'])
  })
}

function run(code: string) {
  const script = `import { printLine } from '${OUTPUT}'; ${code}`
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
}
