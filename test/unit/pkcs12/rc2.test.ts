import assert from 'node:assert/strict'
import test from 'node:test'
import { decryptBlock, decryptRc2, expandKey } from '../../../src/pkcs12/rc2.ts'

/** RFC 2268 §5: key, bits of it that count, plain text, cipher text. */
const VECTORS = [
  ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
  ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
  ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
  ['88', 64, '0000000000000000', '61a8a244adacccf0'],
  ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
  ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
  ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
] as const

for (const [key, bits, plain, encrypted] of VECTORS) {
  test(`RFC 2268 §5: a block decrypts with ${bits} bits of the key ${key}`, () => {
    const schedule = expandKey(Buffer.from(key, 'hex'), bits)
    assert.equal(decryptBlock(schedule, Buffer.from(encrypted, 'hex')).toString('hex'), plain)
  })
}

test('a text that is not whole blocks, or ends otherwise than padding does, is refused', () => {
  const key = Buffer.alloc(5)
  const iv = Buffer.alloc(8)
  assert.throws(() => decryptRc2(key, iv, Buffer.alloc(0)), /incomplete blocks/)
  assert.throws(() => decryptRc2(key, iv, Buffer.alloc(9)), /incomplete blocks/)
  assert.throws(() => decryptRc2(key, iv, Buffer.alloc(16)), /wrong padding/)
})
