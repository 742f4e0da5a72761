import assert from 'node:assert/strict'
import test from 'node:test'
import { buildUserProperties, createPropertyReaders, isAnchored } from '../../../src/oidc/user-properties.ts'
import vectors from '../../vectors/user-properties.json' with { type: 'json' }
import { assertLittleWork } from '../../support/work.ts'

const NOTHING = { groups: [], dn: null, mail: null, name: null }

for (const { name, claims, mapped, patterns = {}, user, reason, text } of vectors)
  test(`user from ${name}`, () => {
    const readers = createPropertyReaders('x.', mapped, patterns)
    const build = () => buildUserProperties(readers, claims)
    if (reason === undefined) assert.deepEqual(build(), { ...NOTHING, ...user })
    else assert.throws(build, { reason, message: text })
  })

test('a pattern made to backtrack answers a claim of 64 kB at once (A-35)', () => {
  const readers = createPropertyReaders('x.', { principal: 'sub' }, { principal: '^(a+)+$' })
  const build = () => buildUserProperties(readers, { sub: `${'a'.repeat(65_536)}b` })
  assertLittleWork(100, () => assert.throws(build, { reason: 'principal_missing' }))
})

test('a pattern is anchored if it begins and ends with the text (A-45)', () => {
  for (const pattern of ['^(.+)$', '\\A(.+)\\z']) assert.ok(isAnchored(pattern), pattern)
  for (const pattern of ['(.+)', '^(.+)', '(.+)$', '^(.+)\\$', '']) assert.ok(!isAnchored(pattern), pattern)
})
