import assert from 'node:assert/strict'
import test from 'node:test'
import { generateRoles, readRoleTemplate } from '../../../src/authz/role-template.ts'
import type { Json } from '../../../src/kernel/json.ts'
import { assertLittleWork } from '../../support/work.ts'

const USER = new Map<string, Json>([
  ['username', 'a"b'],
  ['groups', ['g1', 'g"2']],
  ['metadata.team', 'blue'],
  ['metadata.list', [{ name: 'x' }, { name: 'y' }]],
  ['metadata.none', null],
  ['realm.name', 'oidc1'],
])

const TEXTS: { source: string; text: string; params?: { [key: string]: Json } }[] = [
  { source: 'plain', text: 'plain' },
  { source: 'u_{{realm.name}}_{{metadata.team}}', text: 'u_oidc1_blue' },
  { source: '{{username}}', text: String.raw`a\"b` },
  { source: '{{{username}}}', text: 'a"b' },
  { source: '{{&username}}', text: 'a"b' },
  { source: '[{{metadata.absent}}{{metadata.none}}]', text: '[]' },
  { source: '{{#tojson}}groups{{/tojson}}', text: String.raw`["g1","g\"2"]` },
  { source: '{{#toJson}}username{{/toJson}}', text: String.raw`"a\"b"` },
  { source: '{{#join}}groups{{/join}}', text: String.raw`g1,g\"2` },
  { source: "{{#join delimiter='; '}}groups{{/join delimiter='; '}}", text: String.raw`g1; g\"2` },
  { source: '{{#groups}}<{{.}}>{{/groups}}', text: String.raw`<g1><g\"2>` },
  { source: '{{#metadata.list}}{{name}}{{realm.name}} {{/metadata.list}}', text: 'xoidc1 yoidc1 ' },
  { source: '{{^metadata.none}}nothing{{/metadata.none}}', text: 'nothing' },
  { source: '{{! a remark }}x', text: 'x' },
  { source: '{{=<% %>=}}<% realm.name %>', text: 'oidc1' },
  { source: '{{prefix}}{{username}}', params: { prefix: 'p_', username: 'root' }, text: String.raw`p_a\"b` },
  { source: '{{constructor}}{{__proto__}}{{toString}}', text: '' },
]

for (const { source, text, params } of TEXTS) {
  test(`${source} is [${text}]`, () => {
    const template = readRoleTemplate({ template: params === undefined ? { source } : { source, params } })
    assert.deepEqual(generateRoles(template, USER), [text])
  })
}

test('with the format json a template makes a list of roles, or one', () => {
  const generate = (source: string) => generateRoles(readRoleTemplate({ template: { source }, format: 'json' }), USER)
  assert.deepEqual(generate('{{#tojson}}groups{{/tojson}}'), ['g1', 'g"2'])
  assert.deepEqual(generate('["a", null, "{{username}}"]'), ['a', 'a"b'])
  assert.deepEqual(generate('"one"'), ['one'])
  assert.throws(() => generate('["a", 1]'), {
    reason: 'argument_illegal',
    message: 'Roles array may only contain strings but found [VALUE_NUMBER]',
  })
  assert.throws(() => generate('{}'), {
    reason: 'argument_illegal',
    message: 'Roles template must generate a string or an array of strings, but found [START_OBJECT]',
  })
  assert.throws(() => generate('nothing'), { reason: 'argument_illegal', message: /does not make valid JSON/ })
})

test('a name with quotes cannot add a role to a list', () => {
  const user = new Map<string, Json>([['username', 'x","superuser']])
  const template = readRoleTemplate({ template: { source: '["{{username}}"]' }, format: 'json' })
  assert.deepEqual(generateRoles(template, user), ['x","superuser'])
})

test('a template is kept and shown as text of JSON', () => {
  assert.deepEqual(readRoleTemplate({ template: { source: 'x', lang: 'mustache' } }), {
    template: '{"source":"x","lang":"mustache"}',
    format: 'string',
  })
  assert.equal(readRoleTemplate({ template: '{ "source": "x" }' }).template, '{ "source": "x" }')
})

const REFUSED: { template: Json; reason?: string; message: string | RegExp }[] = [
  {
    template: { template: { source: 'x' }, format: 'xml' },
    message: 'Invalid format [xml] expected one of [json,string]',
  },
  {
    template: { template: 1 },
    reason: 'field_unparsable',
    message: "[role-mapping-template] template doesn't support values of type: VALUE_NUMBER",
  },
  {
    template: { template: { source: 'x' }, formatt: 'json' },
    reason: 'field_unparsable',
    message: '[role-mapping-template] unknown field [formatt]',
  },
  {
    template: { template: { source: 'x', id: 'y' } },
    reason: 'field_unparsable',
    message: '[script] unknown field [id]',
  },
  {
    template: { template: { source: 'x', lang: 'painless' } },
    message: 'the language of a role template must be [mustache]',
  },
  { template: { template: { params: {} } }, message: 'a role template needs a [source]' },
  { template: { template: 'plain text' }, message: 'a role template does not make valid JSON' },
  { template: {}, message: 'Required [template]' },
  { template: { template: { source: '{{#a}}' } }, message: /^a role template does not compile: Unclosed section/ },
  {
    template: { template: { source: '{{#groups}}{{> other}}{{/groups}}' } },
    message: 'a role template cannot have partials ([other])',
  },
  {
    template: { template: { source: 'x'.repeat(10_001) } },
    message: 'a role template is longer than 10000 characters',
  },
]

for (const { template, reason = 'argument_illegal', message } of REFUSED) {
  test(`refused: ${JSON.stringify(template).slice(0, 80)}`, () => {
    assert.throws(() => readRoleTemplate(template), { reason, message })
  })
}

test('A-34: sections that multiply end at a limit, within 50 ms', () => {
  const source = `${'{{#groups}}'.repeat(12)}x${'{{/groups}}'.repeat(12)}`
  const template = readRoleTemplate({ template: { source } })
  const groups = Array.from({ length: 100 }, () => 'g')
  const generate = () => generateRoles(template, new Map([['groups', groups]]))
  const tooMuch = { reason: 'argument_illegal', message: 'a role template writes too much' }
  assertLittleWork(50, () => assert.throws(generate, tooMuch))
})
