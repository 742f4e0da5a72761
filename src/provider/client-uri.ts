/**
 * Which URIs a client may register. Pure. No pattern decides: each URI is taken apart as browsers do, and what a browser
 * and a server could read differently is refused.
 */
import { isLoopbackHost } from '../kernel/loopback.ts'

export interface ClientKind {
  /** It has a secret or a key, so a redirect that is read on the way is of no use alone. */
  readonly confidential: boolean
  readonly native: boolean
}

/** The metadata that hold URIs, and how each is judged. */
export const CLIENT_URIS = {
  redirect_uris: faultOfRedirectUri,
  post_logout_redirect_uris: faultOfRedirectUri,
  initiate_login_uri: faultOfHttpsUri,
  backchannel_logout_uri: faultOfHttpsUri,
  jwks_uri: faultOfHttpsUri,
} as const

/** @returns what is wrong with it, or `undefined` */
function faultOfRedirectUri(uri: string, client: ClientKind): string | undefined {
  const fault = faultOfUri(uri)
  if (fault !== undefined) return fault
  const { protocol, hostname } = new URL(uri)
  if (protocol === 'https:') return undefined
  if (protocol === 'http:') {
    return isLoopbackHost(hostname) || (client.confidential && !client.native) ? undefined : 'must use https'
  }
  // RFC 8252 §7.1: a private scheme is a domain name in reverse.
  if (client.native && protocol.includes('.')) return undefined
  return client.native ? 'must use https, or a private scheme with a dot in it' : 'must use https'
}

function faultOfHttpsUri(uri: string): string | undefined {
  const fault = faultOfUri(uri)
  if (fault !== undefined) return fault
  return new URL(uri).protocol === 'https:' ? undefined : 'must use https'
}

function faultOfUri(uri: string): string | undefined {
  if (!/^[\x21-\x7E]+$/.test(uri)) return 'must have printable ASCII characters only'
  if (uri.includes('\\') || uri.includes('*')) return 'must not contain a backslash or a wildcard'
  if (uri.includes('#')) return 'must not have a fragment'
  const parsed = URL.parse(uri)
  if (parsed === null) return 'must be an absolute URI'
  if (parsed.username !== '' || parsed.password !== '' || uri.includes('@')) return 'must not contain user information'
  return undefined
}

/** Whether a URI sends what it carries unprotected over a network. */
export function isPlainRemote(uri: string): boolean {
  const { protocol, hostname } = new URL(uri)
  return protocol === 'http:' && !isLoopbackHost(hostname)
}
