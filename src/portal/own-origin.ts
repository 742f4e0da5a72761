/** Origins, and the `Host` that a request names. Pure. */

/**
 * Whether a request with this `Host` may be one to this origin: the scheme is known to the browser only, and a proxy may
 * tell the port where it is the default one.
 */
export function isHostOf(origin: string, host: string): boolean {
  const own = new URL(origin)
  // With the path, so that nothing but a host and a port can stand in `Host`.
  return URL.parse(`${own.protocol}//${host}/`)?.href === `${own.origin}/`
}
