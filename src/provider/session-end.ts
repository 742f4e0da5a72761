/**
 * Ends sessions: tells the relying parties, revokes what they got, and removes the session. What was granted for use
 * without a session (`offline_access`) stays. OpenID Connect Back-Channel Logout 1.0 §2.7.
 */
import type { Provider } from 'oidc-provider'
import type { Sealer } from '../kernel/sealer.ts'
import type { Log } from '../observe/log.ts'
import type { Artefacts } from '../store/store.ts'
import { TOKEN_MODELS } from './adapter.ts'
import { openPayload } from './artefact-row.ts'
import type { LibrarySession, SignedInSession } from './browser-session.ts'
import { type Client, findClient } from './clients.ts'

/** How long a browser waits for all relying parties together. */
const NOTICE_TIMEOUT_MS = 3000

export interface SessionEnd {
  endSession(session: SignedInSession): Promise<void>
  /** Ends one client's login in a session that lives on, under a new id. */
  endClientLogin(session: SignedInSession, clientId: string): Promise<void>
  /** Ends every session and grant of an account that is gone, offline ones too. */
  endAccount(subject: string): Promise<void>
}

/** What is needed of a session to tell its relying parties. */
type NoticeSession = Pick<LibrarySession, 'accountId' | 'authorizations'>
/** Of the library's client model, not in its types. */
type NoticeClient = Client & { backchannelLogout(subject: string, sid: string | undefined): Promise<void> }

export function createSessionEnd(parts: {
  library: Provider
  artefacts: Artefacts
  sealer: Sealer
  log: Log
}): SessionEnd {
  const { library, artefacts, sealer, log } = parts

  async function notify(session: NoticeSession, clientIds: readonly string[]): Promise<void> {
    const notices = clientIds.map(async (clientId) => {
      try {
        const client = (await findClient(library, clientId)) as NoticeClient | undefined
        if (client?.backchannelLogoutUri === undefined || session.accountId === undefined) return
        await client.backchannelLogout(session.accountId, session.authorizations?.[clientId]?.sid)
        log.info({ client: clientId }, 'a relying party was told of the logout')
      } catch (err) {
        log.warn({ err, client: clientId }, 'a relying party could not be told of the logout')
      }
    })
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, NOTICE_TIMEOUT_MS)
    })
    await Promise.race([Promise.all(notices), timeout])
    clearTimeout(timer)
  }

  async function revokeGrant(session: SignedInSession, clientId: string): Promise<void> {
    const { grantId, persistsLogout } = session.authorizations?.[clientId] ?? {}
    if (grantId === undefined || persistsLogout === true) return
    await library.AccessToken.revokeByGrantId(grantId)
    await library.Grant.adapter.destroy(grantId)
  }

  return {
    async endSession(session) {
      const clientIds = Object.keys(session.authorizations ?? {})
      await notify(session, clientIds)
      for (const clientId of clientIds) await revokeGrant(session, clientId)
      await session.destroy()
    },

    async endClientLogin(session, clientId) {
      await notify(session, [clientId])
      await revokeGrant(session, clientId)
      delete session.authorizations?.[clientId]
      session.resetIdentifier()
      await session.persist()
    },

    async endAccount(subject) {
      const models = ['Session', 'Grant', ...TOKEN_MODELS]
      for (;;) {
        const rows = await artefacts.list(models, 'accountId', subject)
        if (rows.length === 0) return
        for (const row of rows.filter(({ model }) => model === 'Session')) {
          const session: NoticeSession = openPayload(sealer, row.key, row.payload)
          await notify(session, Object.keys(session.authorizations ?? {}))
        }
        for (const row of rows) await artefacts.destroy(row.key)
      }
    },
  }
}
