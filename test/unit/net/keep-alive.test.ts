/** How long a connection to a provider is kept: by the setting, by what the server says, whichever is shorter. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openOutbound } from '../../support/outbound.ts'
import { readVectors } from '../../support/vectors.ts'

interface Vector {
  readonly name: string
  /** `http.connection_pool_ttl`, in seconds. */
  readonly setting: number
  /** `Keep-Alive: timeout=…` of the server. */
  readonly server?: number
  /** How many are opened for two calls in a row and a third after a pause. */
  readonly connections: number
}

test('TCP connections are kept as long as the shorter of setting and server says', { concurrency: true }, async (t) => {
  const vectors = readVectors('keep-alive.json') as readonly Vector[]
  await Promise.all(
    vectors.map(({ name, setting, server, connections }) =>
      t.test(name, async () => assert.equal(await countConnections(setting, server), connections)),
    ),
  )
})

async function countConnections(connectionPoolTtl: number, announced: number | undefined): Promise<number> {
  let connections = 0
  const server = createServer((_request, response) => {
    // Said by hand, so that Node adds no time of its own.
    response.setHeader('connection', 'keep-alive')
    if (announced !== undefined) response.setHeader('keep-alive', `timeout=${announced}`)
    response.end('{}')
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const outbound = openOutbound({ connectionPoolTtl, maxEndpointConnections: 1 })
  try {
    await outbound.get(url)
    await outbound.get(url)
    await sleep(2500)
    await outbound.get(url)
    return connections
  } finally {
    await outbound.close()
    server.closeAllConnections()
    server.close()
  }
}
