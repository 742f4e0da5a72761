import assert from 'node:assert/strict'
import test from 'node:test'
import { createConnectionSlots } from '../../../src/net/connection-slots.ts'

test('a call waits for its turn at its origin, and no other origin waits with it', async () => {
  const slots = createConnectionSlots({ total: 10, perOrigin: 1, wait: 1000 })
  const release = await slots.take('a')
  const order: string[] = []
  const second = slots.take('a').then((done) => (order.push('second'), done))
  const third = slots.take('a').then((done) => (order.push('third'), done))
  ;(await slots.take('b'))()
  assert.deepEqual(order, [])
  release()
  ;(await second)()
  ;(await third)()
  assert.deepEqual(order, ['second', 'third'])
})

test('the total holds for all origins together', async () => {
  const slots = createConnectionSlots({ total: 1, perOrigin: 10, wait: 1000 })
  const release = await slots.take('a')
  const waiting = slots.take('b')
  release()
  ;(await waiting)()
})

test('a call that waited too long is told so, and takes no slot later', async () => {
  const slots = createConnectionSlots({ total: 1, perOrigin: 1, wait: 20 })
  const release = await slots.take('a')
  await assert.rejects(slots.take('a'), { message: 'no connection to a was free within 20 ms' })
  release()
  ;(await slots.take('a'))()
})
