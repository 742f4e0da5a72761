import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Connection } from '../../src/store/postgres/connection.ts'
import { createGathering, type Outcome } from '../../src/store/postgres/gathering.ts'
import type { Line } from '../../src/store/postgres/line.ts'

const CONNECTION: Connection = {
  run: async () => [],
  exec: async () => undefined,
  ended: new Promise(() => undefined),
  close: async () => undefined,
  unref: () => undefined,
  destroy: () => undefined,
}

/** A gathering over lines that answer when they are told to. */
function gather(lines: number) {
  const groups: { requests: readonly number[]; answer: () => void }[] = []
  const gathering = createGathering<number>({
    lines: Array.from({ length: lines }, (): Line => ({
      connection: CONNECTION,
      failure: undefined,
      close: async () => undefined,
    })),
    most: 100,
    timeoutMs: 30_000,
    runGroup: (_, requests) =>
      new Promise((resolve) => {
        const outcomes = requests.map((request): Outcome => ({ result: -request }))
        groups.push({ requests, answer: () => resolve(outcomes) })
      }),
  })
  const ask = (from: number, count: number) =>
    Array.from({ length: count }, async (_, index) =>
      assert.equal(await gathering.add(from + index), -from - index, 'each gets its own answer'),
    )
  return { groups, ask, sizes: () => groups.map(({ requests }) => requests.length) }
}

test('what is asked in one turn, and what is asked while a group is under way, travels as one group', async () => {
  const { groups, ask, sizes } = gather(1)
  const first = ask(1, 3)
  await setImmediate()
  assert.deepEqual(sizes(), [3])
  const later = []
  for (let turn = 0; turn < 5; turn += 1) {
    later.push(...ask(10 * turn, 2))
    await setImmediate()
  }
  assert.deepEqual(sizes(), [3])
  groups[0]?.answer()
  await Promise.all(first)
  assert.deepEqual(sizes(), [3, 10])
  groups[1]?.answer()
  await Promise.all(later)
})

test('a group that is worth it does not wait for a busy line', async () => {
  const { groups, ask, sizes } = gather(3)
  const first = ask(1, 1)
  await setImmediate()
  const second = ask(100, 64)
  await setImmediate()
  assert.deepEqual(sizes(), [1, 64])
  for (const { answer } of groups) answer()
  await Promise.all([...first, ...second])
})

test('one slow group holds up nobody: who has waited for a moment takes another line', async () => {
  const { groups, ask, sizes } = gather(2)
  const slow = ask(1, 1)
  await setImmediate()
  const quick = ask(2, 2)
  while (groups.length < 2) await setTimeout(1)
  assert.deepEqual(sizes(), [1, 2])
  groups[1]?.answer()
  await Promise.all(quick)
  groups[0]?.answer()
  await Promise.all(slow)
})

test('a group has a largest size; the rest goes with the next', async () => {
  const { groups, ask, sizes } = gather(1)
  const all = ask(1, 250)
  for (const [round, size] of [100, 100, 50].entries()) {
    await setImmediate()
    assert.equal(sizes()[round], size)
    groups[round]?.answer()
  }
  await Promise.all(all)
})
