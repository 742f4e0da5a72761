import assert from 'node:assert/strict'
import test from 'node:test'
import {
  checkRegularExpression,
  checkWildcard,
  matchesRegularExpression,
  matchesWildcard,
} from '../../../src/authz/pattern.ts'

const LONG = 'a'.repeat(65_536)

test('A-35: an expression that makes others backtrack answers on 64 kB within 100 ms', () => {
  for (const expression of ['(a+)+', '(a|aa)+', '(a*)*b', '([a-z]+)*x']) {
    matchesRegularExpression(expression, 'warm')
    const start = performance.now()
    assert.equal(matchesRegularExpression(expression, `${LONG}!`), false)
    assert.ok(performance.now() - start < 100, expression)
  }
})

test('A-35: a wildcard with many asterisks answers on 64 kB within 100 ms', () => {
  const pattern = `${'*a'.repeat(30)}b`
  matchesWildcard(pattern, 'warm')
  const start = performance.now()
  assert.equal(matchesWildcard(pattern, LONG), false)
  assert.ok(performance.now() - start < 100)
})

test('A-34: patterns that are too long, too complex or too deep are refused within 50 ms', () => {
  const start = performance.now()
  assert.throws(() => checkRegularExpression('a'.repeat(1025)), {
    reason: 'argument_illegal',
    message: /longer than 1024/,
  })
  assert.throws(() => checkWildcard(`${'a'.repeat(1024)}*`), {
    reason: 'argument_illegal',
    message: /longer than 1024/,
  })
  assert.throws(() => checkRegularExpression('(a{1,30}){1,30}{1,30}'), { reason: 'argument_illegal' })
  assert.throws(() => checkRegularExpression('((a{1,10}){1,10}b){1,50}'), { reason: 'argument_illegal' })
  assert.throws(() => checkRegularExpression('('.repeat(512) + 'a{900}'.repeat(4)), { reason: 'argument_illegal' })
  assert.ok(performance.now() - start < 50)
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
