/** Calls through Debian's tinyproxy, which is none of ours. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { findAddresses } from '../../support/addresses.ts'
import { openOutbound } from '../../support/outbound.ts'
import { startScriptedProvider } from '../../support/scripted-provider.ts'
import tlsServers from '../../vectors/tls-servers.json' with { type: 'json' }

/** @returns its port, and what it has logged */
async function startTinyproxy(t: TestContext): Promise<{ port: number; logged: () => string }> {
  const directory = mkdtempSync(join(tmpdir(), 'ostiary-tinyproxy-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const port = Number(new URL((await findAddresses()).api).port)
  const [config, log] = [join(directory, 'tinyproxy.conf'), join(directory, 'log')]
  writeFileSync(
    config,
    `Port ${port}\nListen 127.0.0.1\nLogFile "${log}"\nLogLevel Connect\nMaxClients 20\nTimeout 10\n`,
  )
  const child = spawn('tinyproxy', ['-d', '-c', config], { stdio: 'ignore' })
  t.after(async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
  })
  await once(child, 'spawn')
  for (let attempt = 0; !(await listens(port)); attempt++) {
    if (attempt > 200) throw new Error('tinyproxy does not listen')
    await sleep(25)
  }
  return { port, logged: () => readFileSync(log, 'utf8') }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

test('http calls to the provider go through tinyproxy, and keep their headers and bodies', async (t) => {
  const { port, logged } = await startTinyproxy(t)
  await using provider = await startScriptedProvider()
  provider.script('token', ({ body, headers }) => ({ body: { body, authorization: headers.authorization } }))
  await using outbound = openOutbound({ proxy: { host: '127.0.0.1', port, scheme: 'http' } })
  assert.equal((await outbound.get(provider.urls.jwks)).status, 200)
  const answer = await outbound.post(provider.urls.token, 'a=1', { authorization: 'Basic eDp5' })
  assert.deepEqual(JSON.parse(answer.body), { body: 'a=1', authorization: 'Basic eDp5' })
  assert.match(provider.requests[0]?.headers.via ?? '', /tinyproxy/)
  assert.match(logged(), /Request .*GET .*\/jwks/)
})

test('https calls go through a tunnel that tinyproxy cannot look into', async (t) => {
  const { port, logged } = await startTinyproxy(t)
  const { key, cert } = tlsServers.localhost
  const server = createServer({ key, cert }, (request, response) => response.end(request.headers.via ?? 'direct'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port: own } = server.address() as AddressInfo
  await using outbound = openOutbound({
    proxy: { host: '127.0.0.1', port, scheme: 'http' },
    certificateAuthorities: [cert],
  })
  assert.equal((await outbound.get(`https://localhost:${own}/secret-path`)).body, 'direct')
  assert.match(logged(), new RegExp(`CONNECT localhost:${own}`))
  assert.doesNotMatch(logged(), /secret-path/)
})

test('a proxy that is away fails the call, and nothing goes around it', async () => {
  await using provider = await startScriptedProvider()
  await using outbound = openOutbound({ proxy: { host: '127.0.0.1', port: 1, scheme: 'http' } })
  await assert.rejects(outbound.get(provider.urls.jwks))
  assert.equal(provider.requests.length, 0)
})
