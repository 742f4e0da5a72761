import assert from 'node:assert/strict'
import test from 'node:test'
import { readJwt } from '../../../src/oidc/jwt.ts'
import { assertLittleWork } from '../../support/work.ts'

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const HEADER = part({ alg: 'RS256' })

test('a signed token is read without being believed', () => {
  const jwt = readJwt(`${HEADER}.${part({ sub: 'a' })}.c2ln`)
  assert.equal(jwt?.form, 'signed')
  assert.equal(jwt?.algorithm, 'RS256')
  assert.deepEqual(jwt?.claims, { sub: 'a' })
})

const refused = {
  'no parts': 'abc',
  'two parts': `${HEADER}.e30`,
  'four parts': `${HEADER}.e30.c2ln.c2ln`,
  'five parts without enc (A-17)': `${HEADER}.YQ.YQ.YQ.YQ`,
  'an empty signature (A-16)': `${HEADER}.e30.`,
  'no algorithm (A-16)': `${part({})}.e30.c2ln`,
  'an algorithm that is no text': `${part({ alg: 1 })}.e30.c2ln`,
  'a signature although it says none (A-16)': `${part({ alg: 'none' })}.e30.c2ln`,
  'a header that is a list': `${part(['RS256'])}.e30.c2ln`,
  'a header that is no JSON': `YWJj.e30.c2ln`,
  padding: `${HEADER}.e30=.c2ln`,
  'letters of plain base64': `${HEADER}.e30.c2+/`,
  'stray bits in the last letter (A-21)': `${HEADER}.e30.c2n`,
  'bytes that are no UTF-8': `${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.e30.c2ln`,
  'a header 10000 deep (A-34)': `${Buffer.from(`{"alg":"RS256","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`).toString('base64url')}.e30.c2ln`,
  'a length of 1 MB (A-34)': `${HEADER}.${'e30'.repeat(350_000)}.c2ln`,
}

for (const [name, text] of Object.entries(refused))
  test(`a text with ${name} is no JWT`, () => {
    assertLittleWork(50, () => assert.equal(readJwt(text), undefined))
  })

test('a payload that is no object has no claims', () => {
  for (const payload of ['W10', 'YWJj', '']) {
    const jwt = readJwt(`${HEADER}.${payload}.c2ln`)
    assert.ok(jwt)
    assert.equal(jwt.claims, undefined)
  }
})
