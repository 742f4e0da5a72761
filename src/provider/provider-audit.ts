import type { Audit } from '../observe/audit.ts'
import type { Notice } from './end-session-decision.ts'

/** What the audit log says of the provider: who came in and who went out, and whether the relying parties know. */
export interface ProviderAudit {
  /** @param login.name what was typed in as the name */
  login(login: { name: string; address: string; outcome: 'success' | 'failure'; reason?: string }): void
  /** What did not count in a request to sign out, by names that the pages show as sentences. */
  endSessionNotices(notices: readonly Notice[], client: string | undefined): void
  sessionEnded(session: { subject: string; clients: readonly string[]; how: SessionEndKind }): void
  /** What a program did about its own registration as a client. */
  registration(change: { client: string; how: RegistrationKind }): void
  logoutNotice(notice: { subject: string; client: string; outcome: 'delivered' | 'pending' | 'failed' }): void
}

export type RegistrationKind = 'client_registered' | 'client_changed' | 'client_removed'
export type SessionEndKind = 'session' | 'client_login' | 'account'

export function createProviderAudit(audit: Audit | undefined): ProviderAudit {
  const write = (action: string, fields: Readonly<Record<string, string | readonly string[] | undefined>>) =>
    audit?.write({ 'event.type': 'provider', 'event.action': action, ...fields })

  return {
    login: ({ name, address, outcome, reason }) =>
      write(outcome === 'success' ? 'authentication_success' : 'authentication_failed', {
        'user.name': name.slice(0, 256),
        'origin.address': address,
        'event.outcome': outcome,
        'error.reason': reason,
      }),
    endSessionNotices(notices, client) {
      if (notices.length > 0) write('end_session_requested', { 'provider.notices': notices, 'provider.client': client })
    },
    sessionEnded: ({ subject, clients, how }) =>
      write('session_ended', { 'user.id': subject, 'provider.ended': how, 'provider.clients': clients }),
    registration: ({ client, how }) => write(how, { 'provider.client': client }),
    logoutNotice: ({ subject, client, outcome }) =>
      write('logout_notice', {
        'user.id': subject,
        'provider.client': client,
        'event.outcome': outcome === 'delivered' ? 'success' : outcome === 'failed' ? 'failure' : 'unknown',
      }),
  }
}
