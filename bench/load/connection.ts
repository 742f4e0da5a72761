/** One keep-alive connection of the load generator: a request, its answer, the next request. */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  /** The status line and the headers. */
  readonly head: string
  readonly body: Buffer
}

export interface Connection {
  /** One at a time. */
  ask(request: Buffer): Promise<Answer>
  close(): void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const NOTHING = Buffer.alloc(0)
/** The server's word that it closes the connection. */
const LAST = /\r\nconnection: *close/i
const TIMEOUT_MS = 20_000

/**
 * No HTTP client of a library: those cost more than the servers that are measured. A server may end the connection with
 * an answer, as Apache does after a hundred; the next request then opens another.
 */
export function createConnection(port: number): Connection {
  let socket: Socket | undefined
  let received: Buffer = NOTHING
  let asked: PromiseWithResolvers<Answer> | undefined

  async function open(): Promise<Socket> {
    const opened = await connectTo(port)
    received = NOTHING
    opened.on('data', (bytes: Buffer) => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes])
      const answer = readAnswer(received)
      if (answer === undefined) return
      received = received.subarray(answer.length)
      if (LAST.test(answer.head)) end()
      asked?.resolve(answer)
    })
    const fail = (cause?: unknown) => asked?.reject(new Error('the server ended a connection', { cause }))
    opened.on('error', fail)
    opened.on('close', () => {
      if (socket === opened) fail()
    })
    opened.setTimeout(TIMEOUT_MS, () => opened.destroy())
    return opened
  }

  function end(): void {
    const ended = socket
    socket = undefined
    ended?.destroy()
  }

  return {
    async ask(request) {
      socket ??= await open()
      asked = Promise.withResolvers<Answer>()
      socket.write(request)
      return asked.promise
    },
    close: end,
  }
}

async function connectTo(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}

/** @returns `undefined` while bytes are missing */
function readAnswer(bytes: Buffer): (Answer & { length: number }) | undefined {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const start = headEnd + HEAD_END.length
  const length = start + readLength(head, status)
  if (bytes.length < length) return undefined
  return { status, head, body: bytes.subarray(start, length), length }
}

function readLength(head: string, status: number): number {
  const found = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (found !== null) return Number(found[1])
  if (status === 204) return 0
  throw new Error(`an answer without a length: ${head}`)
}
