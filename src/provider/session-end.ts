/**
 * Ends sessions: removes the session, revokes what the relying parties got, and tells them. In this order, as one that was
 * told and sends the browser back to sign in again must not find the session still alive. What was granted for use without
 * a session (`offline_access`) stays. OpenID Connect Back-Channel Logout 1.0 §2.7.
 */
import type { Provider } from 'oidc-provider'
import { SecurityError } from '../kernel/errors.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { Artefacts } from '../store/store.ts'
import { TOKEN_MODELS } from './adapter.ts'
import { openPayload } from './artefact-row.ts'
import type { SignedInSession } from './browser-session.ts'
import { findClient, readFrameClient } from './clients.ts'
import { buildFrames } from './logout-frames.ts'
import type { Announced, Notices, NoticeSession } from './notices.ts'
import type { ProviderAudit } from './provider-audit.ts'

/** A session gets another id at a sign-in, which one browser does a few times at the same moment. */
const MOST_ROUNDS = 100

export interface EndedSession {
  /** The relying parties that were not told yet, by name. */
  readonly untold: readonly string[]
  /** What the browser is to load so that the others learn of it. */
  readonly frames: readonly string[]
}

export interface SessionEnd {
  endSession(session: SignedInSession): Promise<EndedSession>
  /** Ends one client's login in a session that lives on, under a new id. */
  endClientLogin(session: SignedInSession, clientId: string): Promise<EndedSession>
  /** Ends every session and grant of an account that is gone, offline ones too. @returns whom it could not tell, by name */
  endAccount(subject: string): Promise<string[]>
}

export function createSessionEnd(parts: {
  library: () => Provider
  issuer: string
  notices: Notices
  artefacts: Artefacts
  sealer: Sealer
  audit: ProviderAudit
}): SessionEnd {
  const { artefacts, sealer, notices, audit } = parts

  async function findFrames(session: NoticeSession, clientIds: readonly string[]): Promise<string[]> {
    const logins = clientIds.map((clientId) => ({ clientId, sid: session.authorizations?.[clientId]?.sid }))
    const clients = await Promise.all(clientIds.map((clientId) => findClient(parts.library(), clientId)))
    const told = clients.map((client) => client && readFrameClient(client)).filter((client) => client !== undefined)
    return buildFrames(told, parts.issuer, logins)
  }

  async function revokeGrant(session: NoticeSession, clientId: string): Promise<void> {
    const { grantId, persistsLogout } = session.authorizations?.[clientId] ?? {}
    if (grantId === undefined || persistsLogout === true) return
    const library = parts.library()
    await library.AccessToken.revokeByGrantId(grantId)
    await library.Grant.adapter.destroy(grantId)
  }

  /** Removes the session, under whatever id it has by now. @returns what it was at its end */
  async function remove(session: SignedInSession): Promise<NoticeSession> {
    let last: NoticeSession = session
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const row = await artefacts.findBy('Session', 'uid', session.uid)
      if (row === undefined) return last
      last = openPayload(sealer, row.key, row.payload)
      await artefacts.destroy(row.key)
    }
    throw new SecurityError('store_unavailable', `the session was there again ${MOST_ROUNDS} times after its removal`)
  }

  return {
    async endSession(session) {
      const known = Object.keys(session.authorizations ?? {})
      const announced = await notices.announce(session, known)
      const last = await remove(session)
      // Since it was read, the session may have led to further ones.
      const late = Object.keys(last.authorizations ?? {}).filter((clientId) => !known.includes(clientId))
      announced.push(...(await notices.announce(last, late)))
      for (const clientId of Object.keys(last.authorizations ?? {})) await revokeGrant(last, clientId)
      audit.sessionEnded({ subject: session.accountId, clients: [...known, ...late], how: 'session' })
      const frames = [...(await findFrames(session, known)), ...(await findFrames(last, late))]
      return { untold: await notices.tell(announced), frames }
    },

    async endClientLogin(session, clientId) {
      const frames = await findFrames(session, [clientId])
      const announced = await notices.announce(session, [clientId])
      await revokeGrant(session, clientId)
      delete session.authorizations?.[clientId]
      await session.persist()
      audit.sessionEnded({ subject: session.accountId, clients: [clientId], how: 'client_login' })
      const untold = await notices.tell(announced)
      // Not before: until the answer the browser has the old one, for its other applications.
      session.resetIdentifier()
      await session.persist()
      return { untold, frames }
    },

    async endAccount(subject) {
      const models = ['Session', 'Grant', ...TOKEN_MODELS]
      const untold: string[] = []
      for (;;) {
        const rows = await artefacts.list(models, 'accountId', subject)
        if (rows.length === 0) return untold
        const announced: Announced[] = []
        for (const row of rows.filter(({ model }) => model === 'Session')) {
          const session: NoticeSession = openPayload(sealer, row.key, row.payload)
          const clients = Object.keys(session.authorizations ?? {})
          announced.push(...(await notices.announce(session, clients)))
          audit.sessionEnded({ subject, clients, how: 'account' })
        }
        for (const row of rows) await artefacts.destroy(row.key)
        untold.push(...(await notices.tell(announced)))
      }
    },
  }
}
