/**
 * The HTTP side of the REST API: a table of routes, and the order in which every request is judged. A request may come
 * over the network or from this process. Rules: Elasticsearch's REST conventions. It knows no API of its own, and refuses
 * to let any request reach a route before its sender is known.
 *
 * 1. Authentication, before any routing: whoever may not ask learns nothing, not even whether a path exists. Two different
 *    credentials are none (400).
 * 2. What is malformed as a whole: escapes, parameters of the answer, media types (400).
 * 3. Routing: no such path (400), not this method (405). Then the type of the body (406).
 * 4. The route's own reading of parameters and body, then what it did not read (400).
 * 5. Authorization (403). 6. The act.
 */
import type { Authentication } from '../authc/authentication.ts'
import { readCredentials, type Authenticator } from '../authc/authenticator.ts'
import type { Authorizer } from '../authc/authorizer.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { Json } from '../kernel/json.ts'
import type { Log } from '../observe/log.ts'
import type { Audit } from '../observe/audit.ts'
import { buildAnswer, buildEmptyAnswer, type HttpAnswer } from './answer.ts'
import { createAuditTrail } from './audit-trail.ts'
import { ApiError, BodyError, buildEnvelope, buildSimpleEnvelope, textError } from './api-error.ts'
import { describeError, describeFailedAuthentication } from './errors.ts'
import { checkContentType, checkVersions } from './media-type.ts'
import { checkParameters, readSource, SOURCE_PARAMETERS } from './query.ts'
import { buildRequest, hasBody, type ApiRequest, type ReceivedRequest } from './request.ts'
import { parseJson } from './request-body.ts'
import { METHODS, type Route } from './route.ts'
import { createRouteTable, type Place } from './route-table.ts'
import { checkSingleValued } from './single-valued.ts'

const RUN_AS = 'es-security-runas-user'
const EXPIRED_TOKEN = ['Bearer realm="security", error="invalid_token", error_description="The access token expired"']

export interface HttpApi {
  /** Never rejects: what fails is answered too. */
  answer(request: ReceivedRequest): Promise<HttpAnswer>
}

export function createHttpApi({
  routes,
  authenticator,
  authorizer,
  tokensEnabled,
  detailedErrors,
  audit,
  log,
}: {
  routes: readonly Route[]
  authenticator: Authenticator
  authorizer: Authorizer
  /** Whether bearer tokens are among the schemes on offer. */
  tokensEnabled: boolean
  detailedErrors: boolean
  audit: Audit | undefined
  log: Log
}): HttpApi {
  const trail = audit && createAuditTrail(audit)
  const findPlace = createRouteTable(routes)
  const everyScheme = ['Basic realm="security", charset="UTF-8"', ...(tokensEnabled ? ['Bearer realm="security"'] : [])]

  return {
    async answer(received) {
      const request = buildRequest(received)
      try {
        return request.method === 'OPTIONS' ? listMethods(request) : await judge(request)
      } catch (error) {
        return answerError(error, request)
      }
    },
  }

  function listMethods(request: ApiRequest): HttpAnswer {
    const place = findPlace(request.path)
    if (place === undefined) throw unknownPath(request)
    return buildEmptyAnswer(request, { allow: place.methods.join(',') })
  }

  async function judge(request: ApiRequest): Promise<HttpAnswer> {
    if (request.rawHeaders !== undefined) checkSingleValued(request.rawHeaders)
    const caller = await authenticate(request)
    if (request.query.errorTrace && !detailedErrors) throw textError(400, 'error traces in responses are disabled.')
    checkWhole(request)
    const place = isKnownMethod(request) ? findPlace(request.path) : undefined
    if (place === undefined) throw unknownPath(request)
    const route = place.routes.get(request.method)
    if (route === undefined) throw wrongMethod(request, place)
    if (hasBody(request)) checkContentType(request.headers)
    return serve(route, place, request, caller)
  }

  async function authenticate(request: ApiRequest): Promise<Authentication> {
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

  async function serve(
    route: Route,
    { variables }: Place,
    request: ApiRequest,
    caller: Authentication,
  ): Promise<HttpAnswer> {
    const { query } = request
    const value = route.read({ path: variables, query, body: await readBody(route, request) }, caller)
    if (query.values.size > 0) {
      const sources = route.body !== undefined && request.method === 'GET' ? SOURCE_PARAMETERS : []
      checkParameters(query, request.path, [...(route.parameters ?? []), ...sources])
    }
    if (route.body === undefined && hasBody(request)) {
      refuse(`request [${request.method} ${request.path}] does not support having a body`)
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
    return buildAnswer(request, await route.act(value, caller, request.id))
  }

  function answerError(thrown: unknown, request: ApiRequest): HttpAnswer {
    const error = describeError(thrown, { purpose: describePurpose(request) })
    const cause = error instanceof ApiError && error.cause instanceof ApiError ? error.cause : error
    if (cause.status >= 500) {
      const fields = { 'http.request.id': request.id, 'http.request.method': request.method }
      log.error({ ...fields, 'url.path': request.path, err: cause.cause ?? cause }, 'a request failed')
    }
    if (error instanceof BodyError) return buildAnswer(request, error, error.headers)
    if (error.status === 401) trail?.unauthenticated(request, error, request.action)
    const challenges =
      error.challenge === undefined ? [] : error.challenge === 'expired token' ? EXPIRED_TOKEN : everyScheme
    const withTrace = request.query.errorTrace && error.status !== 401
    const body = detailedErrors ? buildEnvelope(error, challenges, withTrace) : buildSimpleEnvelope(error)
    return buildAnswer(
      request,
      { status: error.status, body },
      {
        ...(challenges.length > 0 && { 'www-authenticate': [...challenges] }),
        // RFC 9110 §10.2.3. A fault of ours that ended an authentication is worth trying again too.
        ...(cause instanceof ApiError && cause.retryAfter !== undefined && { 'retry-after': String(cause.retryAfter) }),
      },
    )
  }
}

function checkWhole(request: ApiRequest): void {
  const { headers, path, query } = request
  if (!isDecodable(path)) refuse('the path has an incomplete or invalid escape sequence')
  if (query.problem !== undefined) refuse(`request [${path}]: ${query.problem}`)
  checkVersions(headers.accept, hasBody(request) ? headers['content-type'] : undefined)
}

function refuse(text: string): never {
  throw new SecurityError('argument_illegal', text)
}

async function readBody(route: Route, request: ApiRequest): Promise<Json | undefined> {
  if (route.body === undefined) return undefined
  if (hasBody(request)) request.body = await request.readBody()
  if (request.body !== undefined && request.body !== '') return parseJson(request.body)
  const source = request.method === 'GET' ? readSource(request.query) : undefined
  if (source !== undefined && source !== '') return parseJson(source)
  if (route.body === 'required') throw new SecurityError('body_unparsable', 'request body is required')
  return undefined
}

function isDecodable(path: string): boolean {
  if (!path.includes('%')) return true
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

function isKnownMethod({ method }: ApiRequest): boolean {
  return (METHODS as readonly string[]).includes(method)
}

function describePurpose({ url }: ApiRequest): string {
  return `REST request [${url}]`
}

function unknownPath({ url, method }: ApiRequest): BodyError {
  return new BodyError(400, { error: `no handler found for uri [${url}] and method [${method}]` })
}

function wrongMethod({ url, method }: ApiRequest, { methods }: Place): BodyError {
  const text = `Incorrect HTTP method for uri [${url}] and method [${method}], allowed: [${methods.join(', ')}]`
  return textError(405, text, { allow: methods.join(',') })
}
