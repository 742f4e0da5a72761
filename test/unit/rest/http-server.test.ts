/** The network side of the API, with a stub of what answers: what it lets through, and how it ends. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test, { type TestContext } from 'node:test'
import { createLog } from '../../../src/observe/log.ts'
import type { HttpAnswer } from '../../../src/rest/answer.ts'
import { createHttpServer } from '../../../src/rest/http-server.ts'
import type { ReceivedRequest } from '../../../src/rest/request.ts'

const log = createLog('fatal')

async function start(t: TestContext, answer: (request: ReceivedRequest) => Promise<HttpAnswer>, host = '127.0.0.1') {
  const server = createHttpServer({ answer, tls: undefined, log })
  const address = await server.listen({ host, port: 0 })
  const close = () => server.close()
  t.after(close)
  return { port: Number(new URL(address).port), address, close }
}

const tell = async ({ method, url }: ReceivedRequest): Promise<HttpAnswer> => ({
  status: 200,
  headers: {},
  text: `${method} ${url}`,
})

async function open(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect(port, host)
  await once(socket, 'connect')
  return socket
}

/** All that a server sends until it ends the connection. */
async function listenTo(socket: Socket): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of socket) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

for (const [what, sent, status, text] of [
  ['what is no HTTP', 'hello\r\n\r\n', 400, 'Bad Request'],
  ['headers without an end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}`, 431, 'Request Header Fields Too Large'],
] as const) {
  test(`${what} is answered ${status} as JSON, and the connection ends`, async (t) => {
    const { port } = await start(t, tell)
    const socket = await open(port)
    socket.write(sent)
    const answer = await listenTo(socket)
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} ${text}\r\n`))
    assert.match(answer, /\r\nConnection: close\r\n/)
    assert.deepEqual(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''), { error: text, status })
  })
}

test('a body that grows beyond the limit without saying so is refused', async (t) => {
  const { port } = await start(t, async ({ readBody }) =>
    readBody().then(
      (body) => ({ status: 200, headers: {}, text: String(body.length) }),
      (error: Error & { status: number; headers: Record<string, string> }) => ({
        status: error.status,
        headers: { ...error.headers },
        text: '',
      }),
    ),
  )
  const send = async (kilobytes: number) => {
    const socket = await open(port)
    socket.on('error', () => undefined)
    socket.write('POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n')
    for (let sent = 0; sent < kilobytes; sent++) socket.write(`400\r\n${'x'.repeat(1024)}\r\n`)
    socket.write('0\r\n\r\n')
    return listenTo(socket)
  }
  assert.match(await send(1024), /\r\n1048576$/)
  assert.match(await send(1025), /^HTTP\/1.1 413 /)
})

test('a body in parts has its characters whole', async (t) => {
  const { port } = await start(t, async ({ readBody }) => ({ status: 200, headers: {}, text: await readBody() }))
  const socket = await open(port)
  const body = Buffer.from('"ü€"')
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`)
  for (const byte of body) {
    socket.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.match(await listenTo(socket), /\r\n\r\n"ü€"$/)
})

test('the bytes of a caller’s own id come back as they were', async (t) => {
  const { port } = await start(t, async ({ headers: { 'x-opaque-id': id } }) => ({
    status: 200,
    headers: { 'x-opaque-id': id },
    text: '"ü"',
  }))
  const socket = await open(port)
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-opaque-id: éÿ€\r\n\r\n')
  assert.match(await listenTo(socket), /\r\nx-opaque-id: éÿ€\r\n[^]*\r\n\r\n"ü"$/)
})

for (const when of ['before', 'while'] as const)
  test(`a caller who leaves ${when} the body is read is let go`, async (t) => {
    const asked = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    const left = Promise.withResolvers<unknown>()
    const { port } = await start(t, async ({ readBody }) => {
      asked.resolve()
      if (when === 'before') await gone.promise
      await readBody().catch(left.resolve)
      return { status: 400, headers: {}, text: '' }
    })
    const socket = await open(port)
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345')
    await asked.promise
    socket.destroy()
    setTimeout(gone.resolve, 50)
    assert.match(String(await left.promise), /400/)
  })

test('an answer that cannot be written ends its connection, and the server goes on', async (t) => {
  const { port, address } = await start(t, async (request) => {
    if (request.url === '/bad') return { status: 200, headers: { 'x-id': 'a\nb' }, text: '' }
    return tell(request)
  })
  const socket = await open(port)
  socket.write('GET /bad HTTP/1.1\r\nhost: x\r\n\r\n')
  assert.equal(await listenTo(socket), '')
  assert.equal(await (await fetch(`${address}/good`)).text(), 'GET /good')
})

test('at the end, what was asked is answered, its connection ends with it, and idle ones end at once', async (t) => {
  const asked = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const { port, close } = await start(t, async (request) => {
    if (request.url === '/idle') return tell(request)
    asked.resolve()
    await goOn.promise
    return tell(request)
  })
  const [busy, idle] = [await open(port), await open(port)]
  idle.write('GET /idle HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(idle, 'data')
  busy.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
  await asked.promise
  const closed = close()
  await listenTo(idle)
  await assert.rejects(open(port), { code: 'ECONNREFUSED' })
  goOn.resolve()
  assert.match(await listenTo(busy), /\r\nconnection: close\r\n[^]*GET \/slow$/)
  await closed
})

test('localhost is each of its addresses, and all connections end with the server', async (t) => {
  const { port, close } = await start(t, tell, 'localhost')
  const answers = await Promise.all(
    ['127.0.0.1', '::1'].map(async (host) => {
      const socket = await open(port, host).catch((error: unknown) => error as NodeJS.ErrnoException)
      if (!('write' in socket)) return socket.code
      socket.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n')
      const [answer] = (await once(socket, 'data')) as [Buffer]
      return /^HTTP\/1.1 200 /.test(answer.toString())
    }),
  )
  assert.ok(answers.includes(true))
  // A machine without IPv6, or whose name has no such address.
  for (const answer of answers) assert.ok(answer === true || answer === 'ECONNREFUSED' || answer === 'EADDRNOTAVAIL')
  await close()
})

test('who asks is known also when the connection is gone by then', async (t) => {
  const asked = Promise.withResolvers<ReceivedRequest>()
  const gone = Promise.withResolvers<void>()
  const { port } = await start(t, async (request) => {
    asked.resolve(request)
    await gone.promise
    return tell(request)
  })
  const socket = await open(port)
  const { localPort } = socket
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const request = await asked.promise
  socket.resetAndDestroy()
  await once(socket, 'close')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(request.socket, { remoteAddress: '127.0.0.1', remotePort: localPort })
  gone.resolve()
})
