/**
 * The one cookie of the portal: an opaque secret of 256 random bits. It says nothing by itself and stays the same from
 * sign-in to sign-out.
 */
import { randomText } from '../kernel/random.ts'
import type { PortalSettings } from '../settings/settings.ts'

/** 32 bytes as base64url; the last character has only two bits to spare, so each secret has exactly one spelling. */
const SECRET = /^[\w-]{42}[AEIMQUYcgkosw048]$/
/**
 * What `trim` takes for a blank, and RFC 9110 §5.6.3 does not. To a browser, it makes of `__Host-sid` a name without that
 * prefix, which any host of the domain may set.
 */
const NO_BLANK = '\u00a0'

export function createSessionSecret(): string {
  return randomText(32)
}

export type CookieReading =
  | { readonly found: 'none' }
  | { readonly found: 'several' }
  | { readonly found: 'one'; readonly secret: string }

/**
 * Reads the session's secret from the `Cookie` header. Values of another form are ignored and equal ones count once;
 * different ones may have been planted by a neighbouring host, so none of them counts.
 */
export function readSessionCookie(header: string | undefined, name: string): CookieReading {
  const secrets = new Set<string>()
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at < 0 || part.slice(0, at).trim() !== name || part.includes(NO_BLANK)) continue
    const value = part.slice(at + 1).trim()
    if (SECRET.test(value)) secrets.add(value)
  }
  if (secrets.size > 1) return { found: 'several' }
  const [secret] = secrets
  return secret === undefined ? { found: 'none' } : { found: 'one', secret }
}

/** The `Set-Cookie` value. @param secret `undefined` takes the cookie away */
export function formatSessionCookie(
  secret: string | undefined,
  settings: Pick<PortalSettings, 'basePath' | 'cookieName' | 'secureCookies' | 'sameSiteCookies' | 'embedding'>,
): string {
  const path = settings.basePath === '' ? '/' : settings.basePath
  const cookie = `${settings.cookieName}=${secret ?? ''}; Path=${path}; HttpOnly; SameSite=${settings.sameSiteCookies}`
  // Without it, browsers that keep third-party cookies out would keep ours from a frame too.
  const partitioned = settings.embedding && settings.sameSiteCookies === 'None'
  const flags = (settings.secureCookies ? '; Secure' : '') + (partitioned ? '; Partitioned' : '')
  return cookie + flags + (secret === undefined ? '; Max-Age=0' : '')
}
