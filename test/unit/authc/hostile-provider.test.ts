/** A provider that breaks HTTP, at each endpoint that the realm calls: every login fails for its reason, and soon. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import test, { type TestContext } from 'node:test'
import { openRealmBench } from '../../support/oidc-realm.ts'

/** Goes on until nobody reads any more. */
function pour(socket: Socket, chunk: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', more)
  more()
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
const FAULTS: Readonly<Record<string, (socket: Socket) => void>> = {
  'hangs up': (socket) => socket.destroy(),
  'says nothing': () => {},
  'does not speak HTTP': (socket) => socket.end('SSH-2.0-x\r\n'),
  'never ends its headers': (socket) => pour(socket, `${HEAD}${'X-A: b\r\n'.repeat(1000)}`),
  'never ends its body': (socket) => {
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
    pour(socket, `10000\r\n${' '.repeat(65_536)}\r\n`)
  },
  'ends before its body does': (socket) => socket.end(`${HEAD}Content-Length: 100\r\n\r\n{}`),
  'gives two lengths': (socket) => socket.end(`${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`),
  'compresses unasked': (socket) => socket.end(`${HEAD}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b`),
  'redirects to itself': (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n'),
  'redirects to the unprotected': (socket) =>
    socket.end('HTTP/1.1 302 Found\r\nLocation: http://op.example.com/\r\nContent-Length: 0\r\n\r\n'),
  'answers with HTML': (socket) =>
    socket.end('HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>'),
}

const ENDPOINTS = {
  tokenEndpoint: 'code_exchange_failed',
  userinfoEndpoint: 'userinfo_failed',
  jwksetPath: 'id_token_invalid',
  issuer: 'provider_unavailable',
} as const

async function startFaulty(t: TestContext, fault: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => fault(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

for (const [name, fault] of Object.entries(FAULTS))
  for (const [setting, reason] of Object.entries(ENDPOINTS))
    test(`A-32: ${setting} of a provider that ${name}`, async (t) => {
      await using bench = await openRealmBench({ connectTimeout: 0.2, socketTimeout: 0.3 })
      const url = await startFaulty(t, fault)
      const discovered = setting === 'issuer' ? { authorizationEndpoint: undefined } : {}
      const realm = bench.openRealm({ op: { [setting]: url, ...discovered } })
      if (setting === 'issuer') return assert.rejects(realm.prepare({}), { reason })
      await assert.rejects(bench.finish(realm, await bench.begin(realm)), { reason })
    })
