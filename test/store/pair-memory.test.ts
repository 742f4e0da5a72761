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
