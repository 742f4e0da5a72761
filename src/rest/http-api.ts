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
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Authentication } from '../authc/authentication.ts'
import { readCredentials, type Authenticator } from '../authc/authenticator.ts'
import type { Authorizer } from '../authc/authorizer.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Log } from '../observe/log.ts'
import { ApiError, BodyError, buildEnvelope, textError } from './api-error.ts'
import { describeError, describeFailedAuthentication } from './errors.ts'
import { filterAnswer } from './filter-path.ts'
import { checkContentType, checkVersions, chooseAnswerType } from './media-type.ts'
import { checkParameters, readQuery, type Query } from './query.ts'
import { parseJson } from './request-body.ts'
import { METHODS, type Method, type Route } from './route.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends it. Absent only in what is answered without authentication. */
    authentication?: Authentication
  }
}

const LARGEST_BODY = 1024 * 1024
/** More than the headers of a request may have. */
const LONGEST_PATH = 32 * 1024
const REQUEST_TIMEOUT_MS = 30_000

const EXPIRED_TOKEN = ['Bearer realm="security", error="invalid_token", error_description="The access token expired"']

type Request = FastifyRequest<{ Querystring: Query; Params: Record<string, string>; Body: string | undefined }>

export function createHttpApi({
  routes,
  authenticator,
  authorizer,
  tokensEnabled,
  log,
}: {
  routes: readonly Route[]
  authenticator: Authenticator
  authorizer: Authorizer
  /** Whether bearer tokens are among the schemes on offer. */
  tokensEnabled: boolean
  log: Log
}): FastifyInstance {
  const everyScheme = ['Basic realm="security", charset="UTF-8"', ...(tokensEnabled ? ['Bearer realm="security"'] : [])]

  const app = Fastify({
    bodyLimit: LARGEST_BODY,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    genReqId: ({ headers }) => readOpaqueId(headers['x-opaque-id']) ?? randomUUID(),
    // An undecodable path would be answered before all hooks; under this name it goes the way of an unknown path.
    rewriteUrl: ({ url = '/' }) => (isDecodable(url) ? url : '/undecodable'),
    routerOptions: {
      ignoreTrailingSlash: true,
      maxParamLength: LONGEST_PATH,
      querystringParser: readQuery as unknown as (text: string) => Record<string, unknown>,
    },
  })
  // Bodies are parsed by the route, after authentication and routing.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.decorateRequest('authentication')

  app.addHook<{ Querystring: Query }>('onRequest', async (request) => {
    if (request.method !== 'OPTIONS') {
      request.authentication = await authenticate(request)
      checkWhole(request)
    }
    if (request.is404) throw unknownPath(request)
  })
  for (const [path, group] of Map.groupBy(routes, (route) => route.path)) addPath(path, group)
  app.setErrorHandler((error, request: Request, reply) => answerError(error, request, reply))
  return app

  async function authenticate(request: FastifyRequest): Promise<Authentication> {
    const purpose = `REST request [${request.originalUrl}]`
    let username: string | undefined
    try {
      const credentials = readCredentials(request.headers.authorization)
      if (credentials.scheme === 'basic') username = credentials.username
      return await authenticator.authenticate(credentials)
    } catch (error) {
      throw describeFailedAuthentication(error, { purpose, username })
    }
  }

  function addPath(path: string, group: readonly Route[]): void {
    const allowed = METHODS.filter((method) => group.some((route) => route.methods.includes(method)))
    for (const route of group) {
      app.route<{ Querystring: Query; Params: Record<string, string>; Body: string | undefined }>({
        method: [...route.methods],
        url: path,
        onRequest: (request, _reply, done) => {
          if (hasBody(request)) checkContentType(request.headers['content-type'])
          done()
        },
        handler: (request, reply) => serve(route, request, reply),
      })
    }
    app.options(path, (_request, reply) => {
      reply.header('allow', allowed.join(',')).header('x-elastic-product', 'Elasticsearch').type('text/plain')
      return reply.send('')
    })
    app.route({
      method: METHODS.filter((method) => method !== 'OPTIONS' && !allowed.includes(method)),
      url: path,
      onRequest: (request, _reply, done) => done(wrongMethod(request, allowed)),
      handler: (request) => {
        throw wrongMethod(request, allowed)
      },
    })
  }

  async function serve(route: Route, request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { authentication: caller, query } = request
    if (caller === undefined) throw new TypeError('a request reached its route without authentication')
    const value = route.read({ path: request.params, query, body: readBody(route, request) })
    checkParameters(query, readPath(request), route.parameters ?? [])
    if (route.body === undefined && hasBody(request)) {
      throw new SecurityError(
        'argument_illegal',
        `request [${request.method} ${readPath(request)}] does not support having a body`,
      )
    }
    const action = route.action(value, caller)
    if (action !== undefined) await authorizer.authorize(caller, action)
    const { status = 200, body } = await route.act(value, caller, request.id)
    return answer(request, reply, status, body)
  }

  function answerError(thrown: unknown, request: Request, reply: FastifyReply): FastifyReply {
    const error = describeError(readFrameworkError(thrown), { purpose: `REST request [${request.originalUrl}]` })
    const cause = error instanceof ApiError && error.cause instanceof ApiError ? error.cause : error
    if (cause.status >= 500) {
      const fields = { 'http.request.id': request.id, 'http.request.method': request.method }
      log.error({ ...fields, 'url.path': readPath(request), err: cause.cause ?? cause }, 'a request failed')
    }
    if (error instanceof BodyError) {
      return answer(request, reply.headers(error.headers), error.status, error.body)
    }
    const challenges =
      error.challenge === undefined ? [] : error.challenge === 'expired token' ? EXPIRED_TOKEN : everyScheme
    if (challenges.length > 0) reply.header('www-authenticate', challenges)
    const withTrace = request.query.errorTrace && error.status !== 401
    return answer(request, reply, error.status, buildEnvelope(error, challenges, withTrace))
  }
}

/** Writes the answer in the form that was asked for. */
function answer(request: Request, reply: FastifyReply, status: number, body: JsonObject): FastifyReply {
  const { filter, pretty } = request.query
  const shown = filter === undefined ? body : filterAnswer(body, filter)
  reply.statusCode = status
  reply.header('content-type', chooseAnswerType(request.headers.accept))
  reply.header('cache-control', 'no-store')
  reply.header('x-content-type-options', 'nosniff')
  // The official clients take the lack of it for a server that is not Elasticsearch's kin.
  if (status !== 401 && status !== 403) reply.header('x-elastic-product', 'Elasticsearch')
  const opaqueId = readOpaqueId(request.headers['x-opaque-id'])
  reply.header(opaqueId === undefined ? 'x-request-id' : 'x-opaque-id', request.id)
  // As bytes: to a text Fastify would add a charset to the type that was asked for.
  return reply.send(Buffer.from(pretty ? formatPretty(shown) : JSON.stringify(shown)))
}

function formatPretty(body: JsonObject): string {
  return `${JSON.stringify(body, null, 2).replaceAll(/^(\s*"(?:[^"\\]|\\.)*"): /gm, '$1 : ')}\n`
}

function checkWhole(request: FastifyRequest<{ Querystring: Query }>): void {
  const { headers, query } = request
  if (!isDecodable(request.originalUrl))
    throw new SecurityError('argument_illegal', 'the path has an incomplete or invalid escape sequence')
  if (query.problem !== undefined)
    throw new SecurityError('argument_illegal', `request [${readPath(request)}]: ${query.problem}`)
  checkVersions(headers.accept, hasBody(request) ? headers['content-type'] : undefined)
  // Acting as somebody else is not offered: to act as the caller instead would be the opposite of what was asked.
  if (headers['es-security-runas-user'] !== undefined) {
    throw new SecurityError('argument_illegal', 'request header [es-security-runas-user] is not supported')
  }
}

function readBody(route: Route, request: Request): ReturnType<typeof parseJson> | undefined {
  if (route.body === undefined) return undefined
  if (request.body !== undefined && request.body !== null && request.body !== '') return parseJson(request.body)
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

function readOpaqueId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined
}

function unknownPath({ originalUrl, method }: FastifyRequest): BodyError {
  return new BodyError(400, { error: `no handler found for uri [${originalUrl}] and method [${method}]` })
}

function wrongMethod({ originalUrl, method }: FastifyRequest, allowed: readonly Method[]): BodyError {
  const text = `Incorrect HTTP method for uri [${originalUrl}] and method [${method}], allowed: [${allowed.join(', ')}]`
  return textError(405, text, { allow: allowed.join(',') })
}

/** What Fastify itself refuses, in our words. */
function readFrameworkError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return textError(413, `the request body is longer than ${LARGEST_BODY} bytes`)
  }
  if (error.code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH')
    return new SecurityError('argument_illegal', 'the body has another length than said')
  return error
}
