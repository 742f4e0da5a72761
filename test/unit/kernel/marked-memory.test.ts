import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMarkedMemory } from '../../../src/kernel/marked-memory.ts'

/** @param mark is asked for at every use */
function openMemory(mark: () => number | undefined) {
  const asked: string[] = []
  const memory = createMarkedMemory<{ of: string; list: string[] }>({ most: 8, readMark: mark })
  const find = (key: string, during: () => void = () => undefined) =>
    memory.find(key, async () => {
      asked.push(key)
      await Promise.resolve()
      during()
      return key === 'nothing' ? undefined : { of: key, list: [] }
    })
  return { asked, find }
}

test('what was looked up twice is not looked up again while the mark stays', async () => {
  const { asked, find } = openMemory(() => 1)
  for (let time = 0; time < 5; time += 1) assert.equal((await find('a'))?.of, 'a')
  assert.deepEqual(asked, ['a', 'a'])
})

test('another mark makes everything doubtful, also one that came up during a look-up', async () => {
  let mark = 1
  const { asked, find } = openMemory(() => mark)
  await find('a')
  await find('a')
  mark = 2
  await find('a')
  assert.equal(asked.length, 3)

  const slow = find('b')
  await find('b')
  mark = 3
  await find('a')
  await slow
  const during = find('b', () => void (mark = 4))
  await during
  await find('b')
  await find('b')
  assert.equal(asked.filter((key) => key === 'b').length, 4)
})

test('a look-up that began under one mark is not kept under the next', async () => {
  let mark = 1
  const { asked, find } = openMemory(() => mark)
  await find('a')
  const old = find('a')
  mark = 2
  await find('other')
  await old
  await find('a')
  assert.equal(asked.filter((key) => key === 'a').length, 3)
})

test('a value holds from its second look-up on, until there is another mark', async () => {
  let mark = 1
  const memory = createMarkedMemory<{ of: string }>({ most: 8, readMark: () => mark })
  const find = async () => (await memory.find('a', async () => ({ of: 'a' }))) ?? assert.fail('it is there')
  assert.equal(memory.holds(await find()), false)
  const kept = await find()
  assert.equal(memory.holds(kept), true)
  assert.equal(memory.holds({ ...kept }), false)
  mark = 2
  assert.equal(memory.holds(kept), false)
  assert.equal(memory.holds(await find()), true)
})

test('without a mark nothing is remembered, and nothing is not remembered either', async () => {
  let mark: number | undefined
  const { asked, find } = openMemory(() => mark)
  for (let time = 0; time < 4; time += 1) await find('a')
  assert.equal(asked.length, 4)
  mark = 1
  for (let time = 0; time < 4; time += 1) assert.equal(await find('nothing'), undefined)
  assert.equal(asked.length, 8)
})

test('a large value is looked up each time', async () => {
  const memory = createMarkedMemory<{ text: string }>({ most: 8, readMark: () => 1 })
  let asked = 0
  const find = (length: number) =>
    memory.find(`${length}`, async () => {
      asked += 1
      return { text: 'a'.repeat(length) }
    })
  for (let time = 0; time < 4; time += 1) await find(1000)
  assert.equal(asked, 2)
  for (let time = 0; time < 4; time += 1) await find(10_000)
  assert.equal(asked, 6)
})

test('a memory of one value keeps that', async () => {
  const memory = createMarkedMemory<object>({ most: 1, readMark: () => 1 })
  let asked = 0
  for (let time = 0; time < 4; time += 1) await memory.find('all', async () => ({ asked: (asked += 1) }))
  assert.equal(asked, 2)
})

test('what has a long key is looked up each time', async () => {
  const memory = createMarkedMemory<object>({ most: 8, readMark: () => 1 })
  let asked = 0
  for (let time = 0; time < 3; time += 1) await memory.find('a'.repeat(10_000), async () => ({ asked: (asked += 1) }))
  assert.equal(asked, 3)
})

test('what is handed out again and again cannot be changed', async () => {
  const { find } = openMemory(() => 1)
  await find('a')
  const kept = (await find('a')) ?? assert.fail('it is there')
  assert.throws(() => kept.list.push('more'), TypeError)
  assert.equal(await find('a'), kept)
})
