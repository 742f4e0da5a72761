import { once } from 'node:events'
import { connect } from 'node:tls'
import { timerMilliseconds } from '../kernel/duration.ts'
import type { OutboundSettings } from '../settings/settings.ts'
import { createTrust } from './trust.ts'

/** What a server shows of itself in a TLS handshake, and whether it is trusted. */
export interface TlsChain {
  /** Names from the server's own certificate up to the authority. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly validTo: number
  readonly protocol: string
  /** In the words of OpenSSL, such as `CERT_HAS_EXPIRED`. */
  readonly problem: string | undefined
}

/** A certificate names itself as its issuer at the top of the chain; a loop must not hold us. */
const LONGEST = 10

/**
 * Shakes hands with a server and looks at its certificates, with the trust of the settings.
 * @throws Error if nobody answers, or not in TLS
 */
export async function inspectTlsChain(url: URL, settings: OutboundSettings): Promise<TlsChain> {
  const host = url.hostname.replaceAll(/^\[|\]$/g, '')
  const trust = createTrust(settings, settings.tls)
  const socket = connect({
    ...trust,
    host,
    port: Number(url.port || 443),
    servername: /^[\d.]+$|:/.test(host) ? '' : host,
    rejectUnauthorized: false,
  })
  try {
    const signal = AbortSignal.timeout(timerMilliseconds(settings.connectTimeout))
    await once(socket, 'secureConnect', { signal })
    const names: string[] = []
    const own = socket.getPeerCertificate(true)
    for (let certificate = own; names.length < LONGEST; certificate = certificate.issuerCertificate) {
      names.push([certificate.subject.CN ?? certificate.subject.O ?? 'unnamed'].flat().join(', '))
      if (certificate.issuerCertificate === undefined || certificate.issuerCertificate === certificate) break
    }
    // Node has an error here, or with some failures its code alone.
    const { authorizationError: refused } = socket as { authorizationError?: Error | string | null }
    const code = refused instanceof Error && 'code' in refused ? String(refused.code) : refused?.toString()
    return {
      names,
      validTo: Date.parse(own.valid_to),
      protocol: socket.getProtocol() ?? 'unknown',
      problem: socket.authorized || !trust.rejectUnauthorized ? undefined : code,
    }
  } finally {
    socket.destroy()
  }
}
