/**
 * The URL to which a logout returns: the registered string, byte for byte, with nothing but the state appended. It is
 * never taken apart and built again, so that a client sees exactly what it registered.
 * OpenID Connect RP-Initiated Logout 1.0 §3.
 */
export interface LogoutTarget {
  readonly uri: string
  readonly state?: string
}

export function buildLogoutUrl({ uri, state }: LogoutTarget): string {
  if (state === undefined) return uri
  return `${uri}${separatorOf(uri)}state=${encodeURIComponent(state)}`
}

function separatorOf(uri: string): string {
  if (!uri.includes('?')) return '?'
  return uri.endsWith('?') || uri.endsWith('&') ? '' : '&'
}
