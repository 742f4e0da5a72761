/**
 * Calls to other servers: a bounded pool, time-outs, a size limit, a proxy, trust. It keeps no cookies, decodes no
 * compression, follows no redirect of a POST, and never carries a bearer token to another origin. It does not know
 * what an answer means; a failed call rejects with an `Error`.
 */
import { Agent, ProxyAgent, type Dispatcher } from 'undici'
import { isLoopbackHost } from '../kernel/loopback.ts'
import { createRecentMap } from '../kernel/recent-map.ts'
import { endOfTurn } from '../kernel/turn.ts'
import type { OutboundSettings } from '../settings/settings.ts'
import { createConnectionSlots } from './connection-slots.ts'
import { exchange } from './exchange.ts'
import { createTrust } from './trust.ts'

const MAX_BODY = 1_048_576
const MAX_REDIRECTS = 3
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Where the settings switch a time-out off, there still is this one. Milliseconds. */
const NO_LIMIT = 60_000
const UTF8 = new TextDecoder()
/** A provider has a handful of endpoints. */
const MOST_ADDRESSES = 32
/** Some twelve days, in milliseconds: two of them still fit a timer. */
const LONGEST = 1_073_741_823

export interface OutboundAnswer {
  readonly status: number
  readonly reasonPhrase: string
  readonly contentType: string | undefined
  readonly wwwAuthenticate: string | undefined
  readonly cacheControl: string | undefined
  readonly location: string | undefined
  readonly date: string | undefined
  /** Decoded with the charset of the content type, else UTF-8. */
  readonly body: string
}

export interface Outbound {
  /** Follows a few redirects, to protected addresses only; with `follow: false` none. */
  get(url: string, options?: { readonly bearer?: string; readonly follow?: boolean }): Promise<OutboundAnswer>
  /** Posts a form; a redirect is returned like any other answer. */
  post(url: string, form: string, options?: { readonly authorization?: string | undefined }): Promise<OutboundAnswer>
  close(): Promise<void>
}

/** Whether nobody on the way can read or change what is sent there: `https`, or `http` that stays on this machine. */
export function isProtected(url: string): boolean {
  const { protocol, hostname } = URL.parse(url) ?? { protocol: '', hostname: '' }
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
}

export function createOutbound(settings: OutboundSettings): Outbound {
  const connectTimeout = toMilliseconds(settings.connectTimeout)
  const socketTimeout = toMilliseconds(settings.socketTimeout)
  const slots = createConnectionSlots({
    total: settings.maxConnections,
    perOrigin: settings.maxEndpointConnections,
    wait: toMilliseconds(settings.connectionReadTimeout),
  })
  // Beside the pauses between packets, the whole exchange has an end: a server may drip.
  const limits = { within: connectTimeout + socketTimeout, most: MAX_BODY }
  const addresses = createRecentMap<string, URL>(MOST_ADDRESSES)
  const readAddress = (text: string) => {
    const address = addresses.get(text) ?? new URL(text)
    addresses.set(text, address)
    return address
  }
  // One for each protocol, made when it is needed: the system's certificates take a while to read.
  const dispatchers = new Map<string, Dispatcher>()
  const dispatcherFor = (protocol: string) => {
    const dispatcher = dispatchers.get(protocol) ?? createDispatcher(settings, connectTimeout, protocol === 'https:')
    dispatchers.set(protocol, dispatcher)
    return dispatcher
  }

  async function send(method: 'GET' | 'POST', url: URL, headers: Record<string, string>, body?: string) {
    const { origin } = url
    const release = await slots.take(origin)
    try {
      const request = {
        origin,
        path: url.pathname + url.search,
        method,
        headers,
        body: body ?? null,
        headersTimeout: socketTimeout,
        bodyTimeout: socketTimeout,
      }
      const answer = await exchange(dispatcherFor(url.protocol), request, limits)
      // Under load, what came for many logins in one turn goes on side by side.
      await endOfTurn()
      const contentType = first(answer.headers['content-type'])
      return {
        status: answer.status,
        reasonPhrase: answer.reasonPhrase,
        contentType,
        wwwAuthenticate: first(answer.headers['www-authenticate']),
        cacheControl: first(answer.headers['cache-control']),
        location: first(answer.headers['location']),
        date: first(answer.headers['date']),
        body: decode(answer.body, contentType),
      }
    } finally {
      release()
    }
  }

  return {
    async get(url, { bearer, follow = true } = {}) {
      const start = readAddress(url)
      let target = start
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        const mayAuthenticate = bearer !== undefined && target.origin === start.origin
        const headers = { accept: '*/*', ...(mayAuthenticate ? { authorization: `Bearer ${bearer}` } : {}) }
        const answer = await send('GET', target, headers)
        if (!follow || !REDIRECTS.has(answer.status) || answer.location === undefined) return answer
        target = new URL(answer.location, target)
        if (!isProtected(target.href)) throw new Error(`a redirect to ${target.origin} is not followed: not protected`)
      }
      throw new Error(`more than ${MAX_REDIRECTS} redirects from ${start.origin}`)
    },
    async post(url, form, { authorization } = {}) {
      const headers = {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(authorization === undefined ? {} : { authorization }),
      }
      return send('POST', readAddress(url), headers, form)
    },
    async close() {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.close()))
    },
  }
}

function createDispatcher(settings: OutboundSettings, connectTimeout: number, secure: boolean): Dispatcher {
  const { proxy, connectionPoolTtl, maxEndpointConnections: connections } = settings
  // The server's own `Keep-Alive: timeout` counts if it is shorter.
  const keepAlive = connectionPoolTtl < 0 ? LONGEST : Math.max(1, Math.min(connectionPoolTtl * 1000, LONGEST))
  const connect = {
    timeout: connectTimeout,
    keepAlive: settings.tcpKeepAlive,
    ...(secure || proxy?.scheme === 'https' ? createTrust(settings, settings.tls) : {}),
  }
  const pool = { connections, keepAliveTimeout: keepAlive, keepAliveMaxTimeout: keepAlive }
  if (proxy === undefined) return new Agent({ ...pool, connect })
  const uri = `${proxy.scheme}://${proxy.host}:${proxy.port}`
  return new ProxyAgent({ ...pool, uri, proxyTunnel: secure, requestTls: connect, proxyTls: connect })
}

/** Of repeated headers the first counts. */
function first(values: string | string[] | undefined): string | undefined {
  return Array.isArray(values) ? values[0] : values
}

function decode(bytes: Uint8Array, contentType: string | undefined): string {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1]
  if (charset === undefined) return UTF8.decode(bytes)
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return UTF8.decode(bytes)
  }
}

function toMilliseconds(seconds: number): number {
  return seconds > 0 ? Math.min(Math.ceil(seconds * 1000), LONGEST) : NO_LIMIT
}
