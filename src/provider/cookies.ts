/**
 * The provider's cookies. They differ in name from the portal's, because cookies do not know ports and all parts may
 * share one host. `__Host-` ties the session to this very host; the library gives the other two a narrow path, which
 * `__Host-` forbids. RFC 6265bis §4.1.3.
 */
import { SecurityError } from '../kernel/errors.ts'

export interface CookieNames {
  readonly session: string
  readonly interaction: string
  readonly resume: string
}

export const COOKIE_OPTIONS = { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true } as const

export function buildCookieNames(secure: boolean): CookieNames {
  const name = 'ostiary_op'
  return {
    session: secure ? `__Host-${name}` : name,
    interaction: secure ? `__Secure-${name}_interaction` : `${name}_interaction`,
    resume: secure ? `__Secure-${name}_resume` : `${name}_resume`,
  }
}

/**
 * Two cookies of one name come from two places, and a sibling host may have planted one: neither counts.
 * @throws SecurityError `argument_illegal`
 */
export function checkSessionCookies(header: string | undefined, { session }: CookieNames): void {
  for (const name of [session, `${session}.sig`]) {
    const values = new Set(
      (header ?? '')
        .split(';')
        // Not `trim`, which takes U+00A0 too: to a browser that is a part of the name.
        .map((cookie) => cookie.replace(/^[ \t]+/, ''))
        .filter((cookie) => cookie.startsWith(`${name}=`)),
    )
    if (values.size > 1) throw new SecurityError('argument_illegal', 'two session cookies of one name')
  }
}
