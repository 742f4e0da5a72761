/** `ostiary backup` and `ostiary restore`, as an operator runs them. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { bearer, callApi, ELASTIC, text } from '../support/api-call.ts'
import { runCommand } from '../support/command.ts'
import { signInByApi } from '../support/oidc-login.ts'
import { type Program, startProgram } from '../support/program.ts'

let program: Program
before(async () => (program = await startProgram()))
after(() => program.remove())

test('a backup of the running program comes back after a stop, with its users and with logins if they are to be kept', async () => {
  const file = join(program.directory, 'backup.db')
  const run = (...args: string[]) => runCommand([...args, '--config', program.settingsFile])
  const alice = text(await signInByApi(program, 'alice'), 'access_token')
  await putUser('then')

  const backedUp = await run('backup', file)
  assert.equal(backedUp.code, 0, backedUp.err)
  assert.match(backedUp.out, /The keystore is not in it/)
  await putUser('later')
  const refused = await run('restore', file)
  assert.equal(refused.code, 1)
  assert.match(refused.err, new RegExp(`is in use by the process ${program.pid()}:`))

  await program.stop()
  for (const { options, status } of [
    { options: ['--keep-logins'], status: 200 },
    { options: [], status: 401 },
  ]) {
    const restored = await run('restore', file, ...options)
    assert.equal(restored.code, 0, restored.err)
    await program.start()
    const users = await callApi(program.api, '/_security/user', { authorization: ELASTIC })
    assert.ok(users.body['then'])
    assert.equal(users.body['later'], undefined)
    const asked = await callApi(program.api, '/_security/_authenticate', { authorization: bearer(alice) })
    assert.equal(asked.status, status)
    assert.equal(await program.stop(), 0)
  }
})

test('a store in PostgreSQL is left to its own tools', async () => {
  const env = {
    OSTIARY_SETTING_STORE_TYPE: 'postgres',
    OSTIARY_SETTING_STORE_POSTGRES_URL: 'postgres://ostiary@localhost/ostiary',
  }
  for (const command of ['backup', 'restore']) {
    const { code, err } = await runCommand([command, 'file', '--config', program.settingsFile], { env })
    assert.equal(code, 78)
    assert.match(err, /store\.type is \[postgres\]: back the database up with its own tools/)
  }
})

async function putUser(name: string): Promise<void> {
  const body = { password: 'long-enough', roles: [] }
  const { status } = await callApi(program.api, `/_security/user/${name}`, { authorization: ELASTIC, body })
  assert.equal(status, 200)
}
