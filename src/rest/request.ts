/** A request of the REST API: as it came, over a connection or from this process, and what becomes known of it on its way. */
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { readQuery, type Query } from './query.ts'

export interface ReceivedRequest {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly url: string
  readonly headers: Readonly<IncomingHttpHeaders>
  /** Names and values by turns, as they came over a connection. */
  readonly rawHeaders?: readonly string[]
  /** Absent: it comes from this process. */
  readonly socket?: Pick<Socket, 'remoteAddress' | 'remotePort'>
  /** Called once, and only for who may ask something with a body. @throws BodyError 413 for a body that is too large */
  readonly readBody: () => Promise<string>
}

export interface ApiRequest extends ReceivedRequest {
  /** The caller's own id, or one that is made here: by it answer, log and audit log are joined. */
  readonly id: string
  /** The part of the URL before the query, not decoded. */
  readonly path: string
  readonly query: Query
  /** Once it was read. */
  body?: string
  /** The action that was allowed. */
  action?: string
}

/** RFC 9112 §3.2.2: a request may name the server too. */
const ORIGIN = /^https?:\/\/[^/?]*/i

export function buildRequest({ method, url, headers, rawHeaders, socket, readBody }: ReceivedRequest): ApiRequest {
  const target = url.startsWith('/') ? url : url.replace(ORIGIN, '')
  const mark = target.indexOf('?')
  return {
    method,
    url,
    headers,
    ...(rawHeaders && { rawHeaders }),
    ...(socket && { socket }),
    readBody,
    id: readOpaqueId(headers) ?? randomUUID(),
    path: mark < 0 ? target : target.slice(0, mark),
    query: readQuery(mark < 0 ? '' : target.slice(mark + 1)),
  }
}

/** The caller's own id for the request. */
export function readOpaqueId({ 'x-opaque-id': id }: Readonly<IncomingHttpHeaders>): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined
}

export function hasBody({ headers }: Pick<ApiRequest, 'headers'>): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}
