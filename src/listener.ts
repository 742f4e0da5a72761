/** A part's way to the network: its certificate, and the address that it listens on. */
import { Server as TlsListener } from 'node:tls'
import type { FastifyInstance } from 'fastify'
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

/** Changed files of the certificate count from now on for this part. */
export function followTls(app: FastifyInstance, tls: TlsServer | undefined): void {
  if (app.server instanceof TlsListener) tls?.follow(app.server)
}

/** @returns the origin to reach it by: on this machine the name that the demo's URLs have */
export async function listen(app: FastifyInstance, { host, port }: ListenerSettings): Promise<string> {
  await app.listen({ host, port })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a listener without an address')
  const named = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `${app.server instanceof TlsListener ? 'https' : 'http'}://${isLoopbackHost(named) ? 'localhost' : named}:${address.port}`
}
