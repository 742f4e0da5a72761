/** A part's way to the network: its certificate, and the address that it listens on. */
import type { IncomingMessage } from 'node:http'
import type { Server, Socket } from 'node:net'
import { Server as TlsListener } from 'node:tls'
import { isLoopbackHost } from './kernel/loopback.ts'
import { createTlsServer, type TlsServer } from './net/tls-server.ts'
import { describeError, type Log } from './observe/log.ts'
import { SettingsError } from './settings/settings-error.ts'
import type { ListenerSettings, Settings, TlsServerSettings } from './settings/settings.ts'

/** The certificate of a part that has one. @throws SettingsError if a file cannot be used */
export function openTls({ file }: Settings, tls: TlsServerSettings | undefined, log: Log): TlsServer | undefined {
  if (tls === undefined) return undefined
  try {
    return createTlsServer({ settings: tls, log })
  } catch (error) {
    throw new SettingsError(file, [{ setting: '', where: tls.prefix.slice(0, -1), text: describeError(error) }])
  }
}

/** What a part is on: Fastify, or a server of node:http alone. */
export interface Listener {
  readonly server: Server
  listen(address: { host: string; port: number }): Promise<unknown>
}

/** Changed files of the certificate count from now on for this part. */
export function followTls(app: Listener, tls: TlsServer | undefined): void {
  if (app.server instanceof TlsListener) tls?.follow(app.server)
}

export interface Listening {
  /** The origin to reach the part by: on this machine with the name that the demo's URLs have. */
  readonly address: string
  /**
   * To be called before the server is closed, which otherwise waits for every connection. Those that have not asked anything
   * end from now on: browsers open such in advance. Those that are still there after ten seconds end unanswered.
   */
  readonly release: () => void
}

/**
 * Milliseconds. A server that is closed does not look any more whether requests arrive in time, so half of one, or an
 * answer that nobody reads, would hold up the end for ever.
 */
const LONGEST_END = 10_000

export async function listen(app: Listener, { host, port }: ListenerSettings): Promise<Listening> {
  const release = followConnections(app)
  await app.listen({ host, port })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a listener without an address')
  const named = address.family === 'IPv6' ? `[${address.address}]` : address.address
  const scheme = app.server instanceof TlsListener ? 'https' : 'http'
  return { address: `${scheme}://${isLoopbackHost(named) ? 'localhost' : named}:${address.port}`, release }
}

function followConnections({ server }: Listener): () => void {
  const open = new Set<Socket>()
  const unused = new Set<Socket>()
  let released = false
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  server.on(server instanceof TlsListener ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (released) return socket.destroy()
    unused.add(socket)
    return socket.once('close', () => unused.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage) => unused.delete(socket))
  return () => {
    released = true
    for (const socket of unused) socket.destroy()
    setTimeout(() => open.forEach((socket) => socket.destroy()), LONGEST_END).unref()
  }
}
