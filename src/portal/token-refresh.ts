/**
 * Fresh tokens for a session whose access token the API no longer takes. One refresh per session and process: all
 * requests wait for it, and it goes on when the client hangs up. Nodes converge, as the API gives the same new pair to
 * repeats and the session is written by compare-and-set: the loser takes what is stored.
 */
import type { ApiCalls, RefreshRefusal } from './api-calls.ts'
import { type BrowserSession, type BrowserSessions, type SignedInSession, isSignedIn } from './browser-sessions.ts'
import type { Tokens } from './session-content.ts'

export interface TokenRefresh {
  /**
   * @param session with tokens that the API has just refused
   * @returns the session with other tokens than these; `gone` if it has ended meanwhile
   */
  refresh(session: SignedInSession, referenceId: string): Promise<SignedInSession | RefreshRefusal | 'gone'>
}

export function createTokenRefresh({ sessions, api }: { sessions: BrowserSessions; api: ApiCalls }): TokenRefresh {
  const inFlight = new Map<string, Promise<SignedInSession | RefreshRefusal | 'gone'>>()

  /** The session as it is stored now. */
  async function read(session: SignedInSession): Promise<SignedInSession | 'gone'> {
    const opened = await sessions.open(session.secret)
    return opened.state === 'live' && isSignedIn(opened.session) ? opened.session : 'gone'
  }

  async function refreshOnce(session: SignedInSession, referenceId: string) {
    const stored = await read(session)
    const tokens = stored === 'gone' ? undefined : tokensOf(stored)
    if (stored === 'gone' || tokens === undefined) return 'gone'
    // Another node was faster.
    if (tokens.accessToken !== tokensOf(session)?.accessToken) return stored

    const fresh = await api.refresh(tokens.refreshToken, referenceId)
    if (typeof fresh === 'string') {
      // Refused, perhaps because the session was signed out or refreshed elsewhere meanwhile.
      const now = await read(session)
      return now !== 'gone' && tokensOf(now)?.accessToken === tokens.accessToken ? fresh : now
    }
    const changed = await sessions.change(stored, ({ content }) => {
      if (content.signIn === undefined || tokensOf({ content })?.accessToken !== tokens.accessToken) return undefined
      return { content: { ...content, signIn: { ...content.signIn, credential: fresh } } }
    })
    if (isSignedIn(changed)) return changed
    // Signed out while we asked: what we got must not outlive it.
    await api.revoke(fresh, referenceId)
    return 'gone'
  }

  return {
    refresh(session, referenceId) {
      const { id } = session.record
      const running = inFlight.get(id)
      if (running !== undefined) return running
      const started = refreshOnce(session, referenceId).finally(() => inFlight.delete(id))
      inFlight.set(id, started)
      return started
    },
  }
}

function tokensOf(session: Pick<BrowserSession, 'content'> | undefined): Tokens | undefined {
  const credential = session?.content.signIn?.credential
  return credential === undefined || 'basic' in credential ? undefined : credential
}
