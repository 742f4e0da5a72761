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
const GET = Buffer.from('GET ')
const NOTHING = Buffer.alloc(0)
/** The server's word that it closes the connection. */
const LAST = /\r\nconnection: *close/i
const TIMEOUT_MS = 20_000

/**
 * No HTTP client of a library: those cost more than the servers that are measured. A server may end the connection with
 * an answer or while nothing is asked, as Apache does; the request then goes over another one.
 */
export function createConnection(port: number): Connection {
  let socket: Socket | undefined
  let received: Buffer = NOTHING
  let asked: { request: Buffer; answered: PromiseWithResolvers<Answer> } | undefined

  async function open(): Promise<Socket> {
    const opened = await connectTo(port)
    let answers = 0
    received = NOTHING
    opened.on('data', (bytes: Buffer) => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes])
      const done = asked
      try {
        const answer = readAnswer(received)
        if (answer === undefined) return
        received = received.subarray(answer.length)
        answers++
        if (LAST.test(answer.head)) end()
        asked = undefined
        done?.answered.resolve(answer)
      } catch (error) {
        done?.answered.reject(error)
      }
    })
    opened.on('error', () => opened.destroy())
    opened.on('close', () => {
      if (socket !== opened) return
      socket = undefined
      if (asked === undefined) return
      const wasIdle = answers > 0 && received.length === 0
      // RFC 9112 §9.3.1: what changes nothing may be asked again.
      const again = wasIdle && asked.request.subarray(0, GET.length).equals(GET)
      if (again) void send(asked)
      else asked.answered.reject(new Error('the server ended a connection'))
    })
    opened.setTimeout(TIMEOUT_MS, () => opened.destroy())
    return opened
  }

  async function send({ request, answered }: NonNullable<typeof asked>): Promise<void> {
    try {
      socket ??= await open()
      socket.write(request)
    } catch (error) {
      answered.reject(error)
    }
  }

  function end(): void {
    const ended = socket
    socket = undefined
    ended?.destroy()
  }

  return {
    async ask(request) {
      const answered = Promise.withResolvers<Answer>()
      asked = { request, answered }
      await send(asked)
      return answered.promise
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

/** @returns `undefined` while bytes are missing. @throws Error if nobody can tell how long it is */
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
