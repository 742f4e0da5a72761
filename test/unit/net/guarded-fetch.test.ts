import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { AddressRefused, createGuardedFetch } from '../../../src/net/guarded-fetch.ts'

async function startListener(t: { after(end: () => void): void }) {
  let connections = 0
  const server = createServer((request, response) => {
    if (request.url === '/elsewhere') return response.writeHead(302, { location: '/' }).end()
    return response.end('inside')
  })
  server.on('connection', () => connections++)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

test('A-31: no connection is opened to a special-use address, however it is written', async (t) => {
  const { port, connections } = await startListener(t)
  const guarded = createGuardedFetch({ allowedHosts: [] })
  t.after(() => guarded.close())
  const hosts = [
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '2130706433',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
  ]
  const inside = [
    'localhost',
    '10.0.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '[fd00::1]',
    '[fe80::1]',
    '[64:ff9b::7f00:1]',
  ]
  for (const host of [...hosts, ...inside, '[::127.0.0.1]', '100.64.0.1', '224.0.0.1', '[ff02::1]']) {
    const call = guarded.fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(2000) })
    await assert.rejects(call, (error: Error) => error.cause instanceof AddressRefused, host)
  }
  assert.equal(connections(), 0)
})

test('a host that the operator allowed is reached, and its redirects are not followed', async (t) => {
  const { port } = await startListener(t)
  for (const allowedHosts of [['localhost'], ['127.0.0.0/8', '::1']]) {
    const guarded = createGuardedFetch({ allowedHosts })
    t.after(() => guarded.close())
    assert.equal(await (await guarded.fetch(`http://localhost:${port}/`)).text(), 'inside')
    assert.equal((await guarded.fetch(`http://localhost:${port}/elsewhere`)).status, 302)
  }
})
