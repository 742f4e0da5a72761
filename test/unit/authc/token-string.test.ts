import assert from 'node:assert/strict'
import test from 'node:test'
import { formatToken, readToken } from '../../../src/authc/token-string.ts'
import vectors from '../../vectors/token-strings.json' with { type: 'json' }

const SECRET = new Uint8Array(32).fill(7)

for (const { name, text, is } of vectors.cases) {
  test(`${name} is ${is}`, () => {
    const read = readToken(text)
    assert.equal(typeof read === 'object' ? 'ours' : (read ?? 'undecodable'), is)
  })
}

test('a token is read back as its id and secret', () => {
  for (const id of [0n, 5n, 2n ** 63n - 1n]) {
    const read = readToken(formatToken(id, SECRET))
    assert.ok(typeof read === 'object')
    assert.equal(read.id, id)
    assert.deepEqual(new Uint8Array(read.secret), SECRET)
  }
})

test('a token has 56 characters of standard base64, without padding', () => {
  assert.match(formatToken(1n, SECRET), /^[A-Za-z0-9+/]{56}$/)
})

test('a text longer than any token is not looked at', () => {
  // The same form, with a payload of 3,333 bytes.
  const long = Buffer.concat([Buffer.from([1, 0x85, 0x1a]), Buffer.alloc(3333)]).toString('base64')
  assert.equal(readToken(long), undefined)
})

test('a secret of another length makes no token', () => {
  assert.throws(() => formatToken(1n, new Uint8Array(31)), TypeError)
})
