/**
 * A completed sign-in becomes a session: always under a new secret, in one write with what happens to the browser's old
 * session. Several tabs that sign in the same person share the first one's session.
 */
import type { Clock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { ApiCalls } from './api-calls.ts'
import { type BrowserSession, type BrowserSessions, isSignedIn } from './browser-sessions.ts'
import { finishHandshake } from './handshake-list.ts'
import type { PortalAudit } from './portal-audit.ts'
import { EMPTY_CONTENT, type Handshake, type SessionContent, type SignIn } from './session-content.ts'

export interface SignIns {
  establish(ask: EstablishAsk): Promise<Established>
}

export interface EstablishAsk {
  /** The browser's session: none, handshakes only, or signed in. */
  readonly old: BrowserSession | undefined
  readonly signIn: NewSignIn
  /** That led here; none for a form. */
  readonly handshake?: Handshake
  readonly referenceId: string
}

/** Who was let in, before there is a session for it. */
export type NewSignIn = Omit<SignIn, 'at' | 'accepted'>

export interface Established {
  readonly secret: string
  /** Somebody else, or another way in, was signed in in this browser until now. */
  readonly overwritten: boolean
}

const MOST_TRIES = 100

export function createSignIns(parts: {
  sessions: BrowserSessions
  api: ApiCalls
  audit: PortalAudit
  clock: Clock
}): SignIns {
  const { sessions, api, audit, clock } = parts

  /** The sign-in that this browser already has: in its session, or in the one that its handshakes led to. */
  async function present(old: BrowserSession | undefined): Promise<BrowserSession | undefined> {
    if (old === undefined || isSignedIn(old)) return old
    const { successor } = old.content
    if (successor === undefined) return undefined
    const opened = await sessions.open(successor)
    return opened.state === 'live' ? opened.session : undefined
  }

  /** Joins the session of another tab. @returns its secret, `undefined` if there is nothing to join */
  async function join(
    old: BrowserSession | undefined,
    signIn: NewSignIn,
    handshake: Handshake,
    referenceId: string,
  ): Promise<string | undefined> {
    const session = await present(old)
    if (!isSignedIn(session) || !isSame(session.content.signIn, signIn)) return undefined
    if (!(handshake.startedAt < session.content.signIn.at)) return undefined
    const joined = await sessions.change(session, ({ content }) => ({ content: finishHandshake(content, handshake) }))
    if (joined === undefined) return undefined
    await api.revoke(signIn.credential, referenceId)
    return joined.secret
  }

  async function replace(
    old: BrowserSession | undefined,
    signIn: NewSignIn,
    handshake: Handshake | undefined,
  ): Promise<BrowserSession | undefined> {
    const carried: SessionContent = old?.content ?? EMPTY_CONTENT
    const { handshakes, finished, attempts } = handshake === undefined ? carried : finishHandshake(carried, handshake)
    const content = { handshakes, finished, attempts, signIn: { ...signIn, at: clock(), accepted: false } }
    if (old === undefined) return sessions.create(content)
    // A session of handshakes only lives on, as another callback may be under way with its cookie.
    return sessions.create(content, {
      session: old,
      becomes: isSignedIn(old) ? { ended: 'UNEXPECTED_SESSION_ERROR' } : (successor) => ({ ...old.content, successor }),
    })
  }

  async function establish({ old: opened, signIn, handshake, referenceId }: EstablishAsk): Promise<Established> {
    let old = opened
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const shared = handshake && (await join(old, signIn, handshake, referenceId))
      if (shared !== undefined) return { secret: shared, overwritten: false }
      const session = await replace(old, signIn, handshake)
      if (session !== undefined) {
        audit.signedIn(session.record, signIn.username, referenceId)
        const overwritten = isSignedIn(old) && !isSame(old.content.signIn, signIn)
        if (isSignedIn(old)) {
          const { username, credential } = old.content.signIn
          audit.signedOut(old.record, overwritten ? 'overwritten' : 'replaced', { username, referenceId })
          await api.revoke(credential, referenceId)
        }
        return { secret: session.secret, overwritten }
      }
      // The old session was changed meanwhile, perhaps by another tab that finished first.
      const again = old && (await sessions.open(old.secret))
      old = again?.state === 'live' ? again.session : undefined
    }
    throw new SecurityError('store_unavailable', 'a session is changed by too many at once')
  }

  return {
    async establish(ask) {
      try {
        return await establish(ask)
      } catch (error) {
        // No session will ever hold these tokens.
        await api.revoke(ask.signIn.credential, ask.referenceId)
        throw error
      }
    },
  }
}

function isSame(a: NewSignIn, b: NewSignIn): boolean {
  return (
    a.username === b.username &&
    a.provider.type === b.provider.type &&
    a.provider.name === b.provider.name &&
    a.realm === b.realm
  )
}
