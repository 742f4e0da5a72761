/** What goes out: status, headers, and the body as a text in the form that was asked for. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { JsonObject } from '../kernel/json.ts'
import { filterAnswer } from './filter-path.ts'
import { chooseAnswerType } from './media-type.ts'
import type { Query } from './query.ts'
import { readOpaqueId, type ApiRequest } from './request.ts'
import type { Answer } from './route.ts'

export interface HttpAnswer {
  readonly status: number
  /** All but those about the way over the network, such as the length. */
  readonly headers: OutgoingHttpHeaders
  readonly text: string
}

/** @param more headers beside those of every answer */
export function buildAnswer(request: ApiRequest, answer: Answer, more?: OutgoingHttpHeaders): HttpAnswer {
  const { status = 200 } = answer
  const headers = buildHeaders(request, status, chooseAnswerType(request.headers.accept))
  if (more !== undefined) Object.assign(headers, more)
  return { status, headers, text: formatBody(answer, request.query) }
}

/** An answer of headers only. */
export function buildEmptyAnswer(request: ApiRequest, more: OutgoingHttpHeaders): HttpAnswer {
  return { status: 200, headers: { ...buildHeaders(request, 200, 'text/plain'), ...more }, text: '' }
}

/** What every answer has, with the id under which the log knows the request. */
function buildHeaders({ headers, id }: ApiRequest, status: number, type: string): OutgoingHttpHeaders {
  const built: OutgoingHttpHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
  // The official clients take the lack of it for a server that is not Elasticsearch's kin.
  if (status !== 401 && status !== 403) built['x-elastic-product'] = 'Elasticsearch'
  built[readOpaqueId(headers) === undefined ? 'x-request-id' : 'x-opaque-id'] = id
  built['content-type'] = type
  return built
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
