import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { openKeystore } from '../../../src/settings/keystore.ts'
import { createConfigFolder, runCommand } from '../../support/command.ts'

const NAME = 'xpack.security.authc.realms.oidc.oidc1.rp.client_secret'

async function createKeystore(t: TestContext, env: Record<string, string> = {}) {
  const { directory, config } = createConfigFolder(t)
  const file = `${directory}/ostiary.keystore`
  const run = (args: string, input = '') =>
    runCommand(['keystore', ...args.split(' '), '--config', config], { input, env })
  assert.deepEqual(await run('create'), { code: 0, out: `created ${file}\n`, err: '' })
  return { file, run }
}

test('a value is added from standard input, listed by its name alone, and removed', async (t) => {
  const { file, run } = await createKeystore(t)
  assert.deepEqual(await run(`add ${NAME} --stdin`, 'the secret\n'), { code: 0, out: '', err: '' })
  assert.deepEqual(await run('list'), { code: 0, out: `ostiary.secret\n${NAME}\n`, err: '' })
  assert.equal((await openKeystore({ file, password: '' })).get(NAME), 'the secret')

  assert.deepEqual(await run(`remove ${NAME}`), { code: 0, out: '', err: '' })
  assert.deepEqual(await run('list'), { code: 0, out: 'ostiary.secret\n', err: '' })
})

test('a value keeps its lines, but not the last line end', async (t) => {
  const { file, run } = await createKeystore(t)
  await run(
    'add xpack.security.authc.realms.oidc.r.rp.client_auth_jwt_signing_key --stdin',
    '-----BEGIN\nx\n-----END\r\n',
  )
  const value = (await openKeystore({ file, password: '' })).get(
    'xpack.security.authc.realms.oidc.r.rp.client_auth_jwt_signing_key',
  )
  assert.equal(value, '-----BEGIN\nx\n-----END')
})

test('a value that is there is replaced with --force only', async (t) => {
  const { file, run } = await createKeystore(t)
  await run('add bootstrap.password --stdin', 'first')
  assert.deepEqual(await run('add bootstrap.password --stdin', 'second'), {
    code: 1,
    out: '',
    err: '[bootstrap.password] is in the keystore already: --force replaces it\n',
  })
  assert.equal((await openKeystore({ file, password: '' })).get('bootstrap.password'), 'first')
  assert.equal((await run('add bootstrap.password --stdin --force', 'second')).code, 0)
  assert.equal((await openKeystore({ file, password: '' })).get('bootstrap.password'), 'second')
})

test('names that are no secure settings are refused', async (t) => {
  const { run } = await createKeystore(t)
  const refused: [name: string, line: string][] = [
    ['bootstrap.pasword', 'unknown setting [bootstrap.pasword] did you mean [bootstrap.password]?'],
    [NAME.slice(0, -1), `unknown setting [${NAME.slice(0, -1)}] did you mean [${NAME}]?`],
    ['nothing.like.it', 'unknown setting [nothing.like.it]'],
    ['http.port', '[http.port] is no secure setting: it belongs in the settings file'],
  ]
  for (const [name, line] of refused)
    assert.deepEqual(await run(`add ${name} --stdin`, 'x'), { code: 2, out: '', err: `${line}\n` })
})

test('an empty value is refused', async (t) => {
  const { run } = await createKeystore(t)
  assert.deepEqual(await run('add bootstrap.password --stdin', '\n'), { code: 2, out: '', err: 'the value is empty\n' })
})

test('without a terminal to type at --stdin is needed', async (t) => {
  const { run } = await createKeystore(t)
  const err = 'Value of bootstrap.password: standard input is no terminal: use --stdin\n'
  assert.deepEqual(await run('add bootstrap.password', 'x'), { code: 2, out: '', err })
})

test('removing what is not there is refused', async (t) => {
  const { run } = await createKeystore(t)
  const line = '[ostiary.secrt] is not in the keystore, did you mean [ostiary.secret]?'
  assert.deepEqual(await run('remove ostiary.secrt'), { code: 1, out: '', err: `${line}\n` })
})

test('a second create leaves the keystore as it is', async (t) => {
  const { file, run } = await createKeystore(t)
  const { code, err } = await run('create')
  assert.deepEqual([code, err], [1, `the keystore ${file} is there already\n`])
})

test('the password of the keystore comes from the environment', async (t) => {
  const { file, run } = await createKeystore(t, { OSTIARY_KEYSTORE_PASSWORD: 'correct horse' })
  assert.equal((await run('list')).out, 'ostiary.secret\n')
  await assert.rejects(openKeystore({ file, password: '' }), { name: 'KeystoreError' })
  const { code, err } = await runCommand(['keystore', 'list', '--config', file.replace('keystore', 'yml')])
  assert.equal(code, 1)
  assert.match(err, /^the keystore .* does not open: wrong password, .*OSTIARY_KEYSTORE_PASSWORD\)\n$/)
})

test('without a keystore the command that makes one is named', async (t) => {
  const { directory, config } = createConfigFolder(t)
  const { code, err } = await runCommand(['keystore', 'list', '--config', config])
  assert.deepEqual(
    [code, err],
    [1, `there is no keystore ${directory}/ostiary.keystore: run 'ostiary keystore create'\n`],
  )
})
