/**
 * The portal: what a browser talks to. It starts and finishes sign-ins at an identity provider, keeps the browser's
 * session, shows the pages around them, and signs people out. It knows users only through the security API and gives
 * the browser nothing but one opaque cookie. URLs, headers and JSON bodies are those of Kibana.
 *
 * The order of every request: reference id, size and syntax, route, who it is, anti-CSRF, handler.
 */
import { randomUUID } from 'node:crypto'
import type { TlsOptions } from 'node:tls'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock } from '../kernel/clock.ts'
import { endOfTurn } from '../kernel/turn.ts'
import { WITHOUT_SCHEMAS } from '../net/without-schemas.ts'
import type { Audit } from '../observe/audit.ts'
import type { Log } from '../observe/log.ts'
import type { PortalSettings } from '../settings/settings.ts'
import { chooseLanguage } from '../pages/language.ts'
import type { Documents, Sessions } from '../store/store.ts'
import { addAgreementRoutes, findForcedPage } from './agreement-routes.ts'
import { setCookie } from './answer.ts'
import { checkOwnOrigin } from './anti-csrf.ts'
import { createApiCalls } from './api-calls.ts'
import { createBrowserSessions } from './browser-sessions.ts'
import { leadToSignIn } from './entrance.ts'
import { createHandshakes } from './handshakes.ts'
import { addLoginRoutes } from './login-routes.ts'
import { addLogoutRoutes } from './logout-routes.ts'
import { readRequestKind } from './navigation.ts'
import { readTarget } from './next.ts'
import { addOidcRoutes } from './oidc-routes.ts'
import { addPageRoutes } from './page-routes.ts'
import { checkOwnPrivileges } from './own-privileges.ts'
import type { PortalParts } from './parts.ts'
import { createPortalAudit } from './portal-audit.ts'
import { PortalError } from './portal-error.ts'
import { readFailure, refuse } from './refusal.ts'
import { buildResponseHeaders } from './response-headers.ts'
import type { SecurityApi } from './security-api.ts'
import { createContentSealer } from './session-content.ts'
import { createSessionCleanup } from './session-cleanup.ts'
import { createSessionRecords } from './session-records.ts'
import { addSessionRoutes } from './session-routes.ts'
import { createSignIns } from './sign-in.ts'
import { createSignOutReceipts } from './sign-out-receipts.ts'
import { textsOf } from './texts.ts'
import { createTokenRefresh } from './token-refresh.ts'
import { NOBODY, UNIDENTIFIED, type Visit, type Visitor, type VisitRules } from './visit.ts'
import { createVisitors } from './visitors.ts'

/** Implicit responses travel in a query. */
const LONGEST_HEAD = 32 * 1024
const LARGEST_BODY = 64 * 1024
/** Milliseconds for the whole of a request to arrive. The framework would wait for ever. */
const REQUEST_TIMEOUT = 30_000
/** For node:http, which waits for the longer one of its two time-outs. */
const HTTP = { maxHeaderSize: LONGEST_HEAD, headersTimeout: REQUEST_TIMEOUT }
const UNKNOWN_PATH: VisitRules = { access: 'required' }
const NO_QUERY = new URLSearchParams()

/**
 * @param options.settings with the encryption key that the nodes of this portal share
 * @returns ready, but not listening
 */
export async function createPortal(options: {
  settings: PortalSettings & { readonly encryptionKey: string }
  api: SecurityApi
  sessions: Sessions
  /** For the lease of the clean-up. */
  documents: Documents
  /** Absent: plain HTTP. */
  tls?: TlsOptions | undefined
  clock: Clock
  log: Log
  audit?: Audit | undefined
}): Promise<FastifyInstance> {
  const parts = createParts(options)
  const { settings } = parts
  const { tls } = options
  const app = fastify({
    ...(tls !== undefined && { https: { ...tls, ...HTTP } }),
    // 32 hexadecimal digits, the id of a trace. Drawn many at once, where `randomBytes` would ask the kernel each time.
    genReqId: () => {
      const id = randomUUID()
      return id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24)
    },
    rewriteUrl: ({ url }) => collapseSlashes(stripBasePath(url ?? '/', settings)),
    bodyLimit: LARGEST_BODY,
    requestTimeout: REQUEST_TIMEOUT,
    schemaController: WITHOUT_SCHEMAS,
    http: HTTP,
    frameworkErrors: (error, request, reply) => {
      begin(request, reply)
      refuse(error, request, reply, parts)
    },
  })
  const headers = buildResponseHeaders(settings)
  const methods = collectMethods(app)

  function begin(request: FastifyRequest, reply: FastifyReply): void {
    request.visit = buildVisit(request, settings)
    void reply.headers(headers).header('x-request-id', request.id)
    const caller = request.headers['x-opaque-id']
    if (caller !== undefined) void reply.header('x-opaque-id', caller)
    if (request.visit.rules.noReferrer) void reply.header('referrer-policy', 'no-referrer')
  }

  const readJson = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser(['text/plain', 'application/json'])
  // Programs that know Kibana name the type of a body also where they send none.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null) : readJson(request, String(body), done),
  )
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  )
  app.addHook('onRequest', async (request, reply) => {
    begin(request, reply)
    await endOfTurn()
    if (!isInside(request.originalUrl, settings)) throw new PortalError('not_found', 'not below the base path')
  })
  // With `done` and not as promises: most requests have nothing to wait for here, and a promise costs more than the rest.
  app.addHook('preHandler', (request, reply, done) => {
    const goOn = (error?: Error) => {
      if (error !== undefined || !reply.sent) done(error)
    }
    try {
      checkMethod(request, reply, methods)
      const waiting = admit(request, reply, parts)
      if (waiting === undefined) goOn()
      else waiting.then(() => goOn(), goOn)
    } catch (error) {
      goOn(error as Error)
    }
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const { navigation, deadCookie } = request.visit
    if (navigation && deadCookie && !reply.hasHeader('set-cookie')) setCookie(reply, undefined, settings)
    done(null, payload)
  })
  app.setErrorHandler((error: Error, request, reply) => refuse(error, request, reply, parts))
  app.setNotFoundHandler(() => {
    throw new PortalError('not_found', 'no such page')
  })

  addOidcRoutes(app, parts)
  addLoginRoutes(app, parts)
  addLogoutRoutes(app, parts)
  addPageRoutes(app, parts)
  addAgreementRoutes(app, parts)
  addSessionRoutes(app, parts)
  const { documents } = options
  const cleanup = createSessionCleanup({ ...parts, documents, interval: settings.cleanupInterval })
  app.addHook('onListen', async () => {
    cleanup.start()
    await checkOwnPrivileges(parts)
  })
  app.addHook('onClose', async () => cleanup.stop())
  await app.ready()
  return app
}

function createParts(options: Parameters<typeof createPortal>[0]): PortalParts {
  const { settings, clock } = options
  const log = options.log.child({ 'event.dataset': 'portal' })
  const api = createApiCalls({ api: options.api, log })
  const sealer = createContentSealer(settings.encryptionKey)
  log.info({ key_fingerprint: sealer.keyFingerprint }, 'sessions are sealed with the key of this fingerprint')
  const { providers } = settings
  const store = options.sessions
  const audit = createPortalAudit({ audit: options.audit, log })
  const sessions = createBrowserSessions({
    store,
    sealer,
    providers,
    maxSessions: settings.maxSessions,
    onDisplaced: (ids, { provider, username }) => {
      for (const id of ids) audit.signedOut({ id, provider }, 'concurrency limit', { username })
    },
    clock,
    log,
  })
  const records = createSessionRecords({ store, sealer, providers, maxSessions: settings.maxSessions, clock })
  const receipts = createSignOutReceipts({ store, clock, log })
  const tokens = createTokenRefresh({ sessions, api, log })
  const visitors = createVisitors({ settings, sessions, api, tokens, audit, clock, log })
  const signIns = createSignIns({ sessions, api, audit, clock })
  const handshakes = createHandshakes({ settings, sessions, signIns, api, audit, clock })
  return { settings, api, sessions, records, receipts, visitors, handshakes, signIns, audit, clock, log }
}

/** @throws PortalError `method_not_allowed` */
function checkMethod(request: FastifyRequest, reply: FastifyReply, methods: ReturnType<typeof collectMethods>): void {
  const allowed = request.is404 ? methods.get(request.visit.path) : undefined
  if (allowed === undefined) return
  void reply.header('allow', [...allowed].toSorted().join(', '))
  throw new PortalError('method_not_allowed', `${request.method} is not offered here`)
}

/**
 * Finds out who it is and lets in, leads to the sign-in, or refuses, by the rules of the route.
 * @returns a promise only if there is something to wait for
 */
function admit(request: FastifyRequest, reply: FastifyReply, parts: PortalParts): Promise<void> | undefined {
  const { access } = request.visit.rules
  const known = access === 'none' ? undefined : parts.visitors.recall(request)
  if (access !== 'none' && known === undefined) return admitStranger(request, reply, parts)
  letIn(known ?? NOBODY, request, reply, parts)
  return undefined
}

async function admitStranger(request: FastifyRequest, reply: FastifyReply, parts: PortalParts): Promise<void> {
  const { access } = request.visit.rules
  const visitor = await parts.visitors.identify(request, reply).catch((error: unknown) => {
    // Pages that welcome anybody are shown even while nobody can be told from anybody else.
    if (access === 'required' || readFailure(error).code !== 'unavailable') throw error
    return UNIDENTIFIED
  })
  if (visitor.kind === 'user' || access !== 'required') return letIn(visitor, request, reply, parts)
  await leadToSignIn(visitor, request, reply, parts)
}

/** To what was asked for, or first to another page. */
function letIn(visitor: Visitor, request: FastifyRequest, reply: FastifyReply, { settings }: PortalParts): void {
  const { visit } = request
  visit.visitor = visitor
  const elsewhere = visit.rules.access === 'required' ? findDetour(visitor, request, settings) : undefined
  if (elsewhere === undefined) checkOwnOrigin(request, settings)
  else void reply.redirect(elsewhere)
}

/** Where somebody who may see a page has to go nevertheless. */
function findDetour(visitor: Visitor, request: FastifyRequest, settings: PortalSettings): string | undefined {
  const { visit } = request
  const forced = visitor.kind === 'user' ? findForcedPage(visitor, visit, settings) : undefined
  if (forced !== undefined || !visit.navigation || request.method !== 'GET') return forced
  // The Back button, to an address on the way to a sign-in.
  const hash = visit.query.get('auth_url_hash')
  const { basePath } = settings
  return hash === null ? undefined : readTarget(basePath + visit.address, hash, basePath)
}

function buildVisit(request: FastifyRequest, { embedding }: PortalSettings): Visit {
  const address = request.url
  const queryAt = address.indexOf('?')
  const path = queryAt < 0 ? address : address.slice(0, queryAt)
  const rules = request.routeOptions.config.visit ?? UNKNOWN_PATH
  const { method, headers } = request
  return {
    ...readRequestKind({ method, path, isPage: rules.page === true, embedding, headers }),
    address,
    path,
    query: queryAt < 0 ? NO_QUERY : new URLSearchParams(address.slice(queryAt + 1)),
    system: headers['kbn-system-request'] === 'true',
    rules,
    texts: textsOf(chooseLanguage(headers['accept-language'])),
    visitor: NOBODY,
    deadCookie: false,
  }
}

/** The methods of each path, for those that ask for another one. */
function collectMethods(app: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    for (const one of [method].flat()) known.add(one)
    methods.set(url, known)
  })
  return methods
}

type BasePath = Pick<PortalSettings, 'basePath' | 'rewriteBasePath'>

/** Takes the base path off, if that is the portal's task. */
function stripBasePath(url: string, settings: BasePath): string {
  if (!settings.rewriteBasePath || !isInside(url, settings)) return url
  return url.slice(settings.basePath.length).replace(/^(?!\/)/, '/')
}

/** Whether an address as it arrived belongs to the portal. */
function isInside(url: string, { basePath, rewriteBasePath }: BasePath): boolean {
  return !rewriteBasePath || (url.startsWith(basePath) && /^(?:[/?]|$)/.test(url.slice(basePath.length)))
}

/** An address that begins with several slashes would be another host's wherever it is sent back. */
function collapseSlashes(url: string): string {
  return /^[/\\]/.test(url) ? url.replace(/^[/\\]+/, '/') : '/'
}
