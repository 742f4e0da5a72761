/** Each failure becomes one answer: a page for a person, JSON for a program; and one line in the log. */
import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { Log } from '../observe/log.ts'
import type { PortalSettings } from '../settings/settings.ts'
import { sendPage } from './answer.ts'
import { renderErrorPage } from './error-page.ts'
import { STEERING, readTarget, withParameter, withoutParameters } from './next.ts'
import { PortalError, errorKind } from './portal-error.ts'
import { beginsAtLoginPage } from './providers.ts'

interface RefusalParts {
  readonly settings: PortalSettings
  readonly clock: Clock
  readonly log: Log
}

export function refuse(
  thrown: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
  { settings, clock, log }: RefusalParts,
): FastifyReply {
  const error = readFailure(thrown)
  const { visit } = request
  const fields = {
    err: error,
    code: error.code,
    'url.path': visit.path,
    'trace.id': request.id,
    ...callersId(request),
  }
  if (error.status >= 500) log.error(fields, 'a request failed')
  // That somebody comes without a session is the beginning of every sign-in.
  else log[error.code === 'unauthenticated' ? 'debug' : 'info'](fields, 'a request was refused')

  const { retryAfter } = errorKind(error.code)
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter))
  void reply.code(error.status)
  if (visit.navigation) {
    const tryAgain = tryAgainAddress(error, request, settings)
    const { basePath } = settings
    const page = { error, referenceId: request.id, basePath, tryAgain, now: clock(), texts: visit.texts }
    return sendPage(reply, renderErrorPage(page))
  }
  if (error.status === 401) void reply.header('x-login-location', `${settings.basePath}/login`)
  if (error.sessionReason !== undefined) void reply.header('kbn-session-error-reason', error.sessionReason)
  const phrase = STATUS_CODES[error.status] ?? 'Error'
  return reply
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ statusCode: error.status, error: phrase, message: error.said ?? phrase }))
}

/** The caller's own name for its request, shortened: it may be anything. */
function callersId({ headers }: FastifyRequest): { 'http.request.id'?: string } {
  const id = headers['x-opaque-id']
  return typeof id === 'string' ? { 'http.request.id': id.slice(0, 128) } : {}
}

/** Everything that can be thrown, as one of the portal's own errors. */
export function readFailure(thrown: unknown): PortalError {
  if (thrown instanceof PortalError) return thrown
  if (thrown instanceof SecurityError)
    return new PortalError(thrown.reason === 'store_unavailable' ? 'unavailable' : 'server_error', thrown.message, {
      cause: thrown.cause,
    })
  if (thrown instanceof Error && 'statusCode' in thrown) {
    const status = Number(thrown.statusCode)
    if (status === 413) return new PortalError('too_large', thrown.message)
    // What Fastify says of a body that it cannot read.
    if (status >= 400 && status < 500)
      return new PortalError('bad_request', thrown.message, { status, said: thrown.message })
  }
  return new PortalError('server_error', 'a fault of the portal', { cause: thrown })
}

/**
 * The target of the sign-in if this browser is known to have asked for it, else the page that was asked for. By the
 * login page, where a sign-in begins there.
 */
function tryAgainAddress(error: PortalError, { method, visit }: FastifyRequest, settings: PortalSettings): string {
  const { basePath } = settings
  const asked = visit.rules.access === 'required' && method === 'GET' ? basePath + visit.address : undefined
  const target = error.target ?? readTarget(asked && withoutParameters(asked, STEERING), undefined, basePath)
  return beginsAtLoginPage(settings) ? withParameter(`${basePath}/login`, 'next', target) : target
}
