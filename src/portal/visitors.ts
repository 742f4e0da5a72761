/**
 * Who is visiting: the user of an `Authorization` header, the user of the browser's session, or nobody. The store and the
 * API decide at every request, be it only that nothing has changed since the last one, so a token that was revoked fails at
 * once.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import { createRecentMap } from '../kernel/recent-map.ts'
import type { Log } from '../observe/log.ts'
import type { PortalSettings } from '../settings/settings.ts'
import { setCookie } from './answer.ts'
import { type ApiCalls, type RefreshRefusal, authorizationOf } from './api-calls.ts'
import {
  type BrowserSession,
  type BrowserSessions,
  type EndReason,
  type SignedInSession,
  isSignedIn,
} from './browser-sessions.ts'
import { activityInterval } from './deadlines.ts'
import { recentAttempts } from './handshake-list.ts'
import { LOGOUT_REASONS, type PortalAudit } from './portal-audit.ts'
import { PortalError } from './portal-error.ts'
import type { ApiUser } from './security-api.ts'
import { EMPTY_CONTENT } from './session-content.ts'
import { readSessionCookie } from './session-cookie.ts'
import type { TokenRefresh } from './token-refresh.ts'
import { type Anonymous, NOBODY, type User, type Visit, type Visitor } from './visit.ts'

export interface Visitors {
  /**
   * The user of the browser's session, if neither the session nor the user has changed since they were identified, and this
   * request changes nothing of the session. `undefined`: `identify` has to find out.
   */
  recall(request: FastifyRequest): User | undefined
  /** @throws PortalError when it cannot be told, and 400 for an XHR whose session cannot be refreshed */
  identify(request: FastifyRequest, reply: FastifyReply): Promise<Visitor>
  /** The session of the cookie, signed in or not, without asking the API. */
  openSession(request: FastifyRequest): Promise<OpenedCookie>
  /**
   * Asks the API as a visitor whom it has just let in. If the tokens of the session have died since, they are refreshed
   * and it is asked again.
   * @param ask gives `undefined` if the API does not take the credentials
   * @throws PortalError when it takes none
   */
  askAsUser<T>(user: User, request: FastifyRequest, ask: Question<T>): Promise<T>
  /** Ends a session and, as its cookie is at hand, revokes its tokens. */
  endSession(session: BrowserSession, reason: EndReason, referenceId: string): Promise<void>
}

export type OpenedCookie =
  | { readonly cookie: 'none' }
  | { readonly cookie: 'ended'; readonly reason: EndReason }
  | { readonly cookie: 'live'; readonly session: BrowserSession }

type Question<T> = (as: ApiUser) => Promise<T | undefined>

/** `useless`: the API takes nothing of what it gave. */
type SessionRefusal = RefreshRefusal | 'gone' | 'wrong_password' | 'useless'

/** The provider of visitors by `Authorization` header. */
const HTTP_PROVIDER = { type: 'http', name: '__http__' }
/** The pair that was read, the pair that another node stored, the pair that was refreshed. */
const MOST_PAIRS = 3
/** Users who come again and again. */
const MOST_RECALLED = 8192

const EXPIRED = 'Your session has expired because your refresh token is no longer valid. Please log in again.'
const MISCONFIGURED =
  'Your session could not be refreshed due to a system misconfiguration. Please contact your administrator for assistance.'

export function createVisitors(parts: {
  settings: PortalSettings
  sessions: BrowserSessions
  api: ApiCalls
  tokens: TokenRefresh
  audit: PortalAudit
  clock: Clock
  log: Log
}): Visitors {
  const { settings, sessions, api, tokens, audit, clock, log } = parts
  /** By the names of their sessions. */
  const recent = createRecentMap<string, User & { readonly session: SignedInSession }>(MOST_RECALLED)

  async function identifyByHeader(authorization: string, request: FastifyRequest): Promise<Visitor> {
    const scheme = authorization.split(' ', 1)[0] ?? ''
    if (!settings.headerSchemes.includes(scheme.toLowerCase())) return NOBODY
    const profile = await api.whoAmI(buildHeaderUser(authorization, request), request.id)
    return profile === undefined ? NOBODY : { kind: 'user', profile, provider: HTTP_PROVIDER, session: undefined }
  }

  function buildHeaderUser(authorization: string, request: FastifyRequest): ApiUser {
    const passed = settings.passedHeaders.map((name) => [name, request.headers[name]])
    return { authorization, headers: Object.fromEntries(passed.filter(([, value]) => typeof value === 'string')) }
  }

  async function openSession(request: FastifyRequest): Promise<OpenedCookie> {
    const cookie = readSessionCookie(request.headers.cookie, settings.cookieName)
    if (cookie.found === 'several')
      log.warn({ 'trace.id': request.id }, 'a browser sent several different session cookies; none of them counts')
    if (cookie.found !== 'one') return { cookie: 'none' }
    const opened = await sessions.open(cookie.secret)
    if (opened.state === 'live') return { cookie: 'live', session: opened.session }
    if (opened.state === 'overdue') await endSession(opened.session, opened.reason, request.id)
    request.visit.deadCookie = true
    return { cookie: 'ended', reason: opened.reason }
  }

  async function endSession(session: BrowserSession, reason: EndReason, referenceId: string): Promise<void> {
    const last = await sessions.end(session, reason)
    if (!isSignedIn(last)) return
    const { username, credential } = last.content.signIn
    audit.signedOut(last.record, LOGOUT_REASONS[reason], { username, referenceId })
    await api.revoke(credential, referenceId)
  }

  async function lose(
    session: BrowserSession,
    reason: EndReason,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Anonymous> {
    const successor = await keepCount(session, request, reply)
    await endSession(session, reason, request.id)
    if (successor === undefined) request.visit.deadCookie = true
    return { kind: 'anonymous', session: successor, reason }
  }

  /**
   * A sign-in that no request was accepted with is an unlucky attempt: the loop breaker's count goes along into a new
   * session, which only a navigation can be given.
   */
  async function keepCount(session: BrowserSession, { visit }: FastifyRequest, reply: FastifyReply) {
    const attempts = recentAttempts(session.content, clock())
    if (attempts.length === 0 || !visit.navigation) return undefined
    const successor = await sessions.create({ ...EMPTY_CONTENT, attempts })
    setCookie(reply, successor?.secret, settings)
    return successor
  }

  /** Whether a request is an activity that is to be written down. */
  function isNewActivity({ record, content }: SignedInSession, { system, rules }: Visit): boolean {
    if (system) return false
    const interval = activityInterval(sessions.provider(content.signIn) ?? { idleTimeout: 0, lifespan: 0 })
    const age = wholeSeconds(clock) - record.lastActivityAt
    return age >= interval || (rules.extendsSession === true && age > 0)
  }

  /** What an accepted request changes in its session: the time of activity, and the loop breaker's count. */
  async function markAccepted(session: SignedInSession, request: FastifyRequest): Promise<SignedInSession> {
    const now = wholeSeconds(clock)
    const active = isNewActivity(session, request.visit)
    if (!active && session.content.signIn.accepted) return session
    try {
      const changed = await sessions.change(session, ({ content, record }) => ({
        content:
          content.signIn === undefined
            ? content
            : { ...content, attempts: [], signIn: { ...content.signIn, accepted: true } },
        lastActivityAt: active ? Math.max(now, record.lastActivityAt) : record.lastActivityAt,
      }))
      return isSignedIn(changed) ? changed : session
    } catch (error) {
      // A store that takes no writes still serves who is signed in; at worst the session ends sooner than it had to.
      const isAway = error instanceof SecurityError && error.reason === 'store_unavailable'
      if (!isAway || request.visit.rules.extendsSession) throw error
      log.warn({ err: error, 'trace.id': request.id }, 'that a session is used could not be noted')
      return session
    }
  }

  /** Asks with the tokens of a session, and with others as soon as the API does not take them. */
  async function askWithSession<T>(
    session: SignedInSession,
    referenceId: string,
    ask: Question<T>,
  ): Promise<{ session: SignedInSession } & ({ told: T } | { refused: SessionRefusal })> {
    let now = session
    for (let pair = 0; pair < MOST_PAIRS; pair++) {
      const { credential } = now.content.signIn
      const told = await ask({ authorization: authorizationOf(credential) })
      if (told !== undefined) return { session: now, told }
      if ('basic' in credential) return { session: now, refused: 'wrong_password' }
      const refreshed = await tokens.refresh(now, referenceId)
      if (typeof refreshed === 'string') return { session: now, refused: refreshed }
      now = refreshed
    }
    return { session: now, refused: 'useless' }
  }

  async function identifyBySession(
    session: SignedInSession,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Visitor> {
    const { visit } = request
    if (sessions.provider(session.content.signIn) === undefined)
      return lose(session, 'UNEXPECTED_SESSION_ERROR', request, reply)

    const asked = await askWithSession(session, request.id, (as) => api.whoAmI(as, request.id))
    const now = asked.session
    if ('told' in asked) {
      const { provider } = now.content.signIn
      const marked = await markAccepted(now, request)
      const user = { kind: 'user', profile: asked.told, provider, session: marked } as const
      if (api.holds(user.profile) && sessions.holds(marked)) recent.set(marked.record.id, user)
      return user
    }
    if (asked.refused === 'gone') {
      visit.deadCookie = true
      return { kind: 'anonymous', session: undefined, reason: 'UNEXPECTED_SESSION_ERROR' }
    }
    if (asked.refused === 'wrong_password') return lose(now, 'UNEXPECTED_SESSION_ERROR', request, reply)
    if (asked.refused === 'wrong_client')
      log.error({ 'trace.id': request.id }, 'the tokens of a session belong to another client of the security API')
    if (!visit.navigation && asked.refused !== 'useless') throw buildExpiry(asked.refused)
    return lose(now, 'SESSION_EXPIRED', request, reply)
  }

  return {
    recall({ headers, visit }) {
      if (headers.authorization !== undefined) return undefined
      const cookie = readSessionCookie(headers.cookie, settings.cookieName)
      const user = cookie.found === 'one' ? recent.get(sessions.nameOf(cookie.secret)) : undefined
      if (user === undefined || isNewActivity(user.session, visit) || !user.session.content.signIn.accepted)
        return undefined
      return api.holds(user.profile) && sessions.holds(user.session) ? user : undefined
    },
    async identify(request, reply) {
      const { authorization } = request.headers
      if (authorization !== undefined) return identifyByHeader(authorization, request)
      const opened = await openSession(request)
      if (opened.cookie === 'none') return NOBODY
      if (opened.cookie === 'ended') return { kind: 'anonymous', session: undefined, reason: opened.reason }
      if (isSignedIn(opened.session)) return identifyBySession(opened.session, request, reply)
      return { kind: 'anonymous', session: opened.session, reason: undefined }
    },
    openSession,
    async askAsUser({ session }, request, ask) {
      const { authorization = '' } = request.headers
      const asked =
        session === undefined
          ? { told: await ask(buildHeaderUser(authorization, request)) }
          : await askWithSession(session, request.id, ask)
      if ('refused' in asked && (asked.refused === 'expired' || asked.refused === 'wrong_client'))
        throw buildExpiry(asked.refused)
      if ('told' in asked && asked.told !== undefined) return asked.told
      throw new PortalError('unauthenticated', 'the security API takes a user no more whom it took a moment ago')
    },
    endSession,
  }
}

/** Not 401: that would make programs sign the person out at the identity provider too. */
function buildExpiry(refusal: RefreshRefusal): PortalError {
  return new PortalError('bad_request', 'the refresh token of a session is no longer valid', {
    said: refusal === 'wrong_client' ? MISCONFIGURED : EXPIRED,
    sessionReason: 'SESSION_EXPIRED',
  })
}
