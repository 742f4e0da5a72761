import assert from 'node:assert/strict'
import test from 'node:test'
import { checkParameters, checkRefresh, readQuery } from '../../../src/rest/query.ts'

test('parameters are decoded as a form', () => {
  const { values, problem } = readQuery('a=b+c%2Bd&e=&f&&g=h=i')
  assert.equal(problem, undefined)
  assert.deepEqual(
    [...values],
    [
      ['a', 'b c+d'],
      ['e', ''],
      ['f', ''],
      ['g', 'h=i'],
    ],
  )
})

test('A-39: a parameter that occurs twice is a problem, in any spelling; another letter case is another name', () => {
  assert.equal(readQuery('pretty&pretty=false').problem, 'parameter [pretty] occurs more than once')
  assert.equal(readQuery('%70retty&pretty').problem, 'parameter [pretty] occurs more than once')
  assert.equal(readQuery('pretty&PRETTY').problem, undefined)
})

test('broken escapes, flags that are none and formats that are not served are problems', () => {
  assert.match(readQuery('a=%zz').problem ?? '', /escape sequence/)
  assert.match(readQuery('a=%C3').problem ?? '', /escape sequence/)
  assert.equal(readQuery('human=maybe').problem, 'Failed to parse value [maybe] as only [true] or [false] are allowed.')
  assert.equal(readQuery('format=yaml').problem, 'response format [yaml] is not supported')
  assert.equal(readQuery('format=json').problem, undefined)
})

test('a flag is set by its name alone or by true', () => {
  for (const query of ['pretty', 'pretty=', 'pretty=true']) assert.equal(readQuery(query).pretty, true)
  for (const query of ['', 'pretty=false']) assert.equal(readQuery(query).pretty, false)
})

test('unknown parameters are named in order, with those that may be meant', () => {
  const check = (query: string) => () => checkParameters(readQuery(query), '/_x', ['refresh'])
  const refusal = (message: string) => ({ reason: 'argument_illegal', message })
  assert.throws(check('foo=1'), refusal('request [/_x] contains unrecognized parameter: [foo]'))
  assert.throws(
    check('refres&prety&foo'),
    refusal(
      'request [/_x] contains unrecognized parameters: ' +
        '[foo], [prety] -> did you mean [pretty]?, [refres] -> did you mean [refresh]?',
    ),
  )
  assert.doesNotThrow(check('refresh=true&pretty&human&format=json&filter_path=a&error_trace'))
})

test('refresh takes the values of Elasticsearch only', () => {
  for (const query of ['', 'refresh', 'refresh=true', 'refresh=false', 'refresh=wait_for'])
    checkRefresh(readQuery(query))
  assert.throws(() => checkRefresh(readQuery('refresh=soon')), {
    reason: 'argument_illegal',
    message: 'Unknown value for refresh: [soon].',
  })
})
