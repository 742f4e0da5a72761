import assert from 'node:assert/strict'
import test from 'node:test'
import {
  equalDistinguishedNames,
  formatDistinguishedName,
  isDescendant,
  readDistinguishedName,
} from '../../../src/authz/distinguished-name.ts'
import { readVectors } from '../../support/vectors.ts'

const vectors = readVectors('distinguished-names.json') as { normalised: { text: string; normalised: string | null }[] }

for (const { text, normalised } of vectors.normalised) {
  test(`[${text}] is ${normalised === null ? 'no distinguished name' : `[${normalised}]`}`, () => {
    const name = readDistinguishedName(text)
    assert.equal(name === undefined ? null : formatDistinguishedName(name), normalised)
  })
}

test('a normalised name is its own normalised name', () => {
  for (const { normalised } of vectors.normalised) {
    if (normalised === null) continue
    const name = readDistinguishedName(normalised)
    assert.ok(name, normalised)
    assert.equal(formatDistinguishedName(name), normalised)
  }
})

test('names are equal whatever the order in which one part lists its attributes', () => {
  const [a, b] = ['cn=a+ou=b,o=c', 'OU=B + CN=A, O=C'].map((text) => readDistinguishedName(text) ?? [])
  assert.ok(equalDistinguishedNames(a ?? [], b ?? []))
})

test('a name is below its ancestors only, and not below itself', () => {
  const read = (text: string) => readDistinguishedName(text) ?? []
  assert.equal(isDescendant(read('cn=a,ou=b,o=c'), read('ou=b,o=c')), true)
  assert.equal(isDescendant(read('cn=a,ou=b,o=c'), read('o=c')), true)
  assert.equal(isDescendant(read('ou=b,o=c'), read('ou=b,o=c')), false)
  assert.equal(isDescendant(read('o=c'), read('ou=b,o=c')), false)
  assert.equal(isDescendant(read('cn=a,ou=x,o=c'), read('ou=b,o=c')), false)
})

test('a name longer than any directory writes is none', () => {
  assert.equal(readDistinguishedName(`cn=${'a'.repeat(9000)}`), undefined)
})
