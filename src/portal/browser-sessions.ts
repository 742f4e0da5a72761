/**
 * Browser sessions on the store: found by the cookie's secret, changed by compare-and-set, ended with a reason. A record
 * follows from the content, so the two cannot disagree. Knows deadlines, but neither the security API nor HTTP.
 */
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { Log } from '../observe/log.ts'
import type { PortalProviderSettings } from '../settings/settings.ts'
import type { PortalSession, Sessions, VersionedSession } from '../store/store.ts'
import { type Deadlines, buildDeadlines, nearestDeadline, passedDeadline } from './deadlines.ts'
import { KEPT_FOR } from './handshake-list.ts'
import type { ContentSealer, SessionContent, SignIn } from './session-content.ts'
import { createSessionSecret } from './session-cookie.ts'
import { buildTombstone, reasonOf, TOMBSTONE_KEPT_FOR } from './session-records.ts'

export interface BrowserSession {
  readonly secret: string
  readonly record: VersionedSession
  readonly content: SessionContent
}

export interface SignedInSession extends BrowserSession {
  readonly content: SessionContent & { readonly signIn: SignIn }
}

export type EndReason =
  | 'SESSION_IDLE_TIMEOUT'
  | 'SESSION_LIFESPAN_TIMEOUT'
  | 'CONCURRENCY_LIMIT'
  | 'SESSION_EXPIRED'
  | 'UNEXPECTED_SESSION_ERROR'

/** `overdue`: a deadline was passed and the record still has to be ended. */
export type Opened =
  | { readonly state: 'live'; readonly session: BrowserSession }
  | { readonly state: 'overdue'; readonly session: BrowserSession; readonly reason: EndReason }
  | { readonly state: 'ended'; readonly reason: EndReason }

export interface BrowserSessions {
  open(secret: string): Promise<Opened>
  /** Names the session of a cookie: SHA-256 of its secret. */
  nameOf(secret: string): string
  /** Whether `open`, which gave this session, would give it again. `false` also where that cannot be told at once. */
  holds(session: SignedInSession): boolean
  /**
   * Creates a session under a new secret and, in the same write, does to the old one what `old` says.
   * @returns `undefined` if the old one was changed meanwhile: nothing was written
   */
  create(
    content: SessionContent,
    old?: { session: BrowserSession; becomes: OldSession },
  ): Promise<BrowserSession | undefined>
  /**
   * Changes a session as it is now. `edit` may be called again on a newer version, and gives `undefined` to leave it.
   * @returns the session as it is afterwards, `undefined` if it has ended
   */
  change(session: BrowserSession, edit: Edit): Promise<BrowserSession | undefined>
  /**
   * Ends a session.
   * @param reason is told to the browser for a day; without one nothing of the session remains
   * @returns what it last was, `undefined` if it had ended before
   */
  end(session: BrowserSession, reason?: EndReason): Promise<BrowserSession | undefined>
  /** Of a signed-in session. */
  deadlines(session: SignedInSession): Deadlines
  /** The provider of a sign-in as it is in the settings now; `undefined` if it is gone or has another realm. */
  provider(signIn: SignIn): PortalProviderSettings | undefined
}

type Edit = (
  now: BrowserSession,
) => { content: SessionContent; lastActivityAt?: number; accessAgreementAcknowledged?: boolean } | undefined

/** `ended`: with this reason. Otherwise it lives on with the content that is built with the new secret. */
type OldSession = { readonly ended: EndReason } | ((newSecret: string) => SessionContent)

const NEVER = Number.MAX_SAFE_INTEGER
/** Sessions without a sign-in that a store holds, give or take those of one round between two looks. */
const MOST_UNCLAIMED = 100_000
const TRIM_EVERY = 256
/** More writers at once than this do not happen: a session belongs to one browser. */
const MOST_TRIES = 100

export function createBrowserSessions(parts: {
  store: Sessions
  sealer: ContentSealer
  providers: readonly PortalProviderSettings[]
  /** Of one user at one provider; `undefined`: unlimited. */
  maxSessions: number | undefined
  /** Is told of sessions that made room for a new one. */
  onDisplaced: (ids: readonly string[], signIn: SignIn) => void
  clock: Clock
  log: Log
}): BrowserSessions {
  const { store, sealer, maxSessions, clock, log } = parts
  let unclaimed = 0

  const providerOf = ({ provider, realm }: SignIn) =>
    parts.providers.find(
      ({ type, name, realm: now }) => type === provider.type && name === provider.name && now === realm,
    )

  const deadlinesOf = (signIn: SignIn, times: { createdAt: number; lastActivityAt: number }) =>
    buildDeadlines(times, providerOf(signIn) ?? { idleTimeout: 0, lifespan: 0 })

  function removalOf(content: SessionContent, times: { createdAt: number; lastActivityAt: number }): number {
    if (content.signIn === undefined) {
      const newest = content.handshakes.at(-1)?.startedAt ?? content.attempts.at(-1)?.at ?? times.createdAt
      return Math.floor(newest) + KEPT_FOR
    }
    const nearest = nearestDeadline(deadlinesOf(content.signIn, times))
    return nearest === undefined ? NEVER : Math.ceil(nearest.at) + TOMBSTONE_KEPT_FOR
  }

  function buildRecord(
    secret: string,
    content: SessionContent,
    times: { createdAt: number; lastActivityAt: number; accessAgreementAcknowledged?: boolean },
  ): PortalSession {
    const { signIn } = content
    const id = sealer.buildId(secret)
    return {
      id,
      createdAt: times.createdAt,
      lastActivityAt: times.lastActivityAt,
      ...(signIn !== undefined && { provider: signIn.provider, usernameHash: sealer.hashUsername(signIn.username) }),
      accessAgreementAcknowledged: times.accessAgreementAcknowledged ?? false,
      content: sealer.seal(secret, id, content),
      removeAt: removalOf(content, times),
    }
  }

  const passedBy = ({ record, content }: SignedInSession): EndReason | undefined =>
    reasonOf(passedDeadline(deadlinesOf(content.signIn, record), clock()))

  async function find(secret: string): Promise<BrowserSession | { ended: EndReason }> {
    const id = sealer.buildId(secret)
    const record = await store.find(id)
    if (record === undefined) return { ended: 'UNEXPECTED_SESSION_ERROR' }
    if (record.ended !== undefined) return { ended: readReason(record.ended) }
    const content = sealer.open(secret, id, record.content)
    if (content !== undefined) return { secret, record, content }
    // Another node's, with another key: not ours to end.
    log.warn(
      { 'session.id': shortId(record), key_fingerprint: sealer.keyFingerprint },
      'a session does not open with the encryption key of this portal',
    )
    return { ended: 'UNEXPECTED_SESSION_ERROR' }
  }

  /** Writes over the version that was read, or deletes it without a record, as often as another writer is faster. */
  async function write<T>(
    session: BrowserSession,
    build: (now: BrowserSession) => { record: PortalSession | undefined; result: T } | { leave: T },
  ): Promise<T | undefined> {
    let now: BrowserSession = session
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const built = build(now)
      if ('leave' in built) return built.leave
      const { id, version } = now.record
      const written = built.record === undefined ? store.delete(id, version) : store.update(built.record, version)
      if (await written) return built.result
      const found = await find(session.secret)
      if ('ended' in found) return undefined
      now = found
    }
    throw new SecurityError('store_unavailable', 'a session is changed by too many at once')
  }

  return {
    async open(secret) {
      const session = await find(secret)
      if ('ended' in session) return { state: 'ended', reason: session.ended }
      const reason = isSignedIn(session) ? passedBy(session) : undefined
      return reason === undefined ? { state: 'live', session } : { state: 'overdue', session, reason }
    },
    nameOf: (secret) => sealer.buildId(secret),
    holds: (session) => store.holds(session.record) && passedBy(session) === undefined,

    async create(content, old) {
      const secret = createSessionSecret()
      const now = wholeSeconds(clock)
      const record = buildRecord(secret, content, { createdAt: now, lastActivityAt: now })
      const replaces = old && {
        session:
          typeof old.becomes === 'function'
            ? buildRecord(old.session.secret, old.becomes(secret), old.session.record)
            : buildTombstone(old.session.record, old.becomes.ended, wholeSeconds(clock)),
        version: old.session.record.version,
      }
      const { signIn } = content
      const limit =
        signIn !== undefined && maxSessions !== undefined
          ? { most: maxSessions, ended: 'CONCURRENCY_LIMIT', removeAt: now + TOMBSTONE_KEPT_FOR }
          : undefined
      const displaced = await store.create(record, { ...(replaces && { replaces }), ...(limit && { limit }) })
      if (displaced === undefined) return undefined
      if (signIn !== undefined && displaced.length > 0) parts.onDisplaced(displaced, signIn)
      if (signIn === undefined && ++unclaimed % TRIM_EVERY === 0)
        await store.trimUnclaimed(MOST_UNCLAIMED, TRIM_EVERY * 4)
      // A new record has the first version.
      return { secret, record: { ...record, version: 1 }, content }
    },

    change: (session, edit) =>
      write(session, (now) => {
        const edited = edit(now)
        if (edited === undefined) return { leave: now }
        const { createdAt, lastActivityAt, accessAgreementAcknowledged } = { ...now.record, ...edited }
        const times = { createdAt, lastActivityAt, accessAgreementAcknowledged }
        const record = buildRecord(now.secret, edited.content, times)
        const version = now.record.version + 1
        return { record, result: { secret: now.secret, record: { ...record, version }, content: edited.content } }
      }),

    end: (session, reason) =>
      write(session, (now) => ({
        record: reason && buildTombstone(now.record, reason, wholeSeconds(clock)),
        result: now,
      })),

    deadlines: (session) => deadlinesOf(session.content.signIn, session.record),
    provider: providerOf,
  }
}

export function isSignedIn(session: BrowserSession | undefined): session is SignedInSession {
  return session?.content.signIn !== undefined
}

/** How a session appears in the log. */
export function shortId(record: { readonly id: string }): string {
  return record.id.slice(0, 10)
}

const REASONS: ReadonlySet<string> = new Set([
  'SESSION_IDLE_TIMEOUT',
  'SESSION_LIFESPAN_TIMEOUT',
  'CONCURRENCY_LIMIT',
  'SESSION_EXPIRED',
])

function readReason(ended: string): EndReason {
  return REASONS.has(ended) ? (ended as EndReason) : 'UNEXPECTED_SESSION_ERROR'
}
