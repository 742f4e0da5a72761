/**
 * How an answer is written: its headers, and its body in the form that was asked for. It goes straight to node:http, as
 * a text in one piece: the framework would look at its type and its headers once more, for nothing that is used here.
 */
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { JsonObject } from '../kernel/json.ts'
import { acceptsGzip, compress, WORTH_COMPRESSING } from './compression.ts'
import { filterAnswer } from './filter-path.ts'
import { chooseAnswerType } from './media-type.ts'
import type { Query } from './query.ts'
import type { Answer } from './route.ts'

type Headers = OutgoingHttpHeaders

/** @param headers beside those of every answer */
export function sendAnswer(
  request: FastifyRequest<{ Querystring: Query }>,
  reply: FastifyReply,
  answer: Answer,
  headers?: Headers,
): void {
  const { status = 200 } = answer
  const text = formatBody(answer, request.query)
  const head = buildHead(request, status, chooseAnswerType(request.headers.accept))
  if (headers !== undefined) Object.assign(head, headers)
  // Not before: what fails until here is still answered by the framework.
  reply.hijack()
  if (text.length < WORTH_COMPRESSING || !acceptsGzip(request.headers['accept-encoding'])) {
    return send(reply, status, head, text)
  }
  void sendCompressed(reply, status, head, text)
}

async function sendCompressed(reply: FastifyReply, status: number, head: Headers, text: string): Promise<void> {
  const compressed = await compress(text)
  if (compressed === undefined) send(reply, status, head, text)
  else send(reply, status, { ...head, 'content-encoding': 'gzip' }, compressed)
}

/** An answer of headers only. */
export function sendHeaders(request: FastifyRequest, reply: FastifyReply, headers: Headers): void {
  reply.hijack()
  send(reply, 200, { ...buildHead(request, 200, 'text/plain'), ...headers }, '')
}

/** What every answer has, with the id under which the log knows the request. */
function buildHead({ headers, id }: FastifyRequest, status: number, type: string): Headers {
  const head: Headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
  // The official clients take the lack of it for a server that is not Elasticsearch's kin.
  if (status !== 401 && status !== 403) head['x-elastic-product'] = 'Elasticsearch'
  head[readOpaqueId(headers['x-opaque-id']) === undefined ? 'x-request-id' : 'x-opaque-id'] = id
  head['content-type'] = type
  return head
}

function send(reply: FastifyReply, status: number, head: Headers, body: string | Buffer): void {
  head['content-length'] = Buffer.byteLength(body)
  reply.raw.writeHead(status, head).end(body)
}

/** The caller's own id for the request. */
export function readOpaqueId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined
}

function formatBody({ body, text }: Answer, { filter, pretty }: Query): string {
  if (filter === undefined && !pretty) return text ?? JSON.stringify(body)
  const shown = filter === undefined ? body : filterAnswer(body, filter)
  return pretty ? formatPretty(shown) : JSON.stringify(shown)
}

/** Two blanks a level, and blanks on both sides of the colon. */
function formatPretty(body: JsonObject): string {
  return `${JSON.stringify(body, null, 2).replaceAll(/^( *"(?:[^"\\]|\\.)*"): /gm, '$1 : ')}\n`
}
