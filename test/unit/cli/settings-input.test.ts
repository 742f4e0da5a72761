import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { createConfigFolder, runCommand } from '../../support/command.ts'

const COMMANDS = ['accounts list', 'accounts remove a', 'clients list', 'clients check', 'keys rotate'].map(
  (words) => `provider ${words}`,
)

test('commands that need the keystore leave its making to who runs the program', async (t) => {
  const { directory, config } = createConfigFolder(t)
  writeFileSync(config, 'demo: true\n')
  const err = `there is no keystore ${directory}/ostiary.keystore: run 'ostiary keystore create'\n`
  for (const command of [...COMMANDS, 'backup b.db', 'restore b.db', 'logs find 1', 'realm check oidc1'])
    assert.deepEqual(await runCommand([...command.split(' '), '--config', config]), { code: 1, out: '', err }, command)
  assert.deepEqual(readdirSync(directory), ['ostiary.yml'])
})

test('a settings file that is not there is told before the keystore beside it', async (t) => {
  const { directory } = createConfigFolder(t)
  const { code, err } = await runCommand(['provider', 'clients', 'list', '--config', `${directory}/typo.yml`])
  assert.equal(code, 78)
  assert.match(err, /typo\.yml:\n {2}file: it cannot be read: ENOENT/)
  assert.deepEqual(readdirSync(directory), [])
})
