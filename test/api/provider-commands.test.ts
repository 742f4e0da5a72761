/** `ostiary provider …`, as an operator runs it beside the program. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ended, runCommand } from '../support/command.ts'
import { signInByApi } from '../support/oidc-login.ts'
import { type Program, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'

let program: Program
before(async () => {
  program = await startProgram()
})
after(() => program.remove())

test('clients are listed and checked, and keys rotate in the running program', async () => {
  const run = (...args: string[]) => runCommand(['provider', ...args, '--config', program.settingsFile])

  const listed = await run('clients', 'list')
  assert.equal(listed.code, 0, listed.err)
  assert.match(listed.out, /client_secret_basic, consent: /)
  assert.match(listed.out, new RegExp(`redirect_uris: ${program.portal}/api/security/oidc/callback`))
  assert.doesNotMatch(listed.out, /secret[^_]/)
  const offline = await run('clients', 'check', '--offline')
  assert.deepEqual([offline.code, offline.out], [0, '2 clients are in order, by the settings.\n'], offline.err)
  const checked = await run('clients', 'check')
  assert.equal(checked.code, 0, checked.err)
  const { portal } = program
  assert.match(checked.out, new RegExp(`✔ browsers +${portal} \\(redirect_uris, post_logout_redirect_uris\\) answers`))

  const rotated = await run('keys', 'rotate')
  assert.equal(rotated.code, 0, rotated.err)
  assert.match(rotated.out, /New keys are published\. They sign in 24 h/)
  const answer = await fetch(`${program.provider}/.well-known/jwks.json`)
  assert.equal(((await answer.json()) as { keys: unknown[] }).keys.length, 4)
})

test('an account is added, signs in, gets another password and is removed, while the provider runs', async () => {
  const file = join(program.directory, 'config/provider-users.yml')
  const before = await readFile(file, 'utf8')
  // Waited for, not tried: five passwords refused too soon, and the provider's throttle would hold the account back.
  const readAgain = (times: number) => until(() => count(/were read again/g, program.output()) >= times)

  const options = ['--full-name', 'Carol Cole', '--email', 'carol@example.org', '--groups', 'finance-team, viewers']
  const added = await accounts(['add', 'carol', ...options, '--stdin'], 'carol-demo\n')
  assert.equal(added.code, 0, added.err)
  assert.match(added.out, /^\[carol\] can sign in, as the subject \[[\w-]{22}\]\.\n$/)
  const text = await readFile(file, 'utf8')
  assert.ok(text.startsWith(before.trimEnd().slice(0, 200)))
  assert.doesNotMatch(text, /carol-demo/)
  assert.equal((await stat(file)).mode & 0o037, 0)
  await readAgain(1)
  await signInByApi(program, 'carol')

  const listed = await accounts(['list'])
  assert.match(listed.out, /^alice$/m)
  assert.match(listed.out, /^carol\n {2}sub: [\w-]{22}\n {2}name: Carol Cole\n.*\n {2}groups: finance-team, viewers$/m)
  assert.doesNotMatch(listed.out, /\$2a\$/)

  assert.equal((await accounts(['set-password', 'carol', '--stdin'], 'another-one')).code, 0)
  await readAgain(2)
  await assert.rejects(signInByApi(program, 'carol'), /carol could not sign in/)
  assert.equal((await accounts(['remove', 'carol'])).code, 0)
  assert.doesNotMatch((await accounts(['list'])).out, /carol/)
  await readAgain(3)
  await assert.rejects(signInByApi(program, 'carol'), /carol could not sign in/)
})

test('what does not fit an accounts file is refused, and the file stays as it was', async () => {
  const file = join(program.directory, 'config/provider-users.yml')
  const before = await readFile(file, 'utf8')
  const cases: readonly (readonly [args: string[], password: string, code: number, text: RegExp])[] = [
    [['add', 'alice', '--stdin'], 'alice-demo', 1, /there is an account \[alice\] already/],
    [['add', 'dave', '--stdin'], 'short', 2, /at least \[6\] characters/],
    [['add', 'dave', '--stdin'], '', 2, /the value is empty/],
    [['add', 'dave'], 'dave-demo', 2, /use --stdin/],
    [['add', '--stdin'], 'dave-demo', 2, /NAME is missing/],
    [['add', 'dave', '--sub', 'alice', '--stdin'], 'dave-demo', 78, /is also the \[sub\] of \[alice\]/],
    [['add', 'dave', '--sub', 'two words', '--stdin'], 'dave-demo', 78, /printable ASCII/],
    [['remove', 'dave'], '', 1, /there is no account \[dave\]/],
    [['set-password', 'dave', '--stdin'], 'dave-demo', 1, /there is no account \[dave\]/],
  ]
  for (const [args, password, code, expected] of cases) {
    const ended = await accounts(args, password)
    assert.match(ended.err, expected)
    assert.equal(ended.code, code, args.join(' '))
  }
  assert.equal(await readFile(file, 'utf8'), before)

  await writeFile(
    program.settingsFile,
    `${await readFile(program.settingsFile, 'utf8')}\nprovider.accounts.source: native\n`,
  )
  const native = await accounts(['list'])
  assert.equal(native.code, 78)
  assert.match(native.err, /users of the security API/)
})

function accounts(args: readonly string[], input = ''): Promise<Ended> {
  return runCommand(['provider', 'accounts', ...args, '--config', program.settingsFile], { input })
}

const count = (pattern: RegExp, text: string) => text.match(pattern)?.length ?? 0
