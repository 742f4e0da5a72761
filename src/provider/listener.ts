/**
 * The provider's listener: our own routes, and behind them the library. Whatever the request says about host and scheme
 * is replaced by the issuer's before anybody looks, so that no page, redirect or metadata can be steered from outside.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { TlsOptions } from 'node:tls'
import { errors } from 'oidc-provider'
import { type Reason, SecurityError } from '../kernel/errors.ts'
import type { HostList } from '../kernel/host-list.ts'
import { randomText } from '../kernel/random.ts'
import { WITHOUT_SCHEMAS } from '../net/without-schemas.ts'
import type { Log } from '../observe/log.ts'
import { findClientAddress } from './client-address.ts'
import { checkSessionCookies, type CookieNames } from './cookies.ts'
import { checkParameterCount, pathOf } from './parameters.ts'
import { chooseLanguage } from './language.ts'
import type { ProviderPages, ProviderPagesIn } from './provider-pages.ts'

/** Long hints travel in the query. */
const MAX_HEADER_BYTES = 32 * 1024
const MAX_FORM_BYTES = 64 * 1024
const REQUEST_TIMEOUT_MS = 30_000

// No `form-action`: browsers apply it to every redirect after a form, and the return to a relying party would fail.
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'"

/** Kept apart from the headers, which are removed. */
const addresses = new WeakMap<IncomingMessage, string>()

/** The address that a request comes from. */
export function addressOf({ raw }: FastifyRequest): string {
  return addresses.get(raw) ?? ''
}

export type HandToLibrary = (request: IncomingMessage, response: ServerResponse) => void

export function createListener(parts: {
  issuer: string
  pages: ProviderPagesIn
  cookies: CookieNames
  /** The library's end-session action lives under this path and must not be reached. */
  endSessionPath: string
  jwksPath: string
  library: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Puts our routes on an instance that reads forms, and nothing but forms. */
  routes: (app: FastifyInstance, handToLibrary: HandToLibrary) => void
  trustedProxies: HostList
  /** Absent: plain HTTP. */
  tls: TlsOptions | undefined
  log: Log
}): FastifyInstance {
  const { pages, log } = parts
  const issuer = new URL(parts.issuer)
  const { tls } = parts
  const app: FastifyInstance = fastify({
    ...(tls !== undefined && { https: { ...tls, maxHeaderSize: MAX_HEADER_BYTES } }),
    logger: false,
    schemaController: WITHOUT_SCHEMAS,
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => randomText(12),
    // As wide as the library's own router: any letter case, a slash at the end or none.
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    rewriteUrl: (request) => originForm(request.url ?? '/'),
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
  })

  app.addHook('onRequest', async (request, reply) => {
    const { raw } = request
    addresses.set(raw, findClientAddress(raw, parts.trustedProxies))
    raw.headers.host = issuer.host
    for (const name of Object.keys(raw.headers)) if (/^(x-forwarded-|forwarded$)/.test(name)) delete raw.headers[name]
    raw.headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1)
    for (const [name, value] of Object.entries(headersFor(request.id))) reply.raw.setHeader(name, value)
    if (pathOf(raw.url ?? '') === parts.jwksPath) reply.raw.setHeader('Cache-Control', 'max-age=3600')
    checkSessionCookies(raw.headers.cookie, parts.cookies)
    checkParameterCount(raw.url ?? '')
  })

  const handToLibrary: HandToLibrary = (request, response) => {
    // The library derives a mount path from the difference of the two.
    Object.assign(request, { originalUrl: request.url })
    parts.library(request, response).catch((err: unknown) => log.error({ err }, 'the provider failed'))
  }

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    if (isUnder(parts.endSessionPath, request.raw.url ?? '')) throw new NotFound()
    reply.hijack()
    handToLibrary(request.raw, reply.raw)
  })
  app.register(async (own) => {
    own.removeAllContentTypeParsers()
    own.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    )
    own.addHook('onSend', async (_request, reply) => {
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    })
    parts.routes(own, handToLibrary)
  })
  return app

  function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { status, detail } = judgeError(error)
    if (status >= 500) log.error({ err: error, 'http.request.id': request.id }, 'the provider failed')
    reply.code(status).header('cache-control', 'no-store')
    if (prefersJson(request.headers.accept)) {
      const name = status >= 500 ? 'server_error' : 'invalid_request'
      reply.send({ error: name, ...(detail !== undefined && { error_description: detail }) })
      return
    }
    sendPage(reply, pagesFor(pages, request).error({ status, detail, requestId: request.id }))
  }
}

/** The pages in the language of a request. @param uiLocales what the relying party asked for, where it can */
export function pagesFor(pages: ProviderPagesIn, request: FastifyRequest, uiLocales?: unknown): ProviderPages {
  return pages(chooseLanguage(uiLocales, request.headers['accept-language']))
}

export function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(page)
}

export function sendRedirect(reply: FastifyReply, location: string): FastifyReply {
  return reply.code(303).header('location', location).send()
}

/** The page or path does not exist, or was switched off. */
export class NotFound extends Error {
  readonly statusCode = 404
}

/** RFC 9112 §3.2.2: a request target may be a whole URL; what it says of scheme and host is dropped. */
function originForm(url: string): string {
  if (url.startsWith('/')) return url
  const parsed = URL.parse(url)
  return parsed === null ? '/' : `${parsed.pathname}${parsed.search}`
}

function isUnder(path: string, url: string): boolean {
  const wanted = path.toUpperCase()
  const asked = pathOf(url).toUpperCase()
  return asked === wanted || asked.startsWith(`${wanted}/`)
}

function headersFor(requestId: string): Record<string, string> {
  return {
    'X-Request-Id': requestId,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  }
}

/** What a reason is to a visitor of the provider. Those of the API and of the realms cannot come up here. */
function statusOf(reason: Reason): 400 | 500 | 503 {
  switch (reason) {
    case 'argument_illegal':
      return 400
    case 'store_unavailable':
      return 503
    case 'credentials_missing':
    case 'credentials_malformed':
    case 'credentials_rejected':
    case 'token_unknown':
    case 'token_expired':
    case 'action_unauthorized':
    case 'response_invalid':
    case 'authentication_required':
    case 'state_invalid':
    case 'issuer_mismatch':
    case 'provider_refused':
    case 'response_type_unexpected':
    case 'response_replayed':
    case 'code_exchange_failed':
    case 'access_token_invalid':
    case 'id_token_invalid':
    case 'keys_unavailable':
    case 'userinfo_failed':
    case 'claims_unmergeable':
    case 'claims_unmappable':
    case 'principal_missing':
    case 'delegate_not_found':
    case 'body_unparsable':
    case 'field_unparsable':
    case 'field_missing':
    case 'validation_failed':
    case 'entry_invalid':
    case 'realm_unknown':
    case 'login_token_invalid':
    case 'grant_invalid':
    case 'token_store_missing':
    case 'tokens_disabled':
    case 'provider_unavailable':
    case 'record_damaged':
      return 500
    default:
      return reason satisfies never
  }
}

/** Errors of our own checks and of the HTTP server say what is wrong with the request; all others are our fault. */
function judgeError(error: unknown): { status: number; detail?: string } {
  if (error instanceof NotFound) return { status: 404 }
  if (error instanceof SecurityError) {
    const status = statusOf(error.reason)
    return status === 400 ? { status, detail: error.message } : { status }
  }
  if (error instanceof errors.OIDCProviderError && error.expose) {
    return { status: error.statusCode, detail: error.error_description ?? error.error }
  }
  const { statusCode = 500, message } = error as FastifyError
  return statusCode < 500 ? { status: statusCode, detail: message } : { status: 500 }
}

function prefersJson(accept: string | undefined): boolean {
  return accept !== undefined && accept.includes('application/json') && !accept.includes('text/html')
}
