import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addAccount, removeAccount, setPasswordHash } from '../../../src/provider/accounts-document.ts'
import { readAccounts } from '../../../src/provider/accounts-file.ts'
import { SettingsError } from '../../../src/settings/settings-error.ts'

const HASH = '$2a$04$mVIhw9KrWBtL/km.VH4yke1y2wEiUdi4yxvcvszI2vogOKJOdgUTq'
const OTHER = '$2a$04$.9wrhgsZawn/GNpgJlVZTOfSZk10tSjjV2K2W0vd21VsMr.lSgDo6'
const TEXT = `# Who may come in.
users:
  # Since 2020.
  alice:
    password_hash: '${HASH}'
    claims: { name: Alice Adams }

  bob:
    password_hash: '${HASH}'
`
const CAROL = { name: 'carol', passwordHash: OTHER, subject: 's-carol', claims: { groups: ['a', 'b'] } }

test('an account is added at the end, and all else stays letter for letter', () => {
  const changed = addAccount(TEXT, 'file', CAROL) ?? ''
  assert.ok(changed.startsWith(TEXT))
  assert.deepEqual(readAccounts(changed, 'file').at(-1), { ...CAROL, enabled: true })
})

test('the first account makes the file, whatever stands for no accounts', () => {
  for (const text of ['', '# nothing yet\n', 'users:\n', 'users: {}\n']) {
    const changed = addAccount(text, 'file', CAROL) ?? ''
    assert.deepEqual(readAccounts(changed, 'file'), [{ ...CAROL, enabled: true }], text)
    assert.match(changed, /\n {2}carol:\n {4}password_hash: /)
  }
  assert.match(addAccount('# nothing yet\n', 'file', CAROL) ?? '', /^# nothing yet\n/)
})

test('names that YAML would take for something else stay names', () => {
  for (const name of ['true', '12', 'null', 'a: b', '#', "o'neil", 'é', '{x}']) {
    const changed = addAccount(TEXT, 'file', { ...CAROL, name }) ?? ''
    assert.equal(readAccounts(changed, 'file').at(-1)?.name, name)
    assert.equal(readAccounts(removeAccount(changed, 'file', name) ?? '', 'file').length, 2, name)
  }
})

test('a name that somebody wrote without quotes is the same name to the commands', () => {
  for (const name of ['007', '12', '1e3', 'true', 'null', '~', '0x1f']) {
    const text = `${TEXT}  ${name}:\n    password_hash: '${HASH}'\n`
    assert.equal(readAccounts(text, 'file').at(-1)?.name, name)
    assert.equal(addAccount(text, 'file', { ...CAROL, name }), undefined, name)
    assert.equal(readAccounts(setPasswordHash(text, 'file', name, OTHER) ?? '', 'file').at(-1)?.passwordHash, OTHER)
    assert.equal(removeAccount(text, 'file', name), TEXT, name)
  }
})

test('a password changes that line alone', () => {
  const changed = setPasswordHash(TEXT, 'file', 'alice', OTHER)
  assert.equal(changed, TEXT.replace(HASH, OTHER))
})

test('an account is removed, the others and their comments stay', () => {
  const changed = removeAccount(TEXT, 'file', 'bob') ?? ''
  assert.match(changed, /^# Who may come in\.\nusers:\n {2}# Since 2020\.\n {2}alice:\n/)
  assert.deepEqual(
    readAccounts(changed, 'file').map(({ name }) => name),
    ['alice'],
  )
  assert.deepEqual(readAccounts(removeAccount(changed, 'file', 'alice') ?? '', 'file'), [])
})

test('who is there already, or not there, changes nothing', () => {
  assert.equal(addAccount(TEXT, 'file', { ...CAROL, name: 'alice' }), undefined)
  assert.equal(removeAccount(TEXT, 'file', 'carol'), undefined)
  assert.equal(setPasswordHash(TEXT, 'file', 'carol', OTHER), undefined)
})

test('a faulty file, or an account that would make it faulty, is refused', () => {
  const faulty = 'users: { alice: { password_hash: plain } }'
  for (const change of [
    () => addAccount(faulty, 'file', CAROL),
    () => removeAccount(faulty, 'file', 'alice'),
    () => addAccount(TEXT, 'file', { ...CAROL, subject: 'alice' }),
    () => addAccount(TEXT, 'file', { ...CAROL, claims: { sub: 'x' } }),
    () => setPasswordHash(TEXT, 'file', 'alice', 'plain'),
  ])
    assert.throws(change, SettingsError)
})
