/**
 * The HTTP side of the REST API: a table of routes on Fastify, and the order in which every request is judged.
 * Rules: Elasticsearch's REST conventions. It knows no API of its own, and refuses to let any request reach a route
 * before its sender is known.
 *
 * 1. Authentication, before any routing: whoever may not ask learns nothing, not even whether a path exists.
 * 2. What is malformed as a whole: escapes, parameters of the answer, media types (400).
 * 3. Routing: no such path (400), not this method (405). Then the type of the body (406).
 * 4. The route's own reading of parameters and body, then what it did not read (400).
 * 5. Authorization (403). 6. The act.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TlsOptions } from 'node:tls'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Authentication } from '../authc/authentication.ts'
import { readCredentials, type Authenticator } from '../authc/authenticator.ts'
import type { Authorizer } from '../authc/authorizer.ts'
import { SecurityError } from '../kernel/errors.ts'
import { WITHOUT_SCHEMAS } from '../net/without-schemas.ts'
import type { Log } from '../observe/log.ts'
import type { Audit } from '../observe/audit.ts'
import { readOpaqueId, sendAnswer, sendHeaders } from './answer.ts'
import { createAuditTrail } from './audit-trail.ts'
import { ApiError, BodyError, buildEnvelope, buildSimpleEnvelope, textError } from './api-error.ts'
import { describeError, describeFailedAuthentication } from './errors.ts'
import { checkContentType, checkVersions } from './media-type.ts'
import { checkParameters, readQuery, readSource, SOURCE_PARAMETERS, type Query } from './query.ts'
import { parseJson } from './request-body.ts'
import { METHODS, type Method, type Route } from './route.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends it. Absent only in what is answered without authentication. */
    authentication?: Authentication
    /** The action that was allowed. */
    action?: string
  }
}

const LARGEST_BODY = 1024 * 1024
/** More than the headers of a request may have. */
const LONGEST_PATH = 32 * 1024
const REQUEST_TIMEOUT_MS = 30_000

const RUN_AS = 'es-security-runas-user'
const EXPIRED_TOKEN = ['Bearer realm="security", error="invalid_token", error_description="The access token expired"']

type Request = FastifyRequest<{ Querystring: Query; Params: Record<string, string>; Body: string | undefined }>

export function createHttpApi({
  routes,
  authenticator,
  authorizer,
  tokensEnabled,
  detailedErrors,
  tls,
  audit,
  log,
}: {
  routes: readonly Route[]
  authenticator: Authenticator
  authorizer: Authorizer
  /** Whether bearer tokens are among the schemes on offer. */
  tokensEnabled: boolean
  detailedErrors: boolean
  tls: TlsOptions | undefined
  audit: Audit | undefined
  log: Log
}): FastifyInstance {
  const trail = audit && createAuditTrail(audit)
  const everyScheme = ['Basic realm="security", charset="UTF-8"', ...(tokensEnabled ? ['Bearer realm="security"'] : [])]

  const options = {
    bodyLimit: LARGEST_BODY,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
    schemaController: WITHOUT_SCHEMAS,
    forceCloseConnections: 'idle' as const,
    genReqId: ({ headers }: IncomingMessage) => readOpaqueId(headers['x-opaque-id']) ?? randomUUID(),
    // An undecodable path would be answered before all hooks; under this name it goes the way of an unknown path.
    rewriteUrl: ({ url = '/' }: IncomingMessage) => (isDecodable(url) ? url : '/undecodable'),
    routerOptions: {
      ignoreTrailingSlash: true,
      maxParamLength: LONGEST_PATH,
      querystringParser: readQuery as unknown as (text: string) => Record<string, unknown>,
    },
  }
  // Fastify's own type of a server with TLS would be another one in every signature, for nothing that is used here.
  const withTls: typeof options = { ...options, ...(tls !== undefined && { https: tls }) }
  const app = Fastify(withTls)
  // What a search is asked with is the body of a GET.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
  // Bodies are parsed by the route, after authentication and routing.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.decorateRequest('authentication')
  app.decorateRequest('action')

  app.addHook<{ Querystring: Query }>('onRequest', async (request) => {
    if (request.method !== 'OPTIONS') {
      request.authentication = await authenticate(request)
      if (request.query.errorTrace && !detailedErrors) throw textError(400, 'error traces in responses are disabled.')
      checkWhole(request)
    }
    if (request.is404) throw unknownPath(request)
  })
  for (const [path, group] of Map.groupBy(routes, (route) => route.path)) addPath(path, group)
  app.setErrorHandler((error, request: Request, reply) => answerError(error, request, reply))
  return app

  async function authenticate(request: FastifyRequest): Promise<Authentication> {
    let username: string | undefined
    try {
      const credentials = readCredentials(request.headers.authorization)
      if (credentials.scheme === 'basic') username = credentials.username
      const caller = await authenticator.authenticate(credentials, (realm) => {
        trail?.refusedBy(request, username ?? '', realm)
      })
      const runAs = request.headers[RUN_AS]
      if (runAs === undefined) return caller
      username = caller.user.username
      return await authenticator.runAs(caller, String(runAs))
    } catch (error) {
      throw describeFailedAuthentication(error, { purpose: describePurpose(request), username })
    }
  }

  function addPath(path: string, group: readonly Route[]): void {
    const allowed = METHODS.filter((method) => group.some((route) => route.methods.includes(method)))
    for (const route of group) {
      app.route<{ Querystring: Query; Params: Record<string, string>; Body: string | undefined }>({
        method: [...route.methods],
        url: path,
        onRequest: (request, _reply, done) => {
          if (hasBody(request)) checkContentType(request.headers)
          // Of what is not there the type does not matter, to the framework either.
          else delete request.headers['content-type']
          done()
        },
        handler: (request, reply) => serve(route, request, reply),
      })
    }
    app.options(path, (request, reply) => sendHeaders(request, reply, { allow: allowed.join(',') }))
    const refuseMethod = async (request: FastifyRequest) => {
      throw wrongMethod(request, allowed)
    }
    const others = METHODS.filter((method) => method !== 'OPTIONS' && !allowed.includes(method))
    // Refused before a body is read; Fastify wants a handler all the same.
    app.route({ method: others, url: path, onRequest: refuseMethod, handler: refuseMethod })
  }

  async function serve(route: Route, request: Request, reply: FastifyReply): Promise<void> {
    const { authentication: caller, query } = request
    if (caller === undefined) throw new TypeError('a request reached its route without authentication')
    const value = route.read({ path: request.params, query, body: readBody(route, request) }, caller)
    if (query.values.size > 0) {
      const sources = route.body !== undefined && request.method === 'GET' ? SOURCE_PARAMETERS : []
      checkParameters(query, readPath(request), [...(route.parameters ?? []), ...sources])
    }
    if (route.body === undefined && hasBody(request)) {
      refuse(`request [${request.method} ${readPath(request)}] does not support having a body`)
    }
    trail?.dispatched(request, caller)
    const action = route.action(value)
    try {
      await authorizer.authorize(caller, action, route.onOwnAccount?.(value, caller))
    } catch (error) {
      trail?.denied(request, caller, action, error)
      throw error
    }
    request.action = action
    trail?.granted(request, caller, action)
    for (const change of [route.change?.(value, caller) ?? []].flat()) trail?.changes(request, change)
    sendAnswer(request, reply, await route.act(value, caller, request.id))
  }

  function answerError(thrown: unknown, request: Request, reply: FastifyReply): void {
    const error = describeError(readFrameworkError(thrown), { purpose: describePurpose(request) })
    const cause = error instanceof ApiError && error.cause instanceof ApiError ? error.cause : error
    if (cause.status >= 500) {
      const fields = { 'http.request.id': request.id, 'http.request.method': request.method }
      log.error({ ...fields, 'url.path': readPath(request), err: cause.cause ?? cause }, 'a request failed')
    }
    // After a body that is too large the connection ends.
    const connection = reply.getHeader('connection')
    const ofFramework = connection === undefined ? {} : { connection: String(connection) }
    if (error instanceof BodyError) {
      return sendAnswer(request, reply, error, { ...ofFramework, ...error.headers })
    }
    if (error.status === 401) trail?.unauthenticated(request, error, request.action)
    const challenges =
      error.challenge === undefined ? [] : error.challenge === 'expired token' ? EXPIRED_TOKEN : everyScheme
    const withTrace = request.query.errorTrace && error.status !== 401
    const body = detailedErrors ? buildEnvelope(error, challenges, withTrace) : buildSimpleEnvelope(error)
    sendAnswer(
      request,
      reply,
      { status: error.status, body },
      {
        ...ofFramework,
        ...(challenges.length > 0 && { 'www-authenticate': [...challenges] }),
        // RFC 9110 §10.2.3. A fault of ours that ended an authentication is worth trying again too.
        ...(cause instanceof ApiError && cause.retryAfter !== undefined && { 'retry-after': String(cause.retryAfter) }),
      },
    )
  }
}

function checkWhole(request: FastifyRequest<{ Querystring: Query }>): void {
  const { headers, query } = request
  if (!isDecodable(request.originalUrl)) refuse('the path has an incomplete or invalid escape sequence')
  if (query.problem !== undefined) refuse(`request [${readPath(request)}]: ${query.problem}`)
  checkVersions(headers.accept, hasBody(request) ? headers['content-type'] : undefined)
}

function refuse(text: string): never {
  throw new SecurityError('argument_illegal', text)
}

function readBody(route: Route, request: Request): ReturnType<typeof parseJson> | undefined {
  if (route.body === undefined) return undefined
  if (request.body !== undefined && request.body !== '') return parseJson(request.body)
  const source = request.method === 'GET' ? readSource(request.query) : undefined
  if (source !== undefined && source !== '') return parseJson(source)
  if (route.body === 'required') throw new SecurityError('body_unparsable', 'request body is required')
  return undefined
}

/** The part of a URL before the query. */
function readPath({ originalUrl }: FastifyRequest): string {
  return originalUrl.split('?', 1)[0] ?? originalUrl
}

function isDecodable(url: string): boolean {
  if (!url.includes('%')) return true
  try {
    decodeURIComponent(url.split('?', 1)[0] ?? '')
    return true
  } catch {
    return false
  }
}

function hasBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

function describePurpose({ originalUrl }: FastifyRequest): string {
  return `REST request [${originalUrl}]`
}

function unknownPath({ originalUrl, method }: FastifyRequest): BodyError {
  return new BodyError(400, { error: `no handler found for uri [${originalUrl}] and method [${method}]` })
}

function wrongMethod({ originalUrl, method }: FastifyRequest, allowed: readonly Method[]): BodyError {
  const text = `Incorrect HTTP method for uri [${originalUrl}] and method [${method}], allowed: [${allowed.join(', ')}]`
  return textError(405, text, { allow: allowed.join(',') })
}

/** What Fastify itself refuses, such as a body that is too large. Where others say 415, this API says 406. */
function readFrameworkError(error: unknown): unknown {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : Number.NaN
  if (!(error instanceof Error) || !(status < 500)) return error
  return textError(status === 415 ? 406 : status, error.message)
}
