import { wholeSeconds, type Clock } from '../kernel/clock.ts'
import type { Engine, Row, Steps, Value } from './engine.ts'
import type { PortalSession, Sessions, VersionedSession } from './store.ts'

const COLUMNS = `
  id, version, created_at, last_activity_at, provider_type, provider_name, username_hash, agreement_acknowledged, ended,
  content, remove_at`
const FIND = `select ${COLUMNS} from portal_session where id = ?1 and remove_at > ?2`
const ID_TAKEN = 'select 1 as taken from portal_session where id = ?1'
const INSERT = `
  insert into portal_session (
    id, version, created_at, last_activity_at, provider_type, provider_name, username_hash, agreement_acknowledged,
    ended, content, remove_at)
  values (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`
const UPDATE = `
  update portal_session set
    version = version + 1, created_at = ?2, last_activity_at = ?3, provider_type = ?4, provider_name = ?5,
    username_hash = ?6, agreement_acknowledged = ?7, ended = ?8, content = ?9, remove_at = ?10
  where id = ?1 and version = ?11 and remove_at > ?12
  returning 1 as done`
const DELETE = 'delete from portal_session where id = ?1 returning remove_at > ?2 as alive'

/** Sessions of the portal, and the tombstones of those that ended. */
export function createSessions({ engine, clock }: { engine: Engine; clock: Clock }): Sessions {
  const now = () => wholeSeconds(clock)
  return {
    async find(id) {
      const [row] = await engine.read(FIND, id, now())
      return row && readSession(row)
    },
    create: async (session, replaces) =>
      engine.write(
        createSession,
        now(),
        valuesOf(session),
        replaces && ([valuesOf(replaces.session), replaces.version] as const),
      ),
    update: (session, version) => engine.write(updateSession, now(), valuesOf(session), version),
    delete: (id) => engine.write(deleteSession, now(), id),
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
  }
}

export function* createSession(
  now: number,
  session: SessionValues,
  replaces: readonly [session: SessionValues, version: number] | undefined,
): Steps<boolean> {
  if ((yield [ID_TAKEN, session[0]]).length > 0) return false
  if (replaces !== undefined && (yield [UPDATE, ...replaces[0], replaces[1], now]).length === 0) return false
  yield [INSERT, ...session]
  return true
}

export function* updateSession(now: number, session: SessionValues, version: number): Steps<boolean> {
  return (yield [UPDATE, ...session, version, now]).length > 0
}

export function* deleteSession(now: number, id: string): Steps<boolean> {
  const [row] = yield [DELETE, id, now]
  return row?.['alive'] === 1
}

type SessionValues = readonly [id: string, ...Value[]]

function valuesOf(session: PortalSession): SessionValues {
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
  ]
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
