/** How a part's connections end when it stops. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test, { type TestContext } from 'node:test'
import type { TlsOptions } from 'node:tls'
import { listen } from '../../src/listener.ts'
import { createTrialCertificates } from '../../src/net/trial-certificates.ts'
import { createLog } from '../../src/observe/log.ts'
import { createHttpServer } from '../../src/rest/http-server.ts'

async function start(t: TestContext, tls?: TlsOptions) {
  const app = createHttpServer({
    answer: async ({ readBody }) => ({ status: 200, headers: {}, text: await readBody() }),
    tls,
    log: createLog('fatal'),
  })
  const taken = once(app.server, tls === undefined ? 'request' : 'connection')
  const { address, release } = await listen(app, { host: '127.0.0.1', port: 0 })
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const stop = () => {
    release()
    return app.close()
  }
  return { port: Number(new URL(address).port), taken, stop }
}

async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(text)
  // It is cut off.
  return socket.on('error', () => undefined).resume()
}

async function createTls(): Promise<TlsOptions> {
  const { certificate: cert, key } = await createTrialCertificates({ names: ['localhost'], days: 1 })
  return { cert, key }
}

for (const { what, sent, tls } of [
  { what: 'half a request', sent: 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345', tls: undefined },
  { what: 'half a greeting of TLS', sent: '\x16\x03\x01', tls: await createTls() },
]) {
  test(`who sends ${what} holds up the end for ten seconds, and no longer`, async (t) => {
    const { port, taken, stop } = await start(t, tls)
    const socket = await open(port, sent)
    await taken
    const stopped = stop()
    t.mock.timers.tick(9999)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(socket.closed, false)
    t.mock.timers.tick(1)
    await stopped
  })
}
