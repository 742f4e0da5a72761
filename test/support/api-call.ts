/** Calls to a running security API, as any HTTP client makes them. */
import { isJsonObject, type Json, type JsonObject } from '../../src/kernel/json.ts'

/** The demo's accounts, as values of `Authorization`. */
export const ELASTIC = basic('elastic', 'elastic-demo')
export const FACILITATOR = basic('facilitator', 'facilitator-demo')

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

export function bearer(token: string): string {
  return `Bearer ${token}`
}

export interface ApiCall {
  readonly method?: string
  readonly authorization?: string
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: JsonObject | string
  readonly contentType?: string
  /** The correlation id that log lines and the answer carry. */
  readonly opaqueId?: string
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: JsonObject
}

/** @param address of the API, e.g. `http://localhost:9200` */
export async function callApi(address: string, path: string, call: ApiCall = {}): Promise<ApiAnswer> {
  const { body, authorization, opaqueId, contentType = 'application/json' } = call
  const answer = await fetch(new URL(path, address), {
    method: call.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(opaqueId !== undefined && { 'x-opaque-id': opaqueId }),
      ...(body !== undefined && { 'content-type': contentType }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(20_000),
  })
  const parsed = (await answer.json()) as Json
  if (!isJsonObject(parsed)) throw new Error(`${path} was not answered with an object`)
  return { status: answer.status, headers: answer.headers, body: parsed }
}

/** A field of an answer that has to be a string. */
export function text(answer: ApiAnswer, field: string): string {
  const value = answer.body[field]
  if (typeof value !== 'string') throw new Error(`no [${field}] in ${answer.status} ${JSON.stringify(answer.body)}`)
  return value
}

/** The error's reason, or the error itself where it is a text. */
export function reason(answer: ApiAnswer): string {
  const { error } = answer.body
  const found = isJsonObject(error) ? error['reason'] : error
  if (typeof found !== 'string') throw new Error(`no reason in ${answer.status} ${JSON.stringify(answer.body)}`)
  return found
}
