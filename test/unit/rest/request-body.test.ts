import assert from 'node:assert/strict'
import test from 'node:test'
import { ApiError } from '../../../src/rest/api-error.ts'
import { parseJson, readObject, readStrings } from '../../../src/rest/request-body.ts'
import { assertLittleWork } from '../../support/work.ts'

const MALFORMED: readonly { name: string; text: string; type: string; says: RegExp }[] = [
  { name: 'a text that ends too early', text: '{"a":', type: 'x_content_e_o_f_exception', says: /ends too early/ },
  { name: 'an open string', text: '{"a":"b', type: 'x_content_e_o_f_exception', says: /ends too early/ },
  { name: 'an open array', text: '[[1,2]', type: 'x_content_e_o_f_exception', says: /ends too early/ },
  { name: 'a stray word', text: '{"a":\n  oops}', type: 'x_content_parse_exception', says: /is not valid JSON$/ },
  { name: 'a second value', text: '{} {}', type: 'x_content_parse_exception', says: /^\[1:4\] / },
  {
    name: 'a key twice',
    text: '{"a":1,"b":{"a":1},"a":2}',
    type: 'x_content_parse_exception',
    says: /^\[1:20\] Duplicate field 'a'$/,
  },
  {
    name: 'a key twice in another spelling',
    text: '{"ab":1,"\\u0061b":2}',
    type: 'x_content_parse_exception',
    says: /Duplicate field 'ab'$/,
  },
  {
    name: 'a key twice in an object inside an array',
    text: '[{"a":1},{"a":1,"a":2}]',
    type: 'x_content_parse_exception',
    says: /Duplicate field 'a'$/,
  },
  {
    name: '65 levels',
    text: `${'['.repeat(65)}${']'.repeat(65)}`,
    type: 'x_content_parse_exception',
    says: /nested deeper/,
  },
]

for (const { name, text, type, says } of MALFORMED) {
  test(`${name} is refused as ${type}`, () => {
    assert.throws(
      () => parseJson(text),
      (error: unknown) => {
        assert.ok(error instanceof ApiError && error.cause instanceof ApiError)
        assert.equal(error.status, 400)
        assert.equal(error.type, type)
        assert.match(error.message, says)
        assert.equal(
          error.cause.type,
          type === 'x_content_parse_exception' ? 'json_parse_exception' : 'json_e_o_f_exception',
        )
        return true
      },
    )
  })
}

test('a malformed body is never quoted: it may hold a password', () => {
  assert.throws(
    () => parseJson('{"password": hunter2}'),
    (error: unknown) => !String(error instanceof Error ? error.message : error).includes('hunter2'),
  )
})

test('A-34: 10,000 levels and a megabyte of one string are judged within 50 ms', () => {
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
  const long = JSON.stringify({ a: '{"\\'.repeat(250_000) })
  assertLittleWork(50, () => assert.throws(() => parseJson(deep), /nested deeper than 64 levels/))
  assertLittleWork(50, () => parseJson(long))
})

test('well-formed texts are read as they are: keys in strings, escapes and the same key at two places', () => {
  const text = '{"a":"x\\":\\\\","b":[{"a":1},{"a":null}],"c":{"a":"{\\"a\\":1}"},"":0}'
  assert.deepEqual(parseJson(text), JSON.parse(text))
  assert.equal(parseJson('"text"'), 'text')
})

test('a field by the name of an inherited one is unknown like any other', () => {
  const body = parseJson('{"__proto__":"x"}')
  assert.throws(() => readObject('token_request', body, ['scope']), {
    reason: 'field_unparsable',
    message: '[token_request] unknown field [__proto__]',
  })
})

test('an unknown field is named together with what it may be meant to be', () => {
  const read = (field: string) =>
    readStrings('oidc_authn', { [field]: 'x' }, ['redirect_uri', 'state', 'nonce', 'stale'])
  const unknown = (rest: string) => ({ reason: 'field_unparsable', message: `[oidc_authn] unknown field ${rest}` })
  assert.throws(() => read('redirect_url'), unknown('[redirect_url] did you mean [redirect_uri]?'))
  assert.throws(() => read('stade'), unknown('[stade] did you mean any of [stale, state]?'))
  assert.throws(() => read('access_token'), unknown('[access_token]'))
})

test('a body that is no object, and a value that is no string, are named by their type', () => {
  const refusal = (message: string) => ({ reason: 'field_unparsable', message })
  assert.throws(() => readStrings('p', [1], ['a']), refusal('[p] Expected START_OBJECT but was: START_ARRAY'))
  assert.throws(() => readStrings('p', null, ['a']), refusal('[p] Expected START_OBJECT but was: VALUE_NULL'))
  const wrong = { VALUE_NULL: null, VALUE_NUMBER: 1, VALUE_BOOLEAN: true, START_ARRAY: [], START_OBJECT: {} }
  for (const [type, value] of Object.entries(wrong)) {
    assert.throws(() => readStrings('p', { a: value }, ['a']), refusal(`[p] a doesn't support values of type: ${type}`))
  }
})

test('null stands for absence only where it may', () => {
  assert.deepEqual(readStrings('p', { a: null, b: '' }, ['a', 'b'], ['a']), { b: '' })
})
