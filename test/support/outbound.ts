/** Outbound calls as the settings have them when nothing is set. */
import { createOutbound, type Outbound } from '../../src/net/outbound.ts'
import type { OutboundSettings } from '../../src/settings/settings.ts'

export const OUTBOUND_DEFAULTS: OutboundSettings = {
  connectTimeout: 5,
  connectionReadTimeout: 5,
  socketTimeout: 5,
  maxConnections: 200,
  maxEndpointConnections: 200,
  connectionPoolTtl: 180,
  proxy: undefined,
  certificateAuthorities: undefined,
  verificationMode: 'full',
  tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
  tcpKeepAlive: true,
}

export function openOutbound(settings: Partial<OutboundSettings> = {}): Outbound & AsyncDisposable {
  const outbound = createOutbound({ ...OUTBOUND_DEFAULTS, ...settings })
  return { ...outbound, [Symbol.asyncDispose]: () => outbound.close() }
}
