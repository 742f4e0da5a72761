/**
 * Whether a text has the syntax of RFC 2396 as Java reads it: only legal characters (those beyond ASCII are legal),
 * whole `%` escapes, one `#` at most, and no colon before the first slash unless a scheme stands before it.
 * Relative references and the empty text are fine.
 */
export function isUri(value: string): boolean {
  const legal = /^(?:[\w\-.!~*'();/?:@&=+$,[\]#]|%[0-9A-Fa-f]{2}|[^\p{Cc}\p{Z}\p{ASCII}])*$/u
  if (!legal.test(value)) return false
  if (value.indexOf('#') !== value.lastIndexOf('#')) return false
  const scheme = /^([^/?#:]*):(.?)/.exec(value)
  return scheme === null || (/^[a-z][a-z0-9+.-]*$/i.test(scheme[1] ?? '') && scheme[2] !== '')
}
