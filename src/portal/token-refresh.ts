/**
 * Fresh tokens for a session whose access token the API no longer takes. One refresh per session and process: all
 * requests wait for it, and it goes on when the client hangs up. Nodes converge, as the API gives the same new pair to
 * repeats and the session is written by compare-and-set: the loser takes what is stored.
 */
import { SecurityError } from '../kernel/errors.ts'
import type { Log } from '../observe/log.ts'
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

/** Sessions whose new pair the store has not taken yet. */
const MOST_UNSAVED = 1000

export function createTokenRefresh(parts: { sessions: BrowserSessions; api: ApiCalls; log: Log }): TokenRefresh {
  const { sessions, api, log } = parts
  const inFlight = new Map<string, Promise<SignedInSession | RefreshRefusal | 'gone'>>()
  /** By their sessions; the API gives a pair only for half a minute, and the store may be away for longer. */
  const unsaved = new Map<string, { readonly inPlaceOf: string; readonly tokens: Tokens }>()

  /** The session as it is stored now. */
  async function read(session: SignedInSession): Promise<SignedInSession | 'gone'> {
    const opened = await sessions.open(session.secret)
    return opened.state === 'live' && isSignedIn(opened.session) ? opened.session : 'gone'
  }

  async function refreshOnce(session: SignedInSession, referenceId: string) {
    const stored = await read(session)
    const tokens = stored === 'gone' ? undefined : tokensOf(stored)
    if (stored === 'gone' || tokens === undefined) return 'gone'
    const { id } = stored.record
    const kept = unsaved.get(id)?.inPlaceOf === tokens.accessToken ? unsaved.get(id)?.tokens : undefined
    const isRefused = (kept ?? tokens).accessToken === tokensOf(session)?.accessToken
    // Another node was faster.
    if (!isRefused && kept === undefined) return stored

    const fresh = !isRefused && kept ? kept : await api.refresh((kept ?? tokens).refreshToken, referenceId)
    if (typeof fresh === 'string') {
      unsaved.delete(id)
      // Refused, perhaps because the session was signed out or refreshed elsewhere meanwhile.
      const now = await read(session)
      return now !== 'gone' && tokensOf(now)?.accessToken === tokens.accessToken ? fresh : now
    }
    return save(stored, tokens, fresh, referenceId)
  }

  /** If the store takes no writes, the pair serves from memory until it does. */
  async function save(stored: SignedInSession, tokens: Tokens, fresh: Tokens, referenceId: string) {
    const { id } = stored.record
    const withFresh = (content: SignedInSession['content']) => ({
      ...content,
      signIn: { ...content.signIn, credential: fresh },
    })
    try {
      const changed = await sessions.change(stored, (now) =>
        isSignedIn(now) && tokensOf(now)?.accessToken === tokens.accessToken
          ? { content: withFresh(now.content) }
          : undefined,
      )
      unsaved.delete(id)
      if (isSignedIn(changed)) return changed
    } catch (err) {
      if (!(err instanceof SecurityError) || err.reason !== 'store_unavailable') throw err
      log.warn(
        { err, 'trace.id': referenceId },
        'the new tokens of a session could not be stored; they serve all the same',
      )
      if (unsaved.size >= MOST_UNSAVED) unsaved.delete(unsaved.keys().next().value ?? id)
      unsaved.set(id, { inPlaceOf: tokens.accessToken, tokens: fresh })
      // Its record is another object, as this is not what is stored: nobody may know it by heart.
      return { ...stored, record: { ...stored.record }, content: withFresh(stored.content) }
    }
    // Signed out while we asked: what we got must not outlive it.
    await api.revoke(fresh, referenceId)
    return 'gone' as const
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
