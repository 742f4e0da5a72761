import { createHostList } from '../kernel/host-list.ts'
import { isLoopbackHost } from '../kernel/loopback.ts'

/** What the rules for a client's URI depend on. */
export interface ClientUriContext {
  /** Whether it may return to `http` on other hosts than this machine: only a client that the operator knows, with a secret. */
  readonly mayUseHttp: boolean
  readonly isNative: boolean
  /** `return`: a redirect or post-logout URI; `https`: a URI that must be https; `called`: the provider calls it. */
  readonly rule: 'return' | 'https' | 'called'
  /** Where `called` URIs may be http. */
  readonly allowedHosts: readonly string[]
}

/**
 * Judges a URI of a client.
 * OAuth 2.0 Security Best Current Practice (RFC 9700) §4.1, RFC 8252 §7, OpenID Connect Dynamic Client Registration 1.0 §2.
 * @returns `problem`: why the client cannot be registered; `warning`: why somebody should have a look
 */
export function checkClientUri(uri: string, context: ClientUriContext): { problem?: string; warning?: string } {
  // RFC 3986 §2: a URI is ASCII; browsers and servers disagree on how they read the rest.
  if (!/^[\x21-\x7E]+$/.test(uri) || uri.includes('\\'))
    return { problem: 'it has a blank or another character that a URI cannot have' }
  if (!URL.canParse(uri)) return { problem: 'it is no absolute URI' }
  const { protocol, hostname, username, password } = new URL(uri)
  if (uri.includes('#')) return { problem: 'it has a fragment' }
  if (uri.includes('*')) return { problem: 'it has a wildcard' }
  if (username !== '' || password !== '') return { problem: 'it has user information' }

  if (protocol === 'https:') return {}
  const isAllowed = protocol === 'http:' && createHostList(context.allowedHosts).has(hostname)
  if (context.rule === 'called' && isAllowed) return {}
  if (context.rule !== 'return') return { problem: 'it must be https' }
  if (protocol === 'http:') return checkHttp(hostname, context)
  // RFC 8252 §7.1: a domain name in reverse, so that two applications do not claim one scheme.
  if (!context.isNative) return { problem: 'its scheme must be https, or http on a loopback host' }
  return protocol.includes('.') ? {} : { problem: 'a private scheme must have a dot in it, such as [com.example.app]' }
}

/**
 * OpenID Connect Front-Channel Logout 1.0 §2: domain, port and scheme are those of a redirect URI.
 * @returns why it is refused
 */
export function findFrontchannelFault(uri: string, redirectUris: readonly string[]): string | undefined {
  const isOwn = redirectUris.some((own) => originOf(own) === originOf(uri))
  if (isOwn && !/[\s#*]/.test(uri)) return undefined
  return 'it must have the origin of one of the redirect URIs, and no fragment or wildcard'
}

/** What has none, a private scheme for example, is like nothing else. */
function originOf(uri: string): string | symbol {
  const parsed = URL.parse(uri)
  return parsed === null || parsed.origin === 'null' || parsed.username !== '' ? Symbol(uri) : parsed.origin
}

function checkHttp(hostname: string, { mayUseHttp }: ClientUriContext): { problem?: string; warning?: string } {
  if (isLoopbackHost(hostname)) return {}
  return mayUseHttp
    ? { warning: 'it is http on a host that is not this machine, so codes travel unencrypted' }
    : { problem: 'it must be https; http is for loopback hosts only' }
}
