/**
 * Tells relying parties that a login has ended, each with a token of its own, all at once. The browser waits a moment;
 * what fails in a way that may pass is repeated from a queue in the store, with a fresh token each time, by whichever
 * node comes first. Each attempt is preceded by a row for the one after it, so a node that dies loses none; an
 * application may then be told twice.
 * OpenID Connect Back-Channel Logout 1.0 §2.5 and §2.8.
 */
import type { Provider } from 'oidc-provider'
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import { randomText } from '../kernel/random.ts'
import type { Sealer } from '../kernel/sealer.ts'
import { AddressRefused } from '../net/guarded-fetch.ts'
import type { Log } from '../observe/log.ts'
import type { Artefact, Artefacts } from '../store/store.ts'
import { artefactKey, openPayload, sealPayload } from './artefact-row.ts'
import type { LibrarySession } from './browser-session.ts'
import { type Client, findClient } from './clients.ts'
import type { ProviderAudit } from './provider-audit.ts'
import { createRowLimit } from './row-limit.ts'

/** How long a browser waits for all relying parties together. */
const BROWSER_WAIT_MS = 3000
/** Seconds before the second, third and fourth attempt. */
const PAUSES = [5, 30, 300] as const
const MODEL = 'LogoutNotice'
/** All rows have this in an index, so that a node can list them. */
const QUEUE = 'logout notices'
const LOOK_EVERY_MS = 1000
const AT_ONCE = 20
/** After so many seconds nobody tries any more. */
const LIFETIME = 3600
/** Seconds after which the first or last attempt is made again, should the node that makes it die. */
const DEATH_PAUSE = 60
const MAX_ENTRIES = 1000
const MAX_BYTES = 4 * 1024 * 1024

/** What is needed of a session to tell its relying parties. */
export type NoticeSession = Pick<LibrarySession, 'accountId' | 'authorizations'>

export interface Notices {
  /**
   * Puts down whom to tell: from now on it will be done, by another node or the next start if need be. To be called before
   * the session is removed, and `tell` after it: whoever is told may send the browser here to sign in again.
   */
  announce(session: NoticeSession, clientIds: readonly string[]): Promise<Announced[]>
  /** @returns the names of those that were not told within the time that a browser waits */
  tell(announced: readonly Announced[]): Promise<string[]>
  close(): Promise<void>
}

/** A notice whose first attempt is to come. */
export interface Announced {
  readonly client: NoticeClient
  readonly first: Turn
  readonly key: Uint8Array
}

type Notice = { readonly clientId: string; readonly subject: string; readonly sid?: string }
/** An attempt to come. `turn` counts the rows of a notice, `attempt` what was tried before. */
type Turn = Notice & { readonly id: string; readonly turn: number; readonly attempt: number; readonly dueAt: number }
type OpenedRow = { readonly row: Artefact; readonly content: Turn }
type Outcome = 'delivered' | 'pending' | 'failed'
/** Of the library's client model, not in its types. */
type NoticeClient = Client & { backchannelLogout(subject: string, sid: string | undefined): Promise<void> }

export function createNotices(parts: {
  library: () => Provider
  artefacts: Artefacts
  sealer: Sealer
  clock: Clock
  log: Log
  audit: ProviderAudit
}): Notices {
  const { artefacts, sealer, clock, log, audit } = parts
  const limit = createRowLimit({ artefacts, log, model: MODEL, entries: MAX_ENTRIES, bytes: MAX_BYTES })
  let looking = Promise.resolve()
  /** Of rows that do not open, so that they are logged once and not each second. */
  let toldOfClosed = false
  const timer = setInterval(() => {
    looking = looking.then(repeatDue).catch((err: unknown) => log.warn({ err }, 'logout notices wait'))
  }, LOOK_EVERY_MS)
  timer.unref()

  async function findToldClient(clientId: string): Promise<NoticeClient | undefined> {
    const client = await findClient(parts.library(), clientId)
    return client?.backchannelLogoutUri === undefined ? undefined : (client as NoticeClient)
  }

  /** One attempt; `attempt` counts from 0. */
  async function deliver(client: NoticeClient, notice: Notice, attempt: number): Promise<Outcome> {
    const outcome = await send(client, notice, attempt)
    audit.logoutNotice({ subject: notice.subject, client: notice.clientId, outcome })
    return outcome
  }

  async function send(client: NoticeClient, notice: Notice, attempt: number): Promise<Outcome> {
    try {
      await client.backchannelLogout(notice.subject, notice.sid)
      log.info({ client: notice.clientId, attempt }, 'a relying party was told of the logout')
      return 'delivered'
    } catch (err) {
      const outcome = mayPass(err) && attempt < PAUSES.length ? 'pending' : 'failed'
      log.warn({ err, client: notice.clientId, attempt, outcome }, 'a relying party could not be told of the logout')
      return outcome
    }
  }

  /** @returns whether it is new: of several nodes that put the same turn in, one wins */
  async function enqueue(turn: Turn, removeAt: number): Promise<{ key: Uint8Array; isNew: boolean }> {
    const key = artefactKey(MODEL, `${turn.id} ${turn.turn}`)
    const payload = sealPayload(sealer, key, turn)
    const isNew = await artefacts.create({ model: MODEL, key, payload, grantId: QUEUE, removeAt })
    if (isNew) limit.add(payload.length)
    return { key, isNew }
  }

  async function repeatDue(): Promise<void> {
    const rows = await artefacts.list([MODEL], 'grantId', QUEUE)
    const due = openRows(rows).filter(({ content }) => content.dueAt <= clock())
    for (let start = 0; start < due.length; start += AT_ONCE) {
      await Promise.all(due.slice(start, start + AT_ONCE).map((each) => repeat(each)))
    }
  }

  async function repeat({ row, content }: OpenedRow): Promise<void> {
    const now = wholeSeconds(clock)
    const { id, turn, attempt, dueAt: _, ...notice } = content
    const dueAt = now + (PAUSES[attempt] ?? DEATH_PAUSE)
    const next = { ...notice, id, turn: turn + 1, attempt: Math.min(attempt + 1, PAUSES.length), dueAt }
    const { key, isNew } = await enqueue(next, row.removeAt ?? now + LIFETIME)
    // Another node was faster, or died right here; then the turn that it left will come.
    if (!isNew) return
    // Another node was done with it before we began.
    const client = (await artefacts.destroy(row.key)) ? await findToldClient(notice.clientId) : undefined
    if (client !== undefined && (await deliver(client, notice, attempt)) === 'pending') return
    await artefacts.destroy(key)
  }

  /** Without what was sealed with a secret that this node does not have: one that has it, or the end, will come for that. */
  function openRows(rows: readonly Artefact[]): OpenedRow[] {
    let failure: unknown
    const opened = rows.flatMap((row) => {
      try {
        return [{ row, content: openPayload(sealer, row.key, row.payload) as unknown as Turn }]
      } catch (err) {
        failure = err
        return []
      }
    })
    const closed = rows.length - opened.length
    if (closed > 0 && !toldOfClosed) log.warn({ err: failure, rows: closed }, 'logout notices cannot be opened')
    toldOfClosed = closed > 0
    return opened
  }

  return {
    async announce({ accountId, authorizations = {} }, clientIds) {
      if (accountId === undefined) return []
      const announced = clientIds.map(async (clientId) => {
        const client = await findToldClient(clientId)
        if (client === undefined) return []
        const now = wholeSeconds(clock)
        const sid = authorizations[clientId]?.sid
        const notice = { clientId, subject: accountId, ...(sid !== undefined && { sid }) }
        const first = { ...notice, id: randomText(16), turn: 0, attempt: 0, dueAt: now + DEATH_PAUSE }
        const { key } = await enqueue(first, now + LIFETIME)
        return [{ client, first, key }]
      })
      return (await Promise.all(announced)).flat()
    },
    async tell(announced) {
      const untold = new Set(announced)
      const attempts = announced.map(async (one) => {
        const { id, turn, attempt, dueAt: _, ...notice } = one.first
        const outcome = await deliver(one.client, notice, attempt)
        if (outcome === 'delivered') untold.delete(one)
        if (outcome === 'pending') {
          const now = wholeSeconds(clock)
          await enqueue({ ...notice, id, turn: turn + 1, attempt: 1, dueAt: now + PAUSES[0] }, now + LIFETIME)
        }
        await artefacts.destroy(one.key)
      })
      await waitFor(Promise.all(attempts), BROWSER_WAIT_MS, log)
      return [...untold].map(({ client, first }) => client.clientName ?? first.clientId)
    },
    async close() {
      clearInterval(timer)
      await looking
    },
  }
}

/** No answer, or one of the 5xx kind. */
function mayPass(error: unknown): boolean {
  const { response, cause } = error as { response?: { status: number }; cause?: unknown }
  if (response !== undefined) return response.status >= 500
  return !(cause instanceof AddressRefused)
}

/** Waits for work that goes on when the wait is over. */
async function waitFor(work: Promise<unknown>, milliseconds: number, log: Log): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  const failed = (err: unknown) => log.error({ err }, 'logout notices failed')
  await Promise.race([work.catch(failed), timeout])
  clearTimeout(timer)
}
