/**
 * The security API over the network: several hosts in turn, with a time-out, over TLS with its own trust. What may have
 * reached a host is never sent twice, but for a GET whose connection broke.
 */
import { Agent, type Dispatcher } from 'undici'
import { isJsonObject } from '../kernel/json.ts'
import { createTrust } from '../net/trust.ts'
import type { RemoteApiSettings } from '../settings/settings.ts'
import type { ApiAnswer, ApiCall, SecurityApi } from './security-api.ts'

export interface RemoteSecurityApi extends SecurityApi {
  close(): Promise<void>
}

const MAX_BODY = 1_048_576
/** A connection that is not there after this many milliseconds will not come: the next host has its turn. */
const LONGEST_CONNECT = 5000
/** Nothing was sent yet. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])
/** Something may have been. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** @param parts.authorization the header of the portal itself */
export function createRemoteSecurityApi(parts: {
  settings: RemoteApiSettings
  authorization: string
}): RemoteSecurityApi {
  const { settings, authorization } = parts
  const { hosts, requestTimeout, clientCertificate, alwaysPresentCertificate } = settings
  const withCertificate = createAgent(settings, clientCertificate)
  const plain = alwaysPresentCertificate ? withCertificate : createAgent(settings, undefined)
  /** The host that answered last. */
  let answering = 0

  async function send(host: string, call: ApiCall, signal: AbortSignal): Promise<ApiAnswer> {
    const { method, path, as, body, referenceId } = call
    const url = new URL(host + path)
    const answer = await (as === 'portal' ? withCertificate : plain).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: {
        ...(as === 'portal' ? { authorization } : { ...as.headers, authorization: as.authorization }),
        accept: 'application/json',
        'x-opaque-id': referenceId,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    })
    return {
      status: answer.statusCode,
      body: readObject(await readBounded(answer.body)),
      ...(answer.headers['retry-after'] !== undefined && { passing: true }),
    }
  }

  return {
    async call(call) {
      const signal = AbortSignal.timeout(requestTimeout)
      let mayRepeat = call.method === 'GET'
      let unreached = 0
      // A number of its own: calls that run at the same time would pass over hosts for each other.
      for (let at = answering; ; at = (at + 1) % hosts.length) {
        try {
          const answer = await send(hosts[at] ?? '', call, signal)
          answering = at
          return answer
        } catch (error) {
          const code = codeOf(error)
          if (BROKEN.has(code) && mayRepeat) mayRepeat = false
          else if (!NOT_CONNECTED.has(code) || ++unreached === hosts.length) throw error
        }
      }
    },
    async close() {
      await Promise.all([...new Set([withCertificate, plain])].map((agent) => agent.close()))
    },
  }
}

function createAgent(settings: RemoteApiSettings, identity: RemoteApiSettings['clientCertificate']): Dispatcher {
  const { hosts, requestTimeout } = settings
  const isSecure = hosts.some((host) => host.startsWith('https:'))
  const timeout = Math.min(LONGEST_CONNECT, requestTimeout)
  return new Agent({
    connect: { timeout, ...(isSecure && createTrust(settings, identity)) },
    headersTimeout: requestTimeout,
    bodyTimeout: requestTimeout,
  })
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BODY) throw new Error(`the answer of the security API is longer than ${MAX_BODY} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** What is no JSON object, such as the error page of a proxy, counts as no body. */
function readObject(text: string): ApiAnswer['body'] {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
