/** How an answer is written: its headers, and its body in the form that was asked for. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { JsonObject } from '../kernel/json.ts'
import { acceptsGzip, sendCompressed } from './compression.ts'
import { filterAnswer } from './filter-path.ts'
import { chooseAnswerType } from './media-type.ts'
import type { Query } from './query.ts'

const OF_EVERY_ANSWER = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // The official clients take the lack of it for a server that is not Elasticsearch's kin.
  'x-elastic-product': 'Elasticsearch',
}

/** Sets what every answer has, with the id under which the log knows the request. */
export function setHeaders({ headers, id }: FastifyRequest, reply: FastifyReply): void {
  reply.headers(OF_EVERY_ANSWER)
  reply.header(readOpaqueId(headers['x-opaque-id']) === undefined ? 'x-request-id' : 'x-opaque-id', id)
}

export function sendAnswer(
  { headers, query }: FastifyRequest<{ Querystring: Query }>,
  reply: FastifyReply,
  status: number,
  body: JsonObject,
): FastifyReply {
  if (status === 401 || status === 403) reply.removeHeader('x-elastic-product')
  const shown = query.filter === undefined ? body : filterAnswer(body, query.filter)
  const text = query.pretty ? formatPretty(shown) : JSON.stringify(shown)
  reply.code(status).header('content-type', chooseAnswerType(headers.accept))
  // As bytes: to a text Fastify would add a charset to the type that was asked for.
  return sendCompressed(reply, Buffer.from(text), acceptsGzip(headers['accept-encoding']))
}

/** The caller's own id for the request. */
export function readOpaqueId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined
}

/** Two blanks a level, and blanks on both sides of the colon. */
function formatPretty(body: JsonObject): string {
  return `${JSON.stringify(body, null, 2).replaceAll(/^(\s*"(?:[^"\\]|\\.)*"): /gm, '$1 : ')}\n`
}
