import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { createKeystore, keystoreFileOf, openKeystore, openOrCreateKeystore } from '../../../src/settings/keystore.ts'

function fresh(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ostiary-keystore-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'ostiary.keystore')
}

test('a keystore lies beside the settings file', () => {
  assert.equal(keystoreFileOf('/etc/ostiary/ostiary.yml'), '/etc/ostiary/ostiary.keystore')
})

test('a new keystore has a sealing secret of its own, and its owner alone can read it', async (t) => {
  const file = fresh(t)
  const keystore = await createKeystore({ file, password: '' })
  const other = await createKeystore({ file: `${file}2`, password: '' })
  assert.deepEqual(keystore.names(), ['ostiary.secret'])
  assert.match(keystore.get('ostiary.secret') ?? '', /^[\w-]{43}$/)
  assert.notEqual(other.get('ostiary.secret'), keystore.get('ostiary.secret'))
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('what was saved is there again, and nothing else is left in the folder', async (t) => {
  const location = { file: fresh(t), password: 'correct horse' }
  const keystore = await createKeystore(location)
  keystore.set('bootstrap.password', 'ünïcode\nand lines')
  keystore.set('a', '1')
  assert.equal(keystore.remove('a'), true)
  assert.equal(keystore.remove('a'), false)
  await keystore.save()

  const opened = await openKeystore(location)
  assert.deepEqual(opened.names(), ['bootstrap.password', 'ostiary.secret'])
  assert.equal(opened.get('bootstrap.password'), 'ünïcode\nand lines')
  assert.equal(opened.get('ostiary.secret'), keystore.get('ostiary.secret'))
  assert.equal(opened.get('a'), undefined)
  assert.equal(statSync(location.file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(join(location.file, '..')), ['ostiary.keystore'])
})

test('a keystore of the first format opens without a password, also after it was saved', async (t) => {
  const location = { file: fresh(t), password: '' }
  const envelope = {
    format: 'ostiary-keystore-1',
    salt: '82U4wND6awPX5kl1y8ScZQ',
    nonce: 'xdeQCToF8jyfTmEq',
    sealed:
      '11uG_uq2KMY2sdm-x1X6AxJ2uo9QfNGM4fVq5mTFPtUgIZyv1ksSPn0yP-Qu-FNlbtAbGWHm1kstnRF97lPGh57F6yic-pmiTn_1qXOzz6ChOth5wbqRLVkr1xhl',
  }
  writeFileSync(location.file, JSON.stringify(envelope))
  const keystore = await openKeystore(location)
  assert.equal(keystore.get('a.b'), 'kept')
  keystore.set('c', 'new')
  await keystore.save()
  assert.deepEqual((await openKeystore(location)).names(), ['a.b', 'c', 'ostiary.secret'])
})

test('a keystore said to be of another format than it is does not open', async (t) => {
  const location = { file: fresh(t), password: 'a password' }
  await createKeystore(location)
  const text = readFileSync(location.file, 'utf8')
  writeFileSync(location.file, text.replace('ostiary-keystore-2', 'ostiary-keystore-1'))
  await assert.rejects(openKeystore(location), { name: 'KeystoreError', message: /does not open/ })
})

test('what was not saved is not in the file', async (t) => {
  const location = { file: fresh(t), password: '' }
  const keystore = await createKeystore(location)
  keystore.set('bootstrap.password', 'changeme')
  assert.deepEqual((await openKeystore(location)).names(), ['ostiary.secret'])
})

test('no secret can be read in the file', async (t) => {
  const file = fresh(t)
  const keystore = await createKeystore({ file, password: '' })
  keystore.set('bootstrap.password', 'changeme')
  await keystore.save()
  const text = readFileSync(file, 'utf8')
  assert.doesNotMatch(text, /changeme|bootstrap/)
  assert.ok(!text.includes(keystore.get('ostiary.secret') ?? ''))
})

test('another password does not open it', async (t) => {
  const file = fresh(t)
  await createKeystore({ file, password: 'right' })
  for (const password of ['wrong', '', 'right '])
    await assert.rejects(openKeystore({ file, password }), {
      name: 'KeystoreError',
      message: /does not open: wrong password/,
    })
})

test('a changed file does not open, whichever part was changed', async (t) => {
  const file = fresh(t)
  await createKeystore({ file, password: '' })
  const envelope = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  for (const part of ['salt', 'nonce', 'sealed']) {
    const bytes = Buffer.from(envelope[part] ?? '', 'base64url')
    bytes[0] = (bytes[0] ?? 0) ^ 1
    writeFileSync(file, JSON.stringify({ ...envelope, [part]: bytes.toString('base64url') }))
    await assert.rejects(
      openKeystore({ file, password: '' }),
      { name: 'KeystoreError', message: /does not open/ },
      part,
    )
  }
})

test('what is no keystore is told so', async (t) => {
  const file = fresh(t)
  for (const text of ['', 'x', '[]', '{"format":"ostiary-keystore-3"}', '{"format":"ostiary-keystore-1","salt":1}']) {
    writeFileSync(file, text)
    const message = `${file} is no keystore that this version can read`
    await assert.rejects(openKeystore({ file, password: '' }), { name: 'KeystoreError', message }, text)
  }
})

test('a missing keystore is told with the command that makes one', async (t) => {
  const file = fresh(t)
  const message = `there is no keystore ${file}: run 'ostiary keystore create'`
  await assert.rejects(openKeystore({ file, password: '' }), { name: 'KeystoreError', message })
})

test('a folder that a keystore cannot be written to is told by the name of the keystore', async () => {
  const location = { file: '/nowhere/ostiary.keystore', password: '' }
  const message = 'the keystore /nowhere/ostiary.keystore cannot be written'
  await assert.rejects(createKeystore(location), { name: 'KeystoreError', message })
})

test('a keystore is never overwritten by a new one', async (t) => {
  const location = { file: fresh(t), password: '' }
  const secret = (await createKeystore(location)).get('ostiary.secret')
  const message = `the keystore ${location.file} is there already`
  await assert.rejects(createKeystore(location), { name: 'KeystoreError', message })
  assert.equal((await openKeystore(location)).get('ostiary.secret'), secret)
  assert.deepEqual(readdirSync(join(location.file, '..')), ['ostiary.keystore'])
})

test('of two that make a keystore at the same time one wins', async (t) => {
  const location = { file: fresh(t), password: '' }
  const outcomes = await Promise.allSettled([createKeystore(location), createKeystore(location)])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const winner = outcomes.find((outcome) => outcome.status === 'fulfilled')
  assert.equal((await openKeystore(location)).get('ostiary.secret'), winner?.value.get('ostiary.secret'))
})

test('the first start makes the keystore, the next opens it', async (t) => {
  const location = { file: fresh(t), password: '' }
  const first = await openOrCreateKeystore(location)
  const second = await openOrCreateKeystore(location)
  assert.equal(second.get('ostiary.secret'), first.get('ostiary.secret'))
})
