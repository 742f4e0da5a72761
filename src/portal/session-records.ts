/**
 * Sessions without their cookies, by what their records tell in the clear: listed for their own user, ended by somebody
 * else, or past a deadline. Nothing here can read a token, so none is revoked: they die by their own expiry.
 */
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { PortalProviderSettings } from '../settings/settings.ts'
import type { PortalSession, Sessions, VersionedSession } from '../store/store.ts'
import type { EndReason, SignedInSession } from './browser-sessions.ts'
import { buildDeadlines, passedDeadline } from './deadlines.ts'
import type { ContentSealer } from './session-content.ts'
import type { VisitorOrigin } from './visitor-origin.ts'

export interface SessionRecords {
  /** The sessions that the same user has by the same provider, this one among them, at most {@link MOST_SHOWN}. */
  listOfUser(session: SignedInSession): Promise<SeenSession[]>
  /**
   * Ends sessions without their cookies, so that their tokens stay unread and die by themselves.
   * @returns their records as they last were
   */
  endMatching(match: Match): Promise<VersionedSession[]>
  /** Makes tombstones of the sessions that are past a deadline, going on where the run before had to stop. */
  endOverdue(limits: Limits): Promise<EndedSession[]>
  /**
   * Makes tombstones of the oldest sessions that a user has at a provider beyond the limit. A sign-in does so by itself, so
   * there are such sessions only after the limit was lowered.
   */
  endSurplus(limits: Limits): Promise<EndedSession[]>
}

/** Records at a time, and how often. */
export interface Limits {
  readonly batch: number
  readonly batches: number
}

/** The record as it last was, and why it ended. */
export type EndedSession = VersionedSession & { readonly reason: EndReason }

/** What can be told of a session without its cookie. */
export interface SeenSession {
  readonly id: string
  readonly current: boolean
  readonly createdAt: number
  readonly lastActivityAt: number
  readonly from: VisitorOrigin | undefined
}

/** Everything that is given must fit. */
export interface Match {
  readonly provider?: { readonly type: string; readonly name?: string }
  readonly username?: string
  /** Only this one. */
  readonly id?: string
  /** All but this one. */
  readonly except?: string
}
/** Sessions that the account page shows. */
export const MOST_SHOWN = 50
const BATCH = 1000
const MOST_TRIES = 100
/** How long a record tells that its session has ended, and why. */
export const TOMBSTONE_KEPT_FOR = 86_400

/** What remains of a session that has ended. */
export function buildTombstone(record: PortalSession, reason: EndReason, now: number): PortalSession {
  return { ...record, content: new Uint8Array(), ended: reason, removeAt: now + TOMBSTONE_KEPT_FOR }
}

export function createSessionRecords(parts: {
  store: Sessions
  sealer: ContentSealer
  providers: readonly PortalProviderSettings[]
  /** Of one user at one provider; `undefined`: unlimited. */
  maxSessions: number | undefined
  clock: Clock
}): SessionRecords {
  const { store, sealer, maxSessions, clock } = parts
  /** The last session that a run looked at, if it did not come to the end: the next one goes on there. */
  let lookedAt: string | undefined

  /** Why a record must end by what is in the clear; `undefined`: it lives, or is of handshakes only. */
  function overdueReason({ provider, ...times }: PortalSession): EndReason | undefined {
    if (provider === undefined) return undefined
    const settings = parts.providers.find(({ type, name }) => type === provider.type && name === provider.name)
    if (settings === undefined) return 'UNEXPECTED_SESSION_ERROR'
    return reasonOf(passedDeadline(buildDeadlines(times, settings), clock()))
  }

  async function* listAll(
    of: Parameters<Sessions['list']>[0],
    { batch, batches }: Limits = { batch: BATCH, batches: Number.POSITIVE_INFINITY },
    from?: string,
  ) {
    let after = from
    for (let page = 0; page < batches; page++) {
      const records = await store.list(of, { limit: batch, ...(after !== undefined && { after }) })
      yield* records
      after = records.at(-1)?.id
      if (records.length < batch) return
    }
  }

  /** @returns the record as it last was, `undefined` if another request ended it */
  async function endRecord(record: VersionedSession, reason: EndReason): Promise<VersionedSession | undefined> {
    let now: VersionedSession | undefined = record
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (now === undefined || now.ended !== undefined) return undefined
      if (await store.update(buildTombstone(now, reason, wholeSeconds(clock)), now.version)) return now
      now = await store.find(record.id)
    }
    throw new SecurityError('store_unavailable', 'a session is changed by too many at once')
  }

  /** One try: who changes the session at this moment uses it. */
  async function endAsItIs(record: VersionedSession, reason: EndReason): Promise<EndedSession | undefined> {
    const tombstone = buildTombstone(record, reason, wholeSeconds(clock))
    return (await store.update(tombstone, record.version)) ? { ...record, reason } : undefined
  }

  return {
    async listOfUser({ record: mine, content: { signIn } }) {
      const of = { provider: signIn.provider, usernameHash: sealer.hashUsername(signIn.username) }
      const records = await store.list(of, { limit: MOST_SHOWN })
      const live = records.filter((record) => overdueReason(record) === undefined)
      return live.map((record) => ({
        id: record.id,
        current: record.id === mine.id,
        createdAt: record.createdAt,
        lastActivityAt: record.lastActivityAt,
        from: sealer.openOrigin(record.id, signIn.username, record.content),
      }))
    },

    async endMatching({ provider, username, id, except }) {
      const of = {
        ...(provider !== undefined && { provider }),
        ...(username !== undefined && { usernameHash: sealer.hashUsername(username) }),
      }
      const ended: VersionedSession[] = []
      for await (const record of listAll(of)) {
        if (record.id === except || (id !== undefined && record.id !== id)) continue
        // Over already, though not yet told.
        if (overdueReason(record) !== undefined) continue
        const last = await endRecord(record, 'UNEXPECTED_SESSION_ERROR')
        if (last !== undefined) ended.push(last)
      }
      return ended
    },

    async endOverdue(limits) {
      const ended: EndedSession[] = []
      let seen = 0
      for await (const record of listAll({}, limits, lookedAt)) {
        seen++
        lookedAt = record.id
        const reason = overdueReason(record)
        const last = reason && (await endAsItIs(record, reason))
        if (last !== undefined) ended.push(last)
      }
      if (seen < limits.batch * limits.batches) lookedAt = undefined
      return ended
    },

    async endSurplus({ batch, batches }) {
      const ended: EndedSession[] = []
      if (maxSessions === undefined) return ended
      for (let page = 0; page < batches; page++) {
        const surplus = await store.listSurplus(maxSessions, batch)
        for (const record of surplus) {
          const last = await endAsItIs(record, 'CONCURRENCY_LIMIT')
          if (last !== undefined) ended.push(last)
        }
        if (surplus.length < batch) break
      }
      return ended
    },
  }
}

/** What a passed deadline is called. */
export function reasonOf(passed: 'idle' | 'lifespan' | undefined): EndReason | undefined {
  if (passed === undefined) return undefined
  return passed === 'idle' ? 'SESSION_IDLE_TIMEOUT' : 'SESSION_LIFESPAN_TIMEOUT'
}
