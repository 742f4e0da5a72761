import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog } from '../../../src/observe/log.ts'
import { createAccounts } from '../../../src/provider/accounts.ts'
import { SettingsError } from '../../../src/settings/settings-error.ts'
import { USERS } from '../../support/provider.ts'
import { until } from '../../support/until.ts'

async function makeDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-accounts-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

test('an accounts file that is there and cannot be read stops the start', async (t) => {
  const path = await makeDirectory(t)
  await assert.rejects(createAccounts({ path, log: createLog('silent') }), (error: unknown) => {
    assert.ok(error instanceof SettingsError)
    assert.match(error.message, /it cannot be read: EISDIR/)
    return true
  })
})

test('an accounts file that is not there is one warning, and counts once it is written', async (t) => {
  const path = join(await makeDirectory(t), 'users.yml')
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(line) })
  const accounts = await createAccounts({ path, log })
  t.after(() => accounts.close())
  assert.equal(await accounts.verify('alice', 'alice-demo'), undefined)
  // Time for a first look at where it will be.
  await sleep(200)
  await writeFile(path, USERS)
  await until(async () => (await accounts.verify('alice', 'alice-demo')) !== undefined)
  const levels = lines.map((line) => (JSON.parse(line) as Record<string, unknown>)['log.level'])
  assert.deepEqual(levels, ['warn', 'info'])
})

test('an accounts file that is being written anew removes nobody while it is empty', async (t) => {
  const path = join(await makeDirectory(t), 'users.yml')
  await writeFile(path, USERS)
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(line) })
  const accounts = await createAccounts({ path, log })
  t.after(() => accounts.close())
  const removed: string[] = []
  accounts.onRemoval(async (subjects) => void removed.push(...subjects))
  // Time for a first look at what is there.
  await sleep(200)
  await writeFile(path, '')
  await until(() => lines.length === 1)
  assert.match(lines[0] ?? '', /stay as they were[^]*is empty|is empty[^]*stay as they were/)
  assert.equal((await accounts.findBySubject('bob'))?.name, 'bob')
  await writeFile(path, USERS.replace(/ {2}bob:[^]*/, ''))
  await until(() => lines.length === 2)
  assert.deepEqual(removed, ['bob'])
})

test('whose sessions cannot be ended at the removal of an account is told again, unless the account is back', async (t) => {
  const path = join(await makeDirectory(t), 'users.yml')
  await writeFile(path, USERS)
  const accounts = await createAccounts({ path, log: createLog('silent') })
  t.after(() => accounts.close())
  let failures = 0
  let isAway = true
  const told: (readonly string[])[] = []
  accounts.onRemoval(async (subjects) => {
    if (!isAway) return void told.push(subjects)
    failures++
    throw new Error('the store is away')
  })
  // Time for a first look at what is there.
  await sleep(200)
  await writeFile(path, 'users: {}\n')
  await until(() => failures > 0)
  await writeFile(path, USERS.replace(/ {2}bob:[^]*/, ''))
  await until(async () => (await accounts.verify('alice', 'alice-demo')) !== undefined)
  isAway = false
  await until(() => told.length > 0)
  assert.deepEqual(told, [['bob']])
})
