import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { SETTINGS_TABLE } from '../../../src/settings/table.ts'
import { findSetting } from '../../../src/settings/values.ts'
import { buildSettingsReference, REFERENCE_FILE } from '../../support/settings-reference.ts'

test('every default can be read by its own type', () => {
  for (const setting of SETTINGS_TABLE) {
    const { default: value } = setting
    if (value !== undefined) assert.doesNotThrow(() => setting.type.read(value, setting.key), setting.key)
  }
})

test('every setting is found by its own name, and no other is', () => {
  for (const setting of SETTINGS_TABLE) {
    const key = setting.key.replaceAll(/<[^>]+>/g, 'name-1')
    const found = SETTINGS_TABLE.filter((candidate) => findSetting(key, [candidate]) !== undefined)
    assert.deepEqual(found, [setting], key)
  }
})

test('a name of the user’s own is one part of the key, for clients several', () => {
  assert.equal(findSetting('xpack.security.authc.realms.oidc.a.b.order', SETTINGS_TABLE), undefined)
  assert.deepEqual(findSetting('provider.clients.a.b.consent', SETTINGS_TABLE)?.names, ['a.b'])
})

test('a secure setting has no default, and every setting is described', () => {
  for (const { key, secure, default: value, description } of SETTINGS_TABLE) {
    assert.ok(!secure || value === undefined, key)
    assert.match(description, /^[A-Z`'].*[.`]$/, key)
  }
})

test('docs/settings.md is what the table says (npm run docs)', () => {
  assert.equal(readFileSync(REFERENCE_FILE, 'utf8'), buildSettingsReference())
})
