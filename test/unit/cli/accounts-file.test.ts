import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { saveAccountsFile } from '../../../src/cli/accounts-file.ts'

test('a new accounts file is for its owner alone, one that its group could read stays so, others read none', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-accounts-'))
  t.after(() => rm(directory, { recursive: true }))
  const path = join(directory, 'provider-users.yml')
  await saveAccountsFile(path, 'users: {}\n')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  await chmod(path, 0o644)
  await saveAccountsFile(path, 'users:\n')
  assert.equal((await stat(path)).mode & 0o777, 0o640)
  assert.equal(await readFile(path, 'utf8'), 'users:\n')
})
