import { wholeSeconds, type Clock } from '../kernel/clock.ts'
import { createMarkedMemory } from '../kernel/marked-memory.ts'
import type { Engine, Row, Steps, Value } from './engine.ts'
import type { PortalSession, SessionLimit, Sessions, VersionedSession } from './store.ts'

const COLUMNS = `
  id, version, created_at, last_activity_at, provider_type, provider_name, username_hash, agreement_acknowledged, ended,
  content, remove_at`
const FIND = `select ${COLUMNS} from portal_session where id = ?1 and remove_at > ?2`
const CREATE = `
  insert into portal_session (
    id, version, created_at, last_activity_at, provider_type, provider_name, username_hash, agreement_acknowledged,
    ended, content, remove_at)
  values (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
  on conflict (id) do nothing returning 1 as done`
const WITHDRAW = 'delete from portal_session where id = ?1 returning 1 as done'
const UPDATE = `
  update portal_session set
    version = version + 1, created_at = ?2, last_activity_at = ?3, provider_type = ?4, provider_name = ?5,
    username_hash = ?6, agreement_acknowledged = ?7, ended = ?8, content = ?9, remove_at = ?10
  where id = ?1 and version = ?11 and remove_at > ?12
  returning 1 as done`
/** The new session counts, whatever its id and its time are. */
const OF_THE_SAME = `
  ended is null and remove_at > ?1 and provider_type = ?2 and provider_name = ?3 and username_hash = ?4 and id <> ?5`
const END_SURPLUS = `
  update portal_session set version = version + 1, ended = ?7, content = ?8, remove_at = ?9
  where ${OF_THE_SAME} and id not in (
    select id from portal_session where ${OF_THE_SAME} order by created_at desc, id desc limit ?6)
  returning id`
/** Their users are found in the index alone. */
const LIST_SURPLUS = `
  select ${COLUMNS} from (
    select ${COLUMNS}, row_number() over (
      partition by username_hash, provider_type, provider_name order by created_at desc, id desc) as place
    from portal_session
    where ended is null and remove_at > ?1 and username_hash in (
      select username_hash from portal_session
      where ended is null and username_hash is not null group by username_hash having count(*) > ?2)
  ) as placed where place > ?2 limit ?3`
const UNCLAIMED = 'provider_type is null and ended is null'
const COUNT_UNCLAIMED = `select count(*) as found from portal_session where ${UNCLAIMED}`
const TRIM_UNCLAIMED = `
  delete from portal_session where id in (
    select id from portal_session where ${UNCLAIMED} order by created_at, id limit ?1)
  returning 1 as done`
const DELETE = `
  delete from portal_session where id = ?1 and version = coalesce(?3, version) and remove_at > ?2 returning 1 as done`

/** Sessions that are in use again and again. */
const MOST_KNOWN = 8192
/** Bytes. A session with many handshakes is far larger than one that is just used. */
const LONGEST_KNOWN = 8192

/** Sessions of the portal, and the tombstones of those that ended. */
export function createSessions({ engine, clock }: { engine: Engine; clock: Clock }): Sessions {
  const now = () => wholeSeconds(clock)
  const known = createMarkedMemory<VersionedSession>({
    most: MOST_KNOWN,
    readMark: (id) => engine.readMark?.(id),
    keep: isWorthKnowing,
  })

  async function read(id: string): Promise<VersionedSession | undefined> {
    const [row] = await engine.read(FIND, id, now())
    return row && readSession(row)
  }

  return {
    async find(id) {
      const session = await known.find(id, () => read(id))
      return session !== undefined && session.removeAt > now() ? session : undefined
    },
    holds: (session) => known.holds(session) && session.removeAt > now(),
    create: async (session, { replaces, limit } = {}) =>
      engine.write(
        createSession,
        now(),
        valuesOf(session),
        replaces && ([valuesOf(replaces.session), replaces.version] as const),
        limit,
      ),
    update: (session, version) => engine.write(updateSession, now(), valuesOf(session), version),
    delete: (id, version) => engine.write(deleteSession, now(), id, version ?? null),
    async list({ provider, usernameHash }, { after, limit }) {
      const values: Value[] = [now()]
      const bind = (value: Value) => `?${values.push(value)}`
      const conditions = ['ended is null', 'remove_at > ?1']
      if (provider !== undefined) conditions.push(`provider_type = ${bind(provider.type)}`)
      if (provider?.name !== undefined) conditions.push(`provider_name = ${bind(provider.name)}`)
      if (usernameHash !== undefined) conditions.push(`username_hash = ${bind(usernameHash)}`)
      if (after !== undefined) conditions.push(`id > ${bind(after)}`)
      const list = `
        select ${COLUMNS} from portal_session where ${conditions.join(' and ')} order by id limit ${bind(limit)}`
      return (await engine.read(list, ...values)).map(readSession)
    },
    async listSurplus(most, limit) {
      return (await engine.read(LIST_SURPLUS, now(), most, limit)).map(readSession)
    },
    trimUnclaimed: (most, limit) => engine.write(trimUnclaimed, most, limit),
  }
}

export function* createSession(
  now: number,
  session: SessionValues,
  replaces: readonly [session: SessionValues, version: number] | undefined,
  limit: SessionLimit | undefined,
): Steps<readonly string[] | undefined> {
  const [id, , , providerType, providerName, usernameHash] = session
  if ((yield [CREATE, ...session]).length === 0) return undefined
  if (replaces !== undefined && (yield [UPDATE, ...replaces[0], replaces[1], now]).length === 0) {
    yield [WITHDRAW, id]
    return undefined
  }
  if (limit === undefined) return []
  const { most, ended, removeAt } = limit
  const whose = [now, providerType, providerName, usernameHash, id] as const
  const surplus = yield [END_SURPLUS, ...whose, most - 1, ended, new Uint8Array(), removeAt]
  return surplus.map((row) => String(row['id']))
}

export function* trimUnclaimed(most: number, limit: number): Steps<number> {
  const [row] = yield [COUNT_UNCLAIMED]
  const surplus = Number(row?.['found'] ?? 0) - most
  if (!(surplus > 0)) return 0
  return (yield [TRIM_UNCLAIMED, Math.min(surplus, limit)]).length
}

export function* updateSession(now: number, session: SessionValues, version: number): Steps<boolean> {
  return (yield [UPDATE, ...session, version, now]).length > 0
}

export function* deleteSession(now: number, id: string, version: number | null): Steps<boolean> {
  return (yield [DELETE, id, now, version]).length > 0
}

/** Strangers can make any number of sessions that hold no sign-in: they stay out of memory. */
function isWorthKnowing(session: VersionedSession): boolean {
  if (session.provider === undefined || session.content.length > LONGEST_KNOWN) return false
  Object.freeze(session)
  return true
}

type SessionValues = ReturnType<typeof valuesOf>

function valuesOf(session: PortalSession) {
  return [
    session.id,
    session.createdAt,
    session.lastActivityAt,
    session.provider?.type ?? null,
    session.provider?.name ?? null,
    session.usernameHash ?? null,
    session.accessAgreementAcknowledged ? 1 : 0,
    session.ended ?? null,
    session.content,
    session.removeAt,
  ] as const satisfies Value[]
}

interface SessionRow {
  id: string
  version: number
  created_at: number
  last_activity_at: number
  provider_type: string | null
  provider_name: string | null
  username_hash: string | null
  agreement_acknowledged: number
  ended: string | null
  content: Uint8Array
  remove_at: number
}

function readSession(row: Row): VersionedSession {
  const session = row as unknown as SessionRow
  return {
    id: session.id,
    version: session.version,
    createdAt: session.created_at,
    lastActivityAt: session.last_activity_at,
    ...(session.provider_type !== null &&
      session.provider_name !== null && {
        provider: { type: session.provider_type, name: session.provider_name },
      }),
    ...(session.username_hash !== null && { usernameHash: session.username_hash }),
    accessAgreementAcknowledged: session.agreement_acknowledged === 1,
    ...(session.ended !== null && { ended: session.ended }),
    content: session.content,
    removeAt: session.remove_at,
  }
}
