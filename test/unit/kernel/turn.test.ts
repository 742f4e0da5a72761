import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endOfTurn } from '../../../src/kernel/turn.ts'

test('what arrives in one turn goes on side by side, step by step, in the order of its arrival', async () => {
  const steps: string[] = []
  const walk = async (name: string) => {
    steps.push(`${name} arrives`)
    await endOfTurn()
    steps.push(`${name} goes on`)
    await Promise.resolve()
    steps.push(`${name} ends`)
  }
  const first = walk('a')
  await Promise.resolve()
  await Promise.all([first, walk('b')])
  assert.deepEqual(steps, ['a arrives', 'b arrives', 'a goes on', 'b goes on', 'a ends', 'b ends'])
})

test('what arrives while others go on waits for the end of the next turn', async () => {
  const steps: string[] = []
  const walk = async (name: string, turns: number) => {
    for (let turn = 0; turn < turns; turn++) await endOfTurn()
    steps.push(name)
  }
  await Promise.all([walk('again', 2), walk('once', 1)])
  assert.deepEqual(steps, ['once', 'again'])
})
