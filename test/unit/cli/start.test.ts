import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Program, startProgram } from '../../support/program.ts'

/** Longer than the time in which two signals count as one. */
const LATER = 800

/** Starts the program with a request that never ends, so that it cannot stop by itself. */
async function startBusy(t: TestContext): Promise<Program> {
  const program = await startProgram()
  t.after(() => program.remove())
  const headers = { 'content-type': 'application/json', 'content-length': 10, expect: '100-continue' }
  const endless = request(new URL('/_security/oauth2/token', program.api), { method: 'POST', headers })
  endless.on('error', () => {})
  endless.flushHeaders()
  await once(endless, 'continue')
  t.after(() => endless.destroy())
  return program
}

test('a second signal ends the program at once, with the code of the signal', async (t) => {
  const program = await startBusy(t)
  process.kill(program.pid(), 'SIGTERM')
  await sleep(LATER)
  assert.ok(isAlive(program))
  assert.equal(await program.stop('SIGTERM'), 143)
})

test('two signals at once count as one', async (t) => {
  const program = await startBusy(t)
  process.kill(program.pid(), 'SIGINT')
  process.kill(program.pid(), 'SIGINT')
  await sleep(LATER)
  assert.ok(isAlive(program))
  assert.equal(await program.stop('SIGINT'), 130)
})

function isAlive(program: Program): boolean {
  try {
    return process.kill(program.pid(), 0)
  } catch {
    return false
  }
}
