import assert from 'node:assert/strict'
import { test } from 'node:test'
import { currentTurn, endOfTurn } from '../../../src/kernel/turn.ts'

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

test('a turn has a number of its own for as long as its arrivals go on, and nothing else happens meanwhile', async () => {
  // The test before this one ended while its own arrivals went on.
  await new Promise((resolve) => setTimeout(resolve, 1))
  const seen: (number | undefined)[] = []
  const walk = async () => {
    await endOfTurn()
    seen.push(currentTurn())
    for (let step = 0; step < 5; step += 1) await Promise.resolve()
    seen.push(currentTurn())
    await new Promise((resolve) => process.nextTick(resolve))
    seen.push(currentTurn())
  }
  const others: (number | undefined)[] = []
  setImmediate(() => others.push(currentTurn()))
  const walks = [walk(), walk()]
  setImmediate(() => others.push(currentTurn()))
  assert.equal(currentTurn(), undefined)
  await Promise.all(walks)
  const [first] = seen
  assert.ok(first !== undefined)
  assert.deepEqual(
    seen,
    Array.from({ length: 6 }, () => first),
  )

  await new Promise((resolve) => setTimeout(resolve, 1))
  assert.equal(currentTurn(), undefined)
  assert.deepEqual(others, [undefined, undefined])
  await endOfTurn()
  assert.equal(currentTurn(), first + 1)
})
