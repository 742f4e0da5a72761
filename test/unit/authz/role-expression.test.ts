import assert from 'node:assert/strict'
import test from 'node:test'
import { readRoleExpression } from '../../../src/authz/role-expression.ts'
import { mapRoles, type MappableUser } from '../../../src/authz/role-mapping.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { assertLittleWork } from '../../support/work.ts'
import { readVectors } from '../../support/vectors.ts'

interface Vectors {
  readonly user: MappableUser
  readonly matching: { name: string; user?: { dn?: null; groups?: string[] }; rule: JsonObject; matches: boolean }[]
  readonly refused: { name: string; rules: unknown; reason?: string; message: string }[]
  readonly kept: { name: string; rules: unknown; kept: unknown }[]
}

const vectors = readVectors('role-expressions.json') as Vectors

for (const { name, user: change = {}, rule, matches } of vectors.matching) {
  test(`${name}: ${matches ? 'matches' : 'does not match'}`, () => {
    const { dn, groups } = { ...vectors.user, ...change }
    const user = { ...vectors.user, groups, dn: dn ?? undefined }
    const mapping = { enabled: true, roles: ['r'], rules: readRoleExpression('mapping', rule), metadata: {} }
    assert.deepEqual(mapRoles([{ name: 'mapping', mapping }], user), matches ? ['r'] : [])
  })
}

for (const { name, rules, reason = 'body_unparsable', message } of vectors.refused) {
  test(`${name} is refused`, () => {
    assert.throws(() => readRoleExpression('mapping', rules), { reason, message })
  })
}

for (const { name, rules, kept } of vectors.kept) {
  test(`kept: ${name}`, () => {
    assert.deepEqual(readRoleExpression('mapping', rules), kept)
  })
}

test('A-34: rules that are nested too deep or too many are refused within 50 ms', () => {
  let deep: unknown = { field: { username: 'x' } }
  for (let level = 0; level < 10_000; level += 1) deep = { all: [deep] }
  const many = { any: Array.from({ length: 10_001 }, () => ({ all: [] })) }
  const values = { field: { username: Array.from({ length: 10_001 }, () => 'x') } }
  const tooMany = { reason: 'body_unparsable', message: /more than 10000 rules/ }
  assertLittleWork(50, () => {
    assert.throws(() => readRoleExpression('m', deep), { reason: 'body_unparsable', message: /more than 32 deep/ })
    assert.throws(() => readRoleExpression('m', many), tooMany)
    assert.throws(() => readRoleExpression('m', values), tooMany)
  })
})

test('a number that is no long is refused', () => {
  const rules = JSON.parse('{"field":{"metadata.x":1e999}}') as unknown
  assert.throws(() => readRoleExpression('m', rules), { reason: 'body_unparsable', message: /number out of range/ })
})

test('A-20: a path called like something of the language is a path like any other', () => {
  const rules = readRoleExpression('m', JSON.parse('{"field":{"__proto__":null}}'))
  const mapping = { enabled: true, roles: ['r'], rules, metadata: {} }
  assert.equal(JSON.stringify(rules), '{"field":{"__proto__":null}}')
  assert.deepEqual(mapRoles([{ name: 'm', mapping }], vectors.user), ['r'])
  const metadata = JSON.parse('{"__proto__":"x"}') as JsonObject
  const named = { ...mapping, rules: readRoleExpression('m', { field: { 'metadata.__proto__': 'x' } }) }
  assert.deepEqual(mapRoles([{ name: 'm', mapping: named }], { ...vectors.user, metadata }), ['r'])
})
