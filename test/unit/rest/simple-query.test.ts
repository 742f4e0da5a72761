import assert from 'node:assert/strict'
import test from 'node:test'
import { readSimpleQuery, SIMPLE_QUERY_FLAGS, type SimpleQuery } from '../../../src/rest/simple-query.ts'
import { assertLittleWork } from '../../support/work.ts'

const ALL = new Set(SIMPLE_QUERY_FLAGS)

/** What was understood, in parentheses. */
function show(query: SimpleQuery | undefined): string {
  if (query === undefined) return ''
  if (query.type === 'not') return `-${show(query.part)}`
  if ('parts' in query) {
    return `(${query.parts.map((part) => show(part)).join(query.type === 'and' ? ' + ' : ' | ')})`
  }
  if (query.type === 'phrase') return `"${query.text}"${query.slop === 0 ? '' : `~${query.slop}`}`
  if (query.type === 'fuzzy') return `${query.text}~${query.edits}`
  return query.type === 'prefix' ? `${query.text}*` : query.text
}

const CASES: [text: string, understood: string][] = [
  ['', ''],
  ['a', 'a'],
  ['a b', '(a | b)'],
  ['a + b', '(a + b)'],
  ['a + b | c', '((a + b) | c)'],
  ['a | b + c + d', '((a | b) + c + d)'],
  ['a -b', '(a | -b)'],
  ['--a', 'a'],
  ['- a', 'a'],
  ['a-b', 'a-b'],
  ['a + (b | c)', '(a + (b | c))'],
  ['-(a b)', '-(a | b)'],
  ['(a', 'a'],
  ['a)', 'a'],
  ['()a', 'a'],
  ['((a) (b', '(a | b)'],
  ['"a b"', '"a b"'],
  ['"a b"~3 c', '("a b"~3 | c)'],
  ['"a b', '(a | b)'],
  ['""a', 'a'],
  ['ab*', 'ab*'],
  ['a*b', 'a*b'],
  ['a~', 'a~2'],
  ['a~1', 'a~1'],
  ['a~9', 'a~2'],
  ['a~0', 'a'],
  ['a~x', 'a'],
  [String.raw`a\*`, 'a*'],
  [String.raw`\(a\+b\)`, '(a+b)'],
  [String.raw`"a \" b"`, '"a " b"'],
  ['+|', ''],
  ['a"b"', '(a | "b")'],
]

for (const [text, understood] of CASES) {
  test(`[${text}] is understood as [${understood}]`, () => {
    assert.equal(show(readSimpleQuery(text, 'or', ALL)), understood)
  })
}

test('an escaped star is a letter', () => {
  assert.equal(readSimpleQuery(String.raw`a\*`, 'or', ALL)?.type, 'word')
  assert.equal(readSimpleQuery('a*', 'or', ALL)?.type, 'prefix')
})

test('words are joined as the default says, and operators that are switched off are letters', () => {
  assert.equal(show(readSimpleQuery('a b | c', 'and', ALL)), '((a + b) | c)')
  assert.equal(show(readSimpleQuery('a+b -c* "d', 'or', new Set(['WHITESPACE']))), '(a+b | -c* | "d)')
  assert.equal(show(readSimpleQuery('a + b', 'or', new Set())), 'a + b')
})

test('A-34: a text of nothing but operators costs little', () => {
  for (const text of [
    '('.repeat(10_000),
    '"'.repeat(9999),
    '(-'.repeat(5000),
    `${'('.repeat(5000)}${')'.repeat(5000)}`,
  ]) {
    assertLittleWork(200, () => void readSimpleQuery(text, 'or', ALL))
  }
})
