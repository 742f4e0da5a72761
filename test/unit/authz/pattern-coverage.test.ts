import assert from 'node:assert/strict'
import test from 'node:test'
import { coversPattern, everyName } from '../../../src/authz/pattern-coverage.ts'
import vectors from '../../vectors/pattern-coverage.json' with { type: 'json' }

for (const { name, pattern, by, covered } of vectors) {
  test(`${name}: ${pattern} by ${by.join(' ')} is ${covered ? '' : 'not '}covered`, () => {
    assert.equal(coversPattern(by, pattern), covered)
  })
}

test('comparisons may share a budget: when it is used up nothing is covered any more', () => {
  const budget = { steps: 500 }
  assert.equal(coversPattern(['*?b*'], 'a*bb', budget), true)
  while (budget.steps >= 0) coversPattern(['*?b*'], 'a*bb', budget)
  assert.equal(coversPattern(['*?b*'], 'a*bb', budget), false)
  assert.equal(coversPattern(['a*'], 'ab*', budget), true, 'beginnings of names cost none of it')
})

test('what must be true of every name can depend on several sets', () => {
  const inFirstOnly = ([first = false, second = false]: readonly boolean[]) => first && !second
  assert.equal(everyName('a*', [['*'], ['b*']], inFirstOnly), true)
  assert.equal(everyName('*', [['*'], ['b*']], inFirstOnly), false)
  assert.equal(everyName('b1', [['*'], ['b*']], inFirstOnly), false)
})

test('a comparison that would take too many steps counts as not covered', () => {
  const pattern = '*a?????????????????????????'
  assert.equal(coversPattern(['x*', pattern.replace('a', '?')], pattern), false)
  assert.equal(
    coversPattern(
      Array.from({ length: 2000 }, (_value, index) => `name-${index}-*`),
      'a*',
    ),
    false,
  )
})
