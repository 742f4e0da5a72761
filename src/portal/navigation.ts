/**
 * Whether a request is a person moving from page to page (a navigation) or a program asking in the background (XHR).
 * Only a navigation is redirected, gets pages and cookies; only one that a person sees may begin a sign-in. Pure.
 */
import type { IncomingHttpHeaders } from 'node:http'

export interface RequestKind {
  readonly navigation: boolean
  /** A fetch in advance, for a page that may never be shown. */
  readonly prefetch: boolean
  /** In a frame, where none is allowed. */
  readonly frame: boolean
  /** A sign-in may begin here: a GET that the person sees, without credentials of its own. */
  readonly mayStart: boolean
}

/**
 * @param request.path without the query
 * @param request.isPage a page although it lies under `/api/` or `/internal/`
 * @param request.embedding other sites may show our pages in a frame
 */
export function readRequestKind(request: {
  method: string
  path: string
  isPage: boolean
  embedding: boolean
  headers: IncomingHttpHeaders
}): RequestKind {
  const { headers } = request
  const navigation = isNavigation(request)
  const purpose = `${textOf(headers['sec-purpose'])},${textOf(headers['purpose'])}`
  const prefetch = purpose.toLowerCase().includes('prefetch')
  const frame = !request.embedding && ['iframe', 'frame'].includes(textOf(headers['sec-fetch-dest']))
  const mayStart = navigation && request.method === 'GET' && headers.authorization === undefined && !prefetch && !frame
  return { navigation, prefetch, frame, mayStart }
}

function isNavigation(request: { path: string; isPage: boolean; headers: IncomingHttpHeaders }): boolean {
  const { path, isPage, headers } = request
  if (['kbn-xsrf', 'kbn-version', 'kbn-system-request'].some((name) => headers[name] !== undefined)) return false
  if (textOf(headers['x-requested-with']).toLowerCase() === 'xmlhttprequest') return false
  if (!isPage && (path.startsWith('/api/') || path.startsWith('/internal/'))) return false
  // Fetch Metadata: https://www.w3.org/TR/fetch-metadata/
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) {
    const destination = textOf(headers['sec-fetch-dest'])
    return mode === 'navigate' && ['', 'document', 'iframe', 'frame'].includes(destination)
  }
  const accept = textOf(headers.accept).toLowerCase()
  return accept === '' || accept.trim() === '*/*' || /\b(text\/html|application\/xhtml\+xml)\b/.test(accept)
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(',')
}
