/** A portal on a real store with a scripted security API and a clock of its own, and browsers to visit it with. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Clock } from '../../src/kernel/clock.ts'
import type { Audit, AuditEvent } from '../../src/observe/audit.ts'
import { createLog } from '../../src/observe/log.ts'
import { createPortal } from '../../src/portal/portal.ts'
import type { SecurityApi } from '../../src/portal/security-api.ts'
import type { PortalProviderSettings, PortalSettings } from '../../src/settings/settings.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import type { Sessions, Store } from '../../src/store/store.ts'
import { gatherAudit } from './audit.ts'
import { type ScriptedApi, createScriptedApi } from './scripted-security-api.ts'

export const ORIGIN = 'https://portal.example'

export interface PortalFixture {
  readonly app: FastifyInstance
  readonly api: ScriptedApi
  readonly store: Store
  /** Lines of the portal's log. */
  readonly logged: string[]
  /** Events of the portal's audit log. */
  readonly audit: Audit
  readonly audited: readonly AuditEvent[]
  readonly clock: Clock
  advance: (seconds: number) => void
  /** Another portal on the same store and API. */
  restart: (settings: Partial<PortalSettings & { encryptionKey: string }>) => Promise<FastifyInstance>
}

/** One oidc provider and a form, without the selector. */
export const oneProvider: Partial<PortalSettings> = {
  selector: false,
  providers: [provider('oidc', 'oidc', 0, 'oidc1'), provider('basic', 'basic', 1)],
}

/** Two oidc providers and a form, with the selector. */
export const twoProviders: Partial<PortalSettings> = {
  selector: true,
  providers: [
    provider('oidc', 'oidc1', 0, 'oidc1'),
    provider('oidc', 'oidc2', 1, 'oidc2'),
    provider('basic', 'basic1', 2),
  ],
}

export function provider(
  type: PortalProviderSettings['type'],
  name: string,
  order: number,
  realm?: string,
  more: Partial<PortalProviderSettings> = {},
): PortalProviderSettings {
  const description = type === 'oidc' ? `Log in with oidc/${name}` : 'Log in with username and password'
  const times = { idleTimeout: 3 * 86_400, lifespan: 30 * 86_400 }
  return {
    type,
    name,
    order,
    realm,
    description,
    hint: undefined,
    icon: undefined,
    showInSelector: true,
    accessAgreement: undefined,
    origins: [],
    ...times,
    ...more,
  }
}

export async function startPortal(
  context: TestContext,
  settings: Partial<PortalSettings>,
  options: { endSession?: boolean; api?: SecurityApi; wrapSessions?: (sessions: Sessions) => Sessions } = {},
): Promise<PortalFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-portal-'))
  let now = 1_800_000_000.25
  const clock = () => now
  const store = await createEmbeddedStore({ directory, clock })
  const api = createScriptedApi({ clock, endSession: options.endSession ?? true })
  const sessions = options.wrapSessions?.(store.sessions) ?? store.sessions
  const logged: string[] = []
  const log = createLog('debug', { write: (line) => logged.push(line) })
  const audit = gatherAudit()
  const apps: FastifyInstance[] = []
  const create = async (more: Partial<PortalSettings>) => {
    const all = { ...DEFAULTS, ...settings, ...more, encryptionKey: more.encryptionKey ?? DEFAULTS.encryptionKey }
    const app = await createPortal({
      settings: all,
      api: options.api ?? api,
      sessions,
      documents: store.documents,
      clock,
      log,
      audit,
    })
    apps.push(app)
    return app
  }
  context.after(async () => {
    const closed = apps.map((app) => app.close())
    // A browser opens connections in advance, and a server waits for those that have not asked yet.
    for (const app of apps) app.server.closeAllConnections()
    await Promise.all(closed)
    await store.close()
    await rm(directory, { recursive: true })
  })
  const app = await create({})
  return {
    app,
    api,
    store,
    logged,
    audit,
    audited: audit.events,
    clock,
    advance: (seconds) => (now += seconds),
    restart: create,
  }
}

const DEFAULTS = {
  host: '127.0.0.1',
  port: 0,
  name: 'test-portal',
  basePath: '',
  publicBaseUrl: ORIGIN,
  providers: [],
  selector: false,
  encryptionKey: 'an encryption key for tests only, long enough',
  cookieName: 'sid',
  secureCookies: false,
  sameSiteCookies: 'Lax' as const,
  cleanupInterval: 3600,
  loginAssistanceMessage: undefined,
  loginHelp: undefined,
  tls: undefined,
  rewriteBasePath: false,
  accessAgreement: undefined,
  maxSessions: undefined,
  headerSchemes: ['apikey', 'bearer', 'basic'],
  passedHeaders: ['authorization'],
  xsrf: { disableProtection: false, allowlist: [] },
  customHeaders: {},
  embedding: false,
  strictTransportSecurity: undefined,
  api: undefined,
  apiAuthorization: undefined,
}

type Headers = Record<string, string>

/** A browser: it keeps the session cookie and sends it back. */
export interface TestBrowser {
  cookie: string | undefined
  readonly app: FastifyInstance
  /** A page load by a person. */
  visit(url: string, headers?: Headers): Promise<LightMyRequestResponse>
  /** A call by a script of a page. */
  fetch(url: string, headers?: Headers): Promise<LightMyRequestResponse>
  post(url: string, body: object, headers?: Headers): Promise<LightMyRequestResponse>
  submit(url: string, form: Record<string, string>, headers?: Headers): Promise<LightMyRequestResponse>
}

export function openBrowser(app: FastifyInstance, cookie?: string, agent?: string): TestBrowser {
  async function send(
    method: 'GET' | 'POST',
    url: string,
    headers: Headers,
    payload?: string,
  ): Promise<LightMyRequestResponse> {
    const sent = {
      ...(agent !== undefined && { 'user-agent': agent }),
      ...(browser.cookie !== undefined && { cookie: `sid=${browser.cookie}` }),
      ...headers,
    }
    const response = await app.inject({ method, url, headers: sent, ...(payload !== undefined && { payload }) })
    const set = readSetCookie(response)
    if (set !== undefined) browser.cookie = set === '' ? undefined : set
    return response
  }
  const browser: TestBrowser = {
    cookie,
    app,
    visit: (url, headers) => send('GET', url, { accept: 'text/html', ...headers }),
    fetch: (url, headers) => send('GET', url, { 'kbn-xsrf': 'true', ...headers }),
    post: (url, body, headers) =>
      send('POST', url, { 'kbn-xsrf': 'true', 'content-type': 'application/json', ...headers }, JSON.stringify(body)),
    submit: (url, form, headers) =>
      send(
        'POST',
        url,
        {
          accept: 'text/html',
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
          ...headers,
        },
        new URLSearchParams(form).toString(),
      ),
  }
  return browser
}

/** The value of the one session cookie that is set; empty if it is taken away, `undefined` if nothing is set. */
export function readSetCookie(response: LightMyRequestResponse): string | undefined {
  const header = response.headers['set-cookie']
  if (header === undefined) return undefined
  assert.equal(typeof header, 'string', 'exactly one cookie is set')
  const match = /^sid=([\w-]{43})?; Path=\/; HttpOnly; SameSite=Lax(; Max-Age=0)?$/.exec(String(header))
  assert.ok(match, `the cookie has the form that is promised: ${String(header)}`)
  assert.equal(match[1] === undefined, match[2] !== undefined)
  return match[1] ?? ''
}

export function stateOf(response: LightMyRequestResponse): string {
  const state = new URL(String(response.headers.location)).searchParams.get('state')
  assert.ok(state, 'the redirect leads to a provider with a state')
  return state
}

/** Signs in at the first provider. @returns the address of the used callback */
export async function signIn(browser: TestBrowser, code = 'code1', page = '/x'): Promise<string> {
  const separator = page.includes('?') ? '&' : '?'
  const start = await browser.visit(`${page}${separator}auth_url_hash=`)
  const callback = `/api/security/oidc/callback?code=${code}&state=${stateOf(start)}`
  const finished = await browser.visit(callback)
  assert.equal(finished.statusCode, 302, finished.body)
  return callback
}

/** Signs in as one of the users whose password is their name. */
export async function signInByForm(browser: TestBrowser, username: string, providerName = 'basic1'): Promise<void> {
  const params = { username, password: username }
  const body = { providerType: 'basic', providerName, currentURL: '/', params }
  assert.equal((await browser.post('/internal/security/login', body)).statusCode, 200)
}

export async function whoAmI(browser: TestBrowser): Promise<string | number> {
  const response = await browser.fetch('/internal/security/me')
  return response.statusCode === 200 ? response.json<{ username: string }>().username : response.statusCode
}

/** That a response is the error page with this code, and nothing that moves on by itself. */
export function assertErrorPage(response: LightMyRequestResponse, status: number, code: string): void {
  assert.equal(response.statusCode, status, response.body)
  assert.match(response.body, new RegExp(`data-test-subj="errorCode">${code}<`))
  assert.ok(response.body.includes(`data-test-subj="referenceId">${String(response.headers['x-request-id'])}<`))
  assert.match(response.body, /data-test-subj="logInButton"/)
  assert.match(response.body, /href="\/logout"/)
  assert.match(String(response.headers['content-security-policy']), /default-src 'none'/)
  assert.equal(response.headers['refresh'], undefined)
  assert.doesNotMatch(response.body, /http-equiv="refresh"|<script/i)
}
