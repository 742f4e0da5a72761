import assert from 'node:assert/strict'
import test from 'node:test'
import {
  checkRegularExpression,
  checkWildcard,
  matchesRegularExpression,
  matchesWildcard,
} from '../../../src/authz/pattern.ts'
import { assertLittleWork } from '../../support/work.ts'

const LONG = 'a'.repeat(65_536)

test('A-35: an expression that makes others backtrack answers on 64 kB within 100 ms', () => {
  for (const expression of ['(a+)+', '(a|aa)+', '(a*)*b', '([a-z]+)*x']) {
    assertLittleWork(100, () => assert.equal(matchesRegularExpression(expression, `${LONG}!`), false))
  }
})

test('A-35: a wildcard with many asterisks answers on 64 kB within 100 ms', () => {
  const pattern = `${'*a'.repeat(30)}b`
  assertLittleWork(100, () => assert.equal(matchesWildcard(pattern, LONG), false))
})

test('A-34: patterns that are too long, too complex or too deep are refused within 50 ms', () => {
  const tooLong = { reason: 'argument_illegal', message: /longer than 1024/ }
  const unusable = {
    reason: 'argument_illegal',
    message: /too complex|invalid repeat count|too deeply|missing closing/,
  }
  assertLittleWork(50, () => {
    assert.throws(() => checkRegularExpression('a'.repeat(1025)), tooLong)
    assert.throws(() => checkWildcard(`${'a'.repeat(1024)}*`), tooLong)
    assert.throws(() => checkRegularExpression('(a{1,20}){1,30}x'), unusable)
    assert.throws(() => checkRegularExpression('((a{1,10}){1,10}b){1,50}'), unusable)
    assert.throws(() => checkRegularExpression('('.repeat(512) + 'a{900}'.repeat(4)), unusable)
    assert.throws(() => checkRegularExpression('a{900}b{900}c{900}'), unusable)
  })
})

test('an escaped operator of Lucene is the plain character', () => {
  for (const character of '@&~#<>"') {
    checkRegularExpression(`a\\${character}b`)
    assert.equal(matchesRegularExpression(`a\\${character}b`, `a${character}b`), true)
    assert.throws(() => checkRegularExpression(`a${character}b`), {
      reason: 'argument_illegal',
      message: `the pattern [a${character}b] cannot be used: escape the [${character}] as [\\${character}]`,
    })
  }
})

test('a wildcard takes every character but its own three literally', () => {
  const text = String.raw`^$.|()[]{}+/#&@~"<>!-`
  assert.equal(matchesWildcard(`${text}*`, `${text}x`), true)
  assert.equal(matchesWildcard(String.raw`\*\?\\*`, String.raw`*?\x`), true)
  assert.equal(matchesWildcard(String.raw`a*\\`, String.raw`ab\\`.slice(0, 3)), true)
  assert.equal(matchesWildcard('a*b?', 'a\n\u{1F600}b\n'), true)
})
