import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathOf, queryOf, readParameters } from '../../../src/provider/parameters.ts'

const read = (...sources: string[]) =>
  readParameters(['state', 'hint'], ...sources.map((text) => new URLSearchParams(text)))

test('known parameters are read from all sources, others and empty ones are left aside', () => {
  assert.deepEqual(read('state=a&x=1&x=2', 'hint=b'), { state: 'a', hint: 'b' })
  assert.deepEqual(read('state=&hint=b'), { hint: 'b' })
  assert.deepEqual(read('state[]=a&STATE=b&State=c&__proto__=d'), {})
})

test('a known parameter twice is refused, in one source or two, empty or not', () => {
  for (const sources of [['state=a&state=a'], ['state=a', 'state=b'], ['state=', 'state=b']]) {
    assert.throws(() => read(...sources), { reason: 'argument_illegal', message: /parameter state/ })
  }
})

test('path and query of a request target', () => {
  assert.equal(pathOf('/a/b?c=d?e'), '/a/b')
  assert.equal(pathOf('/a'), '/a')
  assert.equal(queryOf('/a?c=d?e').get('c'), 'd?e')
  assert.equal([...queryOf('/a')].length, 0)
})
