/**
 * A scripted browser: follows redirects by hand, keeps cookies per host as browsers do (ports do not matter), and fills
 * in HTML forms. It runs no script, so what it can do works without.
 */
import { request } from 'undici'

const MAX_REDIRECTS = 20

export interface VisitedPage {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** Every URL on the way here, this one last. */
  readonly trail: readonly string[]
}

interface Cookie {
  readonly host: string
  readonly path: string
  readonly name: string
  readonly value: string
}

export interface VisitOptions {
  readonly method?: string
  readonly body?: URLSearchParams | string
  readonly headers?: Readonly<Record<string, string>>
  /** A redirect to a URL that begins so is not followed: the page is then that URL, with status 0. */
  readonly until?: string
}

export interface BrowserSession {
  visit(url: string, options?: VisitOptions): Promise<VisitedPage>
  /** Sends the page's form with its hidden fields and these; a button counts as a field. */
  submit(page: VisitedPage, fields: Readonly<Record<string, string>>, options?: VisitOptions): Promise<VisitedPage>
  cookie(name: string): string | undefined
  /** What it would send there as its `Cookie` header. */
  cookieHeader(url: string): string
  setCookie(cookie: Cookie): void
  clearCookies(): void
  /** Another browser that has the same cookies by now. */
  copy(): BrowserSession
}

export function createBrowserSession(jar: readonly Cookie[] = []): BrowserSession {
  let cookies = [...jar]

  async function visit(url: string, options: VisitOptions = {}, trail: readonly string[] = []): Promise<VisitedPage> {
    const here = new URL(url)
    const isForm = options.body instanceof URLSearchParams
    // Not `fetch`, which says that a script asks and not a person.
    const response = await request(url, {
      method: (options.method ?? (options.body ? 'POST' : 'GET')) as 'GET',
      headers: {
        accept: 'text/html',
        'sec-fetch-mode': 'navigate',
        ...(isForm && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...cookieHeader(here),
        ...options.headers,
      },
      ...(options.body && { body: options.body.toString() }),
      signal: AbortSignal.timeout(10_000),
    })
    const headers = readHeaders(response.headers)
    for (const line of headers.getSetCookie()) store(line, here)

    const body = await response.body.text()
    const passed = [...trail, url]
    const location = headers.get('location')
    if (location === null) return { url, status: response.statusCode, headers, body, trail: passed }
    if (passed.length > MAX_REDIRECTS) throw new Error(`too many redirects: ${passed.join(' ')}`)
    const next = new URL(location, url)
    if (options.until !== undefined && next.href.startsWith(options.until)) {
      return { url: location, status: 0, headers, body: '', trail: [...passed, next.href] }
    }
    const { until, headers: sent } = options
    return visit(next.href, { ...(until !== undefined && { until }), ...(sent && { headers: sent }) }, passed)
  }

  function cookieHeader(url: URL): { cookie?: string } {
    const fitting = cookies.filter(
      ({ host, path }) => host === url.hostname && `${url.pathname}/`.startsWith(path.replace(/\/?$/, '/')),
    )
    return fitting.length === 0 ? {} : { cookie: fitting.map(({ name, value }) => `${name}=${value}`).join('; ') }
  }

  function store(line: string, url: URL): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const [name, value] = split(pair)
    const named = new Map(
      attributes.map((attribute) => split(attribute)).map(([key, text]) => [key.toLowerCase(), text]),
    )
    const path = named.get('path') ?? '/'
    cookies = cookies.filter((cookie) => cookie.name !== name || cookie.host !== url.hostname || cookie.path !== path)
    const expires = Date.parse(named.get('expires') ?? '')
    if (!(expires <= Date.now())) cookies.push({ host: url.hostname, path, name, value })
  }

  return {
    visit,
    submit: (page, fields, options = {}) => {
      const form = readForm(page)
      const body = new URLSearchParams({ ...form.hidden, ...fields })
      return visit(form.action, { ...options, method: 'POST', body })
    },
    cookie: (name) => cookies.find((cookie) => cookie.name === name)?.value,
    cookieHeader: (url) => cookieHeader(new URL(url)).cookie ?? '',
    setCookie: (cookie) => cookies.push(cookie),
    clearCookies: () => {
      cookies = []
    },
    copy: () => createBrowserSession(cookies),
  }
}

/** The first form of a page: where it goes, and its hidden fields. */
export function readForm(page: VisitedPage): { readonly action: string; readonly hidden: Record<string, string> } {
  const form = /<form\b([^>]*)>(.*?)<\/form>/s.exec(page.body)
  if (form === null) throw new Error(`no form at ${page.url} (status ${page.status})`)
  const hidden: Record<string, string> = {}
  for (const [tag] of (form[2] ?? '').matchAll(/<input\b[^>]*>/g)) {
    const { name, value, type } = attributesOf(tag)
    if (name !== undefined && type === 'hidden') hidden[name] = value ?? ''
  }
  return { action: new URL(attributesOf(form[1] ?? '')['action'] ?? page.url, page.url).href, hidden }
}

function readHeaders(raw: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(raw))
    for (const value of [values ?? []].flat()) headers.append(name, value)
  return headers
}

function attributesOf(tag: string): Record<string, string> {
  const found = [...tag.matchAll(/([\w-]+)="([^"]*)"/g)]
  return Object.fromEntries(found.map(([, name, value]) => [name ?? '', unescapeHtml(value ?? '')]))
}

function unescapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
    '&amp;': '&',
  }
  return text.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity)
}

function split(text: string): [string, string] {
  const at = text.indexOf('=')
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
