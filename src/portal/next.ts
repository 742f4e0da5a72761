/**
 * `next`: where a visitor goes after signing in or out. It comes from the address bar, so it is hostile until it was
 * judged here. The judge is the parser that browsers use (WHATWG URL), never a pattern, and what is returned is the
 * parser's own path, query and fragment, never the text that came in. Pure.
 */
const LONGEST = 4096
/** Two origins that nobody can name in one value: what is relative to both of them is relative to us. */
const DUMMY_ORIGINS = ['http://portal.invalid:8080', 'https://portal.invalid']

/** Parameters that steer a sign-in and have no place in the address it leads to. */
export const STEERING = ['auth_provider_hint', 'auth_url_hash'] as const

const SIGN_IN_PAGES: ReadonlySet<string> = new Set([
  '/login',
  '/logout',
  '/logged_out',
  '/security/logged_out',
  '/security/unauthenticated',
])
const SIGN_IN_FOLDERS = ['/api/security/', '/internal/security/']

/**
 * @param next the parameter as decoded from the query
 * @param basePath `server.basePath`, may be empty
 * @returns an address of the own origin: path, query and fragment; `${basePath}/` if `next` is absent or refused
 */
export function readNext(next: string | null | undefined, basePath: string): string {
  return checkNext(next ?? '', basePath) ?? `${basePath}/`
}

/**
 * The address that a sign-in leads to: as {@link readNext}, without the steering parameters, and never a page of the
 * sign-in itself.
 * @param hash the fragment of the page that asked, with its `#`; one inside `next` wins
 */
export function readTarget(next: string | null | undefined, hash: string | null | undefined, basePath: string): string {
  const target = withoutParameters(readNext(next, basePath), STEERING)
  if (belongsToSignIn(target, basePath)) return `${basePath}/`
  if (hash === null || hash === undefined || !hash.startsWith('#') || hash.length > LONGEST) return target
  return target.includes('#') ? target : ownAddress(new URL(target + hash, DUMMY_ORIGINS[0]))
}

/** Removes parameters from the query of an address; everything else stays byte for byte. */
export function withoutParameters(address: string, names: readonly string[]): string {
  const fragmentAt = address.indexOf('#')
  const head = fragmentAt < 0 ? address : address.slice(0, fragmentAt)
  const fragment = address.slice(head.length)
  const queryAt = head.indexOf('?')
  if (queryAt < 0) return address
  const kept = head
    .slice(queryAt + 1)
    .split('&')
    .filter((part) => !names.includes(new URLSearchParams(part).keys().next().value ?? ''))
  return head.slice(0, queryAt) + (kept.length > 0 ? `?${kept.join('&')}` : '') + fragment
}

/** Adds a parameter behind the query of an address without a fragment. */
export function withParameter(address: string, name: string, value: string): string {
  return `${address}${address.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`
}

function checkNext(next: string, basePath: string): string | undefined {
  if (next.trim() === '' || next.length > LONGEST) return undefined
  if (basePath !== '' && !next.startsWith('/')) return undefined
  let own: URL | undefined
  for (const origin of DUMMY_ORIGINS) {
    if (!URL.canParse(next, origin)) return undefined
    own = new URL(next, origin)
    if (own.origin !== origin || own.username !== '' || own.password !== '') return undefined
  }
  if (own === undefined) return undefined
  const path = own.pathname
  // A server or proxy that decodes once more would read these as the start of another host.
  if (/^\/(\/|%2f|%5c)/i.test(path)) return undefined
  if (path !== basePath && !path.startsWith(`${basePath}/`)) return undefined
  return ownAddress(own)
}

function ownAddress(url: URL): string {
  return url.pathname + url.search + url.hash
}

function belongsToSignIn(target: string, basePath: string): boolean {
  const { pathname } = new URL(target, DUMMY_ORIGINS[0])
  const path = decoded(pathname).slice(basePath.length)
  return SIGN_IN_PAGES.has(path) || SIGN_IN_FOLDERS.some((folder) => path.startsWith(folder))
}

/** The path as the router sees it. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
