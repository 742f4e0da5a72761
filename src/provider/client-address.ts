import type { IncomingMessage } from 'node:http'
import type { HostList } from '../kernel/host-list.ts'

/** A longer chain of proxies than anybody has. */
const MAX_HOPS = 20

/**
 * Who sent a request: the nearest address that is not one of the operator's own proxies. Each proxy appends whom it heard
 * from to `X-Forwarded-For`, so the list is believed from its end, and only as far as trusted proxies wrote it.
 */
export function findClientAddress(request: IncomingMessage, trustedProxies: HostList): string {
  const { 'x-forwarded-for': header } = request.headers
  const hops = [header].flat().join(',').split(',').slice(-MAX_HOPS)
  let address = request.socket.remoteAddress ?? ''
  for (const hop of hops.toReversed().map((text) => text.trim())) {
    if (hop === '' || !trustedProxies.has(address)) return address
    address = hop
  }
  return address
}
