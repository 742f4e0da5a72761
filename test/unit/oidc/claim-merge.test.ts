import assert from 'node:assert/strict'
import test from 'node:test'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { mergeClaims } from '../../../src/oidc/claim-merge.ts'
import vectors from '../../vectors/claim-merge.json' with { type: 'json' }
import { assertLittleWork } from '../../support/work.ts'

for (const { name, left, right, merged, text } of vectors)
  test(`merge: ${name}`, () => {
    const merge = () => mergeClaims(left, right)
    if (merged === undefined) assert.throws(merge, { reason: 'claims_unmergeable', message: text })
    else assert.deepEqual(merge(), merged)
  })

test('a claim called __proto__ is a claim like others', () => {
  const merged = mergeClaims(JSON.parse('{"__proto__":{"x":1}}') as JsonObject, { sub: 'a' })
  assert.deepEqual(Object.keys(merged), ['__proto__', 'sub'])
  assert.equal(merged['x'], undefined)
})

test('long lists are joined in linear time (A-34)', () => {
  const list = (from: number) => Array.from({ length: 100_000 }, (_, index) => from + index)
  assertLittleWork(1000, () => {
    const merged = mergeClaims({ g: list(0) }, { g: list(50_000) })
    assert.equal((merged['g'] as unknown[]).length, 150_000)
  })
})
