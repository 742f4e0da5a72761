/**
 * `fetch` for URLs that somebody else chose. The address is judged before a connection is opened, at every connection, so
 * that neither a name that resolves to the inside nor a redirect leads there. Only hosts that the operator allowed may
 * have a special-use address. OpenID Connect Back-Channel Logout 1.0 §2.5 calls such URLs; RFC 6890 lists the addresses.
 */
import { lookup as lookUp } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector, fetch } from 'undici'
import { createHostList } from '../kernel/host-list.ts'

/** RFC 6890, RFC 6598, RFC 8190, multicast, and the forms of IPv6 that carry an IPv4 address. */
const SPECIAL_USE = createHostList(
  (
    '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 ' +
    '192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 ' +
    '203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 ' +
    '2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 ff00::/8'
  ).split(' '),
)
const CONNECT_TIMEOUT_MS = 2500

/** The connection was not opened: trying again leads to the same. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

export interface GuardedFetch {
  /** As the global one. Redirects are left to the caller. @throws AddressRefused, as the cause of a TypeError */
  fetch: (url: string | URL | Request, options?: object) => Promise<Response>
  close(): Promise<void>
}

/** @param parts.allowedHosts names, addresses and blocks that may be reached although they are special-use */
export function createGuardedFetch(parts: { allowedHosts: readonly string[] }): GuardedFetch {
  const allowed = createHostList(parts.allowedHosts)
  const isRefused = (address: string) => SPECIAL_USE.has(address) && !allowed.has(address)

  const lookup: LookupFunction = (host, options, callback) => {
    lookUp(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      // One bad address spoils them all: which one is taken is not ours to say.
      if (!allowed.has(host) && addresses.some(({ address }) => isRefused(address))) return callback(refusal(host), [])
      if (options.all === true) return callback(null, addresses)
      return callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
    })
  }
  function createDispatcher(): Agent {
    const connect = buildConnector({ lookup, timeout: CONNECT_TIMEOUT_MS })
    return new Agent({
      connect(options, callback) {
        const host = options.hostname.replace(/^\[(.*)\]$/, '$1')
        // An address in the URL is never looked up.
        if (isIP(host) !== 0 && isRefused(host)) return callback(refusal(host), null)
        return connect(options, callback)
      },
    })
  }
  /** Made for the first call: most programs never make one. */
  let dispatcher: Agent | undefined

  return {
    async fetch(url, options) {
      const target = url instanceof Request ? url.url : url
      dispatcher ??= createDispatcher()
      return fetch(target, { ...options, redirect: 'manual', dispatcher })
    },
    close: async () => dispatcher?.destroy(),
  }
}

function refusal(host: string): AddressRefused {
  return new AddressRefused(`[${host}] has an address that is not for the public internet`)
}
