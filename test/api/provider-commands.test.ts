/** `ostiary provider …`, as an operator runs it beside the program. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCommand } from '../support/command.ts'
import { startProgram } from '../support/program.ts'

test('clients are listed and checked, and keys rotate in the running program', async (t) => {
  const program = await startProgram()
  t.after(() => program.remove())
  const run = (...args: string[]) => runCommand(['provider', ...args, '--config', program.settingsFile])

  const listed = await run('clients', 'list')
  assert.equal(listed.code, 0, listed.err)
  assert.match(listed.out, /client_secret_basic, consent: /)
  assert.match(listed.out, new RegExp(`redirect_uris: ${program.portal}/api/security/oidc/callback`))
  assert.doesNotMatch(listed.out, /secret[^_]/)
  const checked = await run('clients', 'check')
  assert.match(checked.out, /\d clients are in order\./, checked.err)

  const rotated = await run('keys', 'rotate')
  assert.equal(rotated.code, 0, rotated.err)
  assert.match(rotated.out, /New keys are published\. They sign in 24 h/)
  const answer = await fetch(`${program.provider}/.well-known/jwks.json`)
  assert.equal(((await answer.json()) as { keys: unknown[] }).keys.length, 4)
})
