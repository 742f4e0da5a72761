import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPairMemory } from '../../src/store/pair-memory.ts'
import { newPair } from './records.ts'

test('a pair is remembered from its second look-up on, one with a large ID token never', () => {
  const memory = createPairMemory(8)
  const small = newPair({ idToken: new Uint8Array(1000) })
  const large = newPair({ idToken: new Uint8Array(10_000) })
  for (const pair of [small, large]) {
    memory.add(pair)
    assert.equal(memory.get(pair.id), undefined)
    memory.add(pair)
  }
  assert.equal(memory.get(small.id), small)
  assert.equal(memory.get(large.id), undefined)
})

test('pairs of one moment are told apart, and pairs with the same random bits', () => {
  for (const buildId of [(number: number) => BigInt(number), (number: number) => BigInt(number) << 21n]) {
    const memory = createPairMemory(8192)
    const pairs = Array.from({ length: 1000 }, (_, number) => newPair({ id: buildId(number + 1) }))
    for (const pair of pairs) memory.add(pair)
    assert.equal(pairs.filter(({ id }) => memory.get(id) !== undefined).length, 0)
    for (const pair of pairs) memory.add(pair)
    const kept = pairs.filter(({ id }) => memory.get(id) !== undefined)
    assert.ok(kept.length > 900, String(kept.length))
  }
})
