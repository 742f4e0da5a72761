/**
 * The network side of the REST API, on node:http: what a connection may ask for, how a body is read, how an answer is
 * written. It knows nothing of what is asked. There is no framework between: it cost a third of each request here, since
 * the API reads paths, parameters and bodies by rules of its own.
 */
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createDoor, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TlsOptions } from 'node:tls'
import { endOfTurn } from '../kernel/turn.ts'
import type { Log } from '../observe/log.ts'
import type { HttpAnswer } from './answer.ts'
import { textError } from './api-error.ts'
import { acceptsGzip, compress, WORTH_COMPRESSING } from './compression.ts'
import type { ReceivedRequest } from './request.ts'

const LARGEST_BODY = 1024 * 1024
const NOT_ASCII = /[\u0080-\u00ff]/
/** Milliseconds, for the whole of a request. */
const REQUEST_TIMEOUT = 30_000
/** Milliseconds: longer than the minute for which proxies keep a connection that is not in use. */
const KEEP_ALIVE_TIMEOUT = 72_000

export interface HttpServer {
  readonly server: Server
  /** `localhost` is every address of that name. @returns the origin */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>
  /** Takes no new connections; resolves when all that was asked on the others is answered. */
  close(): Promise<void>
}

export function createHttpServer({
  answer,
  tls,
  log,
}: {
  answer: (request: ReceivedRequest) => Promise<HttpAnswer>
  /** Absent: plain HTTP. */
  tls: TlsOptions | undefined
  log: Log
}): HttpServer {
  const options = { requestTimeout: REQUEST_TIMEOUT, keepAliveTimeout: KEEP_ALIVE_TIMEOUT }
  const server = tls === undefined ? createServer(options) : createSecureServer({ ...options, ...tls })
  server.on('request', (message: IncomingMessage, response: ServerResponse) => void respond(message, response))
  server.on('clientError', refuseConnection)
  /** At further addresses. Their connections are the server's. */
  const doors: Server[] = []
  let closing = false

  return {
    server,
    async listen({ host, port }) {
      const addresses = host === 'localhost' ? await lookup(host, { all: true }) : [{ address: host }]
      const [first = host, ...others] = addresses.map(({ address }) => address)
      await open(server, first, port)
      const { address, family, port: taken } = server.address() as AddressInfo
      for (const other of others) {
        const door = createDoor({ noDelay: true }, (socket) => server.emit('connection', socket))
        doors.push(door)
        // Not every address of the name need be one of this machine.
        await open(door, other, taken).catch(() => undefined)
      }
      return `${tls === undefined ? 'http' : 'https'}://${family === 'IPv6' ? `[${address}]` : address}:${taken}`
    },
    async close() {
      closing = true
      await Promise.all([server, ...doors].map((each) => new Promise((resolve) => each.close(resolve))))
    },
  }

  async function respond(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers, rawHeaders } = message
    // Read now: of a connection that is gone it is not known any more.
    const { remoteAddress, remotePort } = message.socket
    try {
      await endOfTurn()
      const {
        status,
        headers: head,
        text,
      } = await answer({
        method,
        url,
        headers,
        rawHeaders,
        socket: { remoteAddress, remotePort },
        readBody: () => readBody(message),
      })
      let body: string | Buffer = text
      if (text.length >= WORTH_COMPRESSING && acceptsGzip(headers['accept-encoding'])) {
        body = (await compress(text)) ?? text
        if (body !== text) head['content-encoding'] = 'gzip'
      }
      // With a text Node.js would write the head in UTF-8 as well, and the caller's own id would come back as another.
      if (body === text && NOT_ASCII.test(String(headers['x-opaque-id']))) body = Buffer.from(text)
      head['content-length'] = Buffer.byteLength(body)
      if (closing) head['connection'] = 'close'
      response.writeHead(status, head).end(body)
    } catch (error) {
      log.error({ err: error, 'http.request.method': method }, 'an answer could not be written')
      response.destroy()
    }
  }
}

async function open(server: Server, host: string, port: number): Promise<void> {
  server.listen({ host, port })
  await once(server, 'listening')
}

function readBody(message: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const refuse = () => reject(textError(413, 'Request body is too large', { connection: 'close' }))
  // Nobody is there any more to read the answer.
  const giveUp = () => reject(textError(400, 'the request ended before its body did'))
  if (Number(message.headers['content-length']) > LARGEST_BODY) {
    refuse()
    return promise
  }
  if (message.destroyed) giveUp()
  const parts: Buffer[] = []
  let length = 0
  message.on('data', (bytes: Buffer) => {
    length += bytes.length
    if (length > LARGEST_BODY) refuse()
    else parts.push(bytes)
  })
  message.once('end', () => resolve((parts.length === 1 ? parts[0] : Buffer.concat(parts))?.toString() ?? ''))
  message.once('error', giveUp)
  return promise
}

/** What is no request of HTTP, or none that came in time. */
function refuseConnection({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const body = JSON.stringify({ error: STATUS_CODES[status], status })
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', 'Content-Type: application/json']
  socket.end([...head, `Content-Length: ${body.length}`, '', body].join('\r\n'))
}
