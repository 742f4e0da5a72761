import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { callApi, FACILITATOR } from '../support/api-call.ts'
import { type Ended, runCommand } from '../support/command.ts'
import { type Program, startProgram } from '../support/program.ts'

let program: Program
before(async () => {
  program = await startProgram({ settings: (yaml) => `${yaml}\nxpack.security.audit.enabled: true\n` })
})
after(() => program.remove())

/** The audit log is written a moment after the answer. */
async function find(id: string, ...args: string[]): Promise<Ended> {
  const command = ['logs', 'find', id, '--config', program.settingsFile, ...args]
  for (let attempt = 0; ; attempt++) {
    const ended = await runCommand(command, { env: { NO_COLOR: '1' } })
    if (ended.code === 0 || attempt === 5) return ended
    await sleep(100)
  }
}

/** @returns the id that the caller sees */
async function failLogin(opaqueId?: string, wrongState = 'other'): Promise<string> {
  const response = {
    redirect_uri: `/cb?code=c&state=${encodeURIComponent(wrongState)}`,
    state: 'mine',
    nonce: 'n',
    realm: 'oidc1',
  }
  const answer = await callApi(program.api, '/_security/oidc/authenticate', {
    authorization: FACILITATOR,
    body: response,
    ...(opaqueId === undefined ? {} : { opaqueId }),
  })
  assert.equal(answer.status, 401)
  return answer.headers.get('x-request-id') ?? answer.headers.get('x-opaque-id') ?? ''
}

test('the id that a failed login shows leads to its audit lines and to the reason', async () => {
  for (const opaqueId of [undefined, 'an-id-of-the-caller']) {
    const { code, out, err } = await find(await failLogin(opaqueId))
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /^\S+ {2}(realm_)?authentication_failed$/m)
    assert.match(out, /Invalid state parameter \[other\], while \[mine\] was expected/)
  }
})

test('what a stranger sent cannot hide the line that it stands in', async () => {
  const { code, out } = await find(await failLogin('of-two-lines', 'one\u2028two'))
  assert.equal(code, 0)
  assert.match(out, /Invalid state parameter \[one.*two\]/)
})

test('what a stranger sent cannot steer the terminal', async () => {
  const { out } = await find(await failLogin('a-strange-one', '\u001b[2J\u0007\nforged'))
  assert.match(out, /state parameter \[\\u\{1b\}\[2J\\u\{7\}\\u\{a\}forged\]/)
})

test('the lines come as they are where a program reads them', async () => {
  const id = await failLogin()
  const { out } = await find(id, '--json')
  const lines = out.trimEnd().split('\n')
  assert.ok(lines.length > 0)
  for (const line of lines) assert.equal((JSON.parse(line) as { 'request.id': string })['request.id'], id)
})

test('an id that nobody had ends the command with 1, also where it is a part of another', async () => {
  const id = await failLogin()
  for (const unknown of ['nobody-had-this', id.slice(0, 8)]) {
    const { code, out, err } = await find(unknown)
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, new RegExp(`^nothing about \\[${unknown}\\]: not in .*_audit\\.json\\n$`))
  }
})
