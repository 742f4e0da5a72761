/**
 * What the audit log learns from the portal, and the log beside it: one line for each session that begins, for each that
 * ends with its reason, and for each sign-in that failed. Never a token, a cookie or a password; a session by the first
 * characters of its id.
 */
import type { JsonObject } from '../kernel/json.ts'
import type { Audit } from '../observe/audit.ts'
import type { Log } from '../observe/log.ts'
import type { PortalSession } from '../store/store.ts'
import type { EndReason } from './browser-sessions.ts'

export type LogoutReason =
  | 'logout'
  | 'idle'
  | 'lifespan'
  | 'concurrency limit'
  | 'overwritten'
  | 'replaced'
  | 'invalidated'
  | 'refresh'
  | 'provider'

interface Provider {
  readonly type: string
  readonly name: string
}

type Session = Pick<PortalSession, 'id' | 'provider' | 'usernameHash'>

export interface PortalAudit {
  signedIn(session: Session, username: string, referenceId: string): void
  /** @param username known only where the cookie is at hand */
  signedOut(session: Session, reason: LogoutReason, more: { username?: string; referenceId?: string }): void
  /** @param username as it was typed, for a form */
  signInFailed(provider: Provider | undefined, referenceId: string, username?: string): void
  agreementAcknowledged(session: Session, username: string, referenceId: string): void
  cleanedUp(ended: number): void
}

export function createPortalAudit({ audit, log }: { audit: Audit | undefined; log: Log }): PortalAudit {
  function write(action: string, outcome: string, text: string, fields: JsonObject): void {
    audit?.write({ 'event.type': 'portal', 'event.action': action, 'event.outcome': outcome, ...fields })
    log.info({ 'event.action': action, 'event.outcome': outcome, ...fields }, text)
  }

  return {
    signedIn: (session, username, referenceId) =>
      write('user_login', 'success', 'signed in', {
        'user.name': username,
        ...fieldsOf(session),
        'trace.id': referenceId,
      }),
    signedOut: (session, reason, { username, referenceId }) =>
      write('user_logout', 'unknown', 'a session has ended', {
        ...(username === undefined ? { 'user.hash': session.usernameHash ?? '' } : { 'user.name': username }),
        ...fieldsOf(session),
        reason,
        ...(referenceId !== undefined && { 'trace.id': referenceId }),
      }),
    signInFailed: (provider, referenceId, username) =>
      write('user_login', 'failure', 'a sign-in was refused', {
        ...(username !== undefined && { 'user.name': username }),
        ...(provider !== undefined && fieldsOf({ provider })),
        'trace.id': referenceId,
      }),
    agreementAcknowledged: (session, username, referenceId) =>
      write('access_agreement_acknowledged', 'success', 'the access agreement was acknowledged', {
        'user.name': username,
        ...fieldsOf(session),
        'trace.id': referenceId,
      }),
    cleanedUp: (ended) =>
      write('session_cleanup', 'success', 'sessions past their deadline or beyond the limit have ended', { ended }),
  }
}

/** Why a session is said to have ended, by the reason that its browser is told. */
export const LOGOUT_REASONS: Readonly<Record<EndReason, LogoutReason>> = {
  SESSION_IDLE_TIMEOUT: 'idle',
  SESSION_LIFESPAN_TIMEOUT: 'lifespan',
  CONCURRENCY_LIMIT: 'concurrency limit',
  SESSION_EXPIRED: 'refresh',
  UNEXPECTED_SESSION_ERROR: 'provider',
}

function fieldsOf({ id, provider }: Partial<Session>): JsonObject {
  return {
    ...(provider !== undefined && {
      'authentication.provider.type': provider.type,
      'authentication.provider.name': provider.name,
    }),
    ...(id !== undefined && { 'session.id': id.slice(0, 10) }),
  }
}
