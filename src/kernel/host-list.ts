/**
 * A list of hosts as an operator writes it: names, addresses, and blocks of addresses (`10.0.0.0/8`). Names are compared
 * whole, and never looked up.
 */
import { BlockList, isIP } from 'node:net'

export interface HostList {
  /** @param host a name or an address, IPv6 with or without the brackets of a URL */
  has(host: string): boolean
}

/** Whether a text can stand in such a list. */
export function isHostListEntry(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/')
  if (bits === undefined) return /^[\w.-]+$/.test(entry) || isIP(entry) !== 0
  const family = isIP(address)
  return family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

/** @param entries each as `isHostListEntry` demands */
export function createHostList(entries: readonly string[]): HostList {
  const names = new Set<string>()
  const blocks = new BlockList()
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address)
    if (family === 0) names.add(entry.toLowerCase())
    else blocks.addSubnet(address, bits === undefined ? (family === 4 ? 32 : 128) : Number(bits), familyName(family))
  }
  return {
    has(host) {
      const bare = host.replace(/^\[(.*)\]$/, '$1')
      const family = isIP(bare)
      return family === 0 ? names.has(bare.toLowerCase()) : blocks.check(bare, familyName(family))
    },
  }
}

function familyName(family: number): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6'
}
