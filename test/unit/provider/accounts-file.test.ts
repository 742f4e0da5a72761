import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readAccounts } from '../../../src/provider/accounts-file.ts'

const HASH = '$2a$04$mVIhw9KrWBtL/km.VH4yke1y2wEiUdi4yxvcvszI2vogOKJOdgUTq'

test('the demo file has alice in two groups and bob in none', () => {
  const file = join(import.meta.dirname, '../../../config/provider-users.yml')
  const [alice, bob] = readAccounts(readFileSync(file, 'utf8'), file)
  assert.deepEqual(alice?.claims['groups'], ['finance-team', 'engineering'])
  assert.equal(alice.claims['name'], 'Alice Adams')
  assert.equal(alice.claims['email'], 'alice@example.org')
  assert.equal(alice.subject, 'alice')
  assert.equal(bob?.name, 'bob')
  assert.equal(bob.claims['groups'], undefined)
})

test('an empty file, and one without users, has no accounts', () => {
  assert.deepEqual(readAccounts('', 'f'), [])
  assert.deepEqual(readAccounts('users:\n', 'f'), [])
})

for (const [name, text, expected] of [
  [
    'a password in clear text',
    `users:\n  a:\n    password_hash: secret`,
    /line 2: .*users\.a\.password_hash.*hash of a password/,
  ],
  ['a second document', `users: {}\n---\nusers: {}`, /line 2: a second document begins here/],
  ['text in another encoding', 'users:\n  \uFFFD: {}', /line 2: the file is not UTF-8 here/],
  ['no password', `users:\n  a: {}`, /line 2: .*users\.a\.password_hash.*missing/],
  ['an unknown key', `users:\n  a: { password_hash: '${HASH}', role: x }`, /line 2: .*users\.a\.role.*unknown/],
  [
    'a subject of two users',
    `users:\n  a: { password_hash: '${HASH}' }\n  b: { password_hash: '${HASH}', sub: a }`,
    /line 3: .*users\.b\.sub.*\[a\]/,
  ],
  [
    'a subject that is too long',
    `users:\n  a: { password_hash: '${HASH}', sub: '${'x'.repeat(256)}' }`,
    /users\.a\.sub.*255/,
  ],
  ['a claim of the protocol', `users:\n  a: { password_hash: '${HASH}', claims: { iss: x } }`, /users\.a\.claims.*iss/],
  [
    'groups that are no list',
    `users:\n  a: { password_hash: '${HASH}', claims: { groups: x } }`,
    /users\.a\.claims.*groups/,
  ],
  ['a user twice', `users:\n  a: { password_hash: '${HASH}' }\n  a: { password_hash: '${HASH}' }`, /line [23]: /],
  ['bad YAML', `users:\n  a: {`, /line 2/],
  ['another document', `people: {}`, /expected \[users\]/],
] as const) {
  test(`${name} is refused, naming line and user`, () => {
    assert.throws(
      () => readAccounts(text, 'provider-users.yml'),
      (error: Error) => {
        assert.match(error.message, expected)
        assert.ok(!error.message.includes('secret'))
        return true
      },
    )
  })
}
