import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WriteCall } from '../../src/store/embedded/messages.ts'
import { packCalls, unpackCalls } from '../../src/store/embedded/packing.ts'

const bytes = (...values: number[]) => new Uint8Array(values)

const CALLS: readonly WriteCall[] = [
  ['createTokenPair', [1, [7n, bytes(1, 2, 3), 'text', null, bytes()], [bytes(4), 5]]],
  ['invalidateTokens', [1, []]],
  ['createSession', [1, ['id', bytes(5, 6)], undefined, { most: 3 }]],
]

test('writes are the same after their way to another thread', () => {
  assert.deepEqual(unpackCalls(structuredClone(packCalls(CALLS))), CALLS)
  assert.deepEqual(unpackCalls(packCalls([])), [])
})

test('what travels of a part of a larger buffer is that part', () => {
  const secret = Buffer.from('the secret of somebody else')
  const packed = packCalls([['destroyArtefact', [1, secret.subarray(4, 6)]]])
  assert.equal(packed.block.bytes.buffer.byteLength, 2)
  assert.deepEqual(unpackCalls(packed), [['destroyArtefact', [1, bytes(115, 101)]]])
})
