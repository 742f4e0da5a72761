/**
 * What of a request goes to the audit log: who was kept out and why, what was allowed, what was changed. Elasticsearch's
 * "Audit events". The request's id is the one that the answer shows, so that a refused caller's reference finds its line.
 */
import type { Authentication, RealmRef } from '../authc/authentication.ts'
import { SecurityError } from '../kernel/errors.ts'
import { type Json, isJsonObject, readJsonObject } from '../kernel/json.ts'
import type { Audit, AuditEvent } from '../observe/audit.ts'
import { describeError } from '../observe/log.ts'
import type { ApiError } from './api-error.ts'
import { readOpaqueId, type ApiRequest } from './request.ts'
import { nameRequest } from './request-name.ts'
import type { ConfigChange } from './route.ts'

export interface AuditTrail {
  /** A realm did not accept a name and password. */
  refusedBy(request: ApiRequest, username: string, realm: RealmRef): void
  /** The answer is a 401. @param action what the caller did when somebody else could not be authenticated */
  unauthenticated(request: ApiRequest, error: ApiError, action: string | undefined): void
  /** A request of somebody who is known has reached its route. */
  dispatched(request: ApiRequest, caller: Authentication): void
  granted(request: ApiRequest, caller: Authentication, action: string): void
  /** @param error what the authorizer threw */
  denied(request: ApiRequest, caller: Authentication, action: string, error: unknown): void
  /** Written before the change is made: a change without a line would be worse than a line without a change. */
  changes(request: ApiRequest, change: ConfigChange): void
}

type Fields = Readonly<Record<string, AuditEvent[string]>>

export function createAuditTrail(audit: Audit): AuditTrail {
  return {
    refusedBy(request, username, { name }) {
      const fields = { realm: name, 'user.name': username, ...describeRest(request) }
      audit.write({ 'event.type': 'rest', 'event.action': 'realm_authentication_failed', ...fields })
    },
    unauthenticated(request, error, action) {
      const cause = findCause(error)
      const why = { 'event.reason': reasonOf(cause), 'error.message': describeError(cause) }
      const subject = { 'user.name': error.username, ...why }
      if (action !== undefined) return transport(request, 'authentication_failed', { ...subject, ...ofAction(action) })
      const event = chooseEvent(request, cause)
      if (event === undefined) return
      const fields = { ...(event === 'anonymous_access_denied' ? {} : subject), ...describeRest(request) }
      audit.write({ 'event.type': 'rest', 'event.action': event, ...fields })
    },
    dispatched(request, caller) {
      const body = audit.emitsRequestBody ? { 'request.body': withoutSecrets(request.body) } : {}
      const fields = { realm: caller.authenticationRealm.name, ...describeCaller(caller), ...describeRest(request) }
      audit.write({ 'event.type': 'rest', 'event.action': 'authentication_success', ...fields, ...body })
    },
    granted(request, caller, action) {
      if (caller.runBy !== undefined) transport(request, 'run_as_granted', describeRunAs(caller, action))
      transport(request, 'access_granted', { ...describeCaller(caller), ...ofAction(action) })
    },
    denied(request, caller, action, error) {
      if (caller.runBy !== undefined) {
        // The authorizer judges the acting before the action, and says which it was.
        const mayAct = !(error instanceof Error && error.message.includes('is unauthorized to run as'))
        transport(request, mayAct ? 'run_as_granted' : 'run_as_denied', describeRunAs(caller, action))
        if (!mayAct) return
      }
      transport(request, 'access_denied', { ...describeCaller(caller), ...ofAction(action) })
    },
    changes(request, change) {
      audit.write({ 'event.type': 'security_config_change', ...change, 'request.id': request.id })
    },
  }

  function transport(request: ApiRequest, action: string, fields: Fields): void {
    audit.write({ 'event.type': 'transport', 'event.action': action, ...fields, ...describeOrigin(request) })
  }
}

/**
 * `undefined`: an expired token, of which a client that refreshes it in time would be no better sign; and what somebody
 * without credentials may not do, which was told as denied.
 */
function chooseEvent(request: ApiRequest, cause: unknown): string | undefined {
  const scheme = request.headers.authorization?.split(' ', 1)[0]?.toLowerCase()
  const reason = reasonOf(cause)
  if (reason === 'token_expired' || reason === 'authentication_required') return undefined
  if (reason === 'credentials_missing' || reason === 'token_unknown' || scheme === 'apikey')
    return 'anonymous_access_denied'
  return scheme === 'bearer' && reason !== 'credentials_rejected' ? 'tampered_request' : 'authentication_failed'
}

function reasonOf(cause: unknown): string | undefined {
  return cause instanceof SecurityError ? cause.reason : undefined
}

/** The failed check below the answers that describe it. */
function findCause(error: ApiError): unknown {
  let cause: unknown = error
  while (cause instanceof Error && cause.name === 'ApiError' && cause.cause !== undefined) cause = cause.cause
  return cause
}

function describeRest(request: ApiRequest): Fields {
  const mark = request.url.indexOf('?')
  const query = mark < 0 ? undefined : request.url.slice(mark + 1)
  // The body of a request without one may stand in its query.
  const shown = query?.replaceAll(/(^|&)source=[^&]*/g, '$1source=')
  return { ...describeOrigin(request), 'url.path': request.path, 'url.query': shown, 'request.method': request.method }
}

/** Where the request comes from, and under which id it is found again. */
function describeOrigin({ id, headers, socket }: ApiRequest): Fields {
  const { remoteAddress = '', remotePort } = socket ?? {}
  const forwarded = headers['x-forwarded-for']
  return {
    // A call of the portal in the same process has no connection.
    'origin.type': remotePort === undefined ? 'local_node' : 'rest',
    'origin.address':
      remotePort === undefined
        ? undefined
        : `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`,
    'request.id': id,
    ...(readOpaqueId(headers) === undefined ? { 'trace.id': id } : { opaque_id: id }),
    x_forwarded_for: typeof forwarded === 'string' ? forwarded : forwarded?.join(', '),
  }
}

function describeCaller({ user, runBy, authenticationRealm, lookupRealm, type }: Authentication): Fields {
  return {
    'authentication.type': type.toUpperCase(),
    'user.name': user.username,
    'user.realm': lookupRealm.name,
    'user.run_by.name': runBy?.user.username,
    'user.run_by.realm': runBy && authenticationRealm.name,
    'user.roles': user.roles,
  }
}

/** Here the user is the one who acts as another. */
function describeRunAs(
  { user, runBy, authenticationRealm, lookupRealm, type }: Authentication,
  action: string,
): Fields {
  return {
    'authentication.type': type.toUpperCase(),
    'user.name': runBy?.user.username,
    'user.realm': authenticationRealm.name,
    'user.run_as.name': user.username,
    'user.run_as.realm': lookupRealm.name,
    'user.roles': runBy?.user.roles,
    ...ofAction(action),
  }
}

function ofAction(action: string): Fields {
  return { action, 'request.name': nameRequest(action) }
}

const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'password_hash',
  'kerberos_ticket',
  'token',
  'refresh_token',
  'redirect_uri',
  'nonce',
  'state',
])

/** A body without what must not be kept; nothing of a body that is not understood. */
function withoutSecrets(body: unknown): string | undefined {
  const parsed = typeof body === 'string' ? readJsonObject(body) : undefined
  return parsed && JSON.stringify(strip(parsed))
}

function strip(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => strip(item))
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).filter(([name]) => !SECRET_FIELDS.has(name))
  return Object.fromEntries(kept.map(([name, inner]) => [name, strip(inner)]))
}
