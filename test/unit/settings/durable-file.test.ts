import assert from 'node:assert/strict'
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { replaceDurably } from '../../../src/settings/durable-file.ts'
import { createKeystore } from '../../../src/settings/keystore.ts'

async function makeDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-durable-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

test('a new file is for its owner alone, one that its group could read stays so, others read none', async (t) => {
  const path = join(await makeDirectory(t), 'provider-users.yml')
  await replaceDurably(path, 'users: {}\n')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  await chmod(path, 0o644)
  await replaceDurably(path, 'users:\n')
  assert.equal((await stat(path)).mode & 0o777, 0o640)
  assert.equal(await readFile(path, 'utf8'), 'users:\n')
})

test('a link to a file stays one, and what it leads to is replaced', async (t) => {
  const directory = await makeDirectory(t)
  await mkdir(join(directory, 'elsewhere'))
  const [path, link] = [join(directory, 'elsewhere/users.yml'), join(directory, 'users.yml')]
  await replaceDurably(path, 'old')
  await symlink('elsewhere/users.yml', link)
  await replaceDurably(link, 'new')
  assert.ok((await lstat(link)).isSymbolicLink())
  assert.equal(await readFile(path, 'utf8'), 'new')
})

test('a keystore that an administrator changes stays with the user who could read it', async (t) => {
  const file = join(await makeDirectory(t), 'ostiary.keystore')
  const keystore = await createKeystore({ file, password: '' })
  // Only root can give a file away. For anybody else it is the own one before and after.
  if (process.getuid?.() === 0) await chown(file, 4711, 4712)
  await chmod(file, 0o640)
  const before = await stat(file)
  await keystore.save()
  const { ino, mode, uid, gid } = await stat(file)
  assert.notEqual(ino, before.ino)
  assert.deepEqual({ mode, uid, gid }, { mode: before.mode, uid: before.uid, gid: before.gid })
})
