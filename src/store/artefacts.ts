import { wholeSeconds, type Clock } from '../kernel/clock.ts'
import type { Engine, Row, Steps, Value } from './engine.ts'
import type { Artefact, Artefacts } from './store.ts'

const COLUMNS = 'model, key, payload, grant_id, uid, user_code, account_id, consumed_at, remove_at'
const ALIVE = '(remove_at is null or remove_at > ?1)'
const FIND = `select ${COLUMNS} from artefact where ${ALIVE} and key = ?2`
const FIND_BY = {
  uid: `select ${COLUMNS} from artefact where ${ALIVE} and model = ?2 and uid = ?3 limit 1`,
  userCode: `select ${COLUMNS} from artefact where ${ALIVE} and model = ?2 and user_code = ?3 limit 1`,
}
const OF_MODELS = 'model in (select value from json_each(?2))'
const LIST = {
  accountId: `select ${COLUMNS} from artefact where ${ALIVE} and ${OF_MODELS} and account_id = ?3 limit 1000`,
  grantId: `select ${COLUMNS} from artefact where ${ALIVE} and ${OF_MODELS} and grant_id = ?3 limit 1000`,
}
const INSERT = `
  insert into artefact (model, key, payload, grant_id, uid, user_code, account_id, consumed_at, remove_at)
  values (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
  on conflict (key) do update set
    model = excluded.model, payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
    user_code = excluded.user_code, account_id = excluded.account_id, remove_at = excluded.remove_at`
// What was used once stays used, whatever is written over it while it lives.
const UPSERT = `${INSERT}, consumed_at = case
    when artefact.remove_at <= ?1 then excluded.consumed_at
    else coalesce(artefact.consumed_at, excluded.consumed_at) end`
const CREATE = `${INSERT}, consumed_at = excluded.consumed_at where artefact.remove_at <= ?1 returning 1 as done`
const CONSUME = `
  update artefact set consumed_at = ?3 where ${ALIVE} and key = ?2 and consumed_at is null returning 1 as done`
const REPLACE = `
  update artefact set
    model = ?4, key = ?5, payload = ?6, grant_id = ?7, uid = ?8, user_code = ?9, account_id = ?10,
    consumed_at = coalesce(consumed_at, ?11), remove_at = ?12
  where ${ALIVE} and key = ?2 and payload = ?3 returning 1 as done`
const DESTROY = `delete from artefact where key = ?2 returning ${ALIVE} as alive`
const MEASURE = `
  select count(*) as entries, coalesce(sum(length(payload)), 0) as bytes
  from artefact where model = ?2 and remove_at > ?1`
const REMOVE_OLDEST = `
  delete from artefact where key in (
    select key from artefact where model = ?2 and remove_at > ?1 order by remove_at limit ?3)
  returning 1 as done`
const REVOKE = `delete from artefact where grant_id = ?1 and ${OF_MODELS}`

/** What the OpenID Provider keeps: codes, tokens, grants, browser sessions, interactions, marks. */
export function createArtefacts({ engine, clock }: { engine: Engine; clock: Clock }): Artefacts {
  const now = () => wholeSeconds(clock)
  return {
    upsert: async (artefact) => engine.write(upsertArtefact, now(), valuesOf(artefact)),
    create: async (artefact) => engine.write(createArtefact, now(), valuesOf(artefact)),
    replace: async (read, artefact) => engine.write(replaceArtefact, now(), read.key, read.payload, valuesOf(artefact)),
    async find(key) {
      const [row] = await engine.read(FIND, now(), key)
      return row && readArtefact(row)
    },
    async findBy(model, index, value) {
      const [row] = await engine.read(FIND_BY[index], now(), model, value)
      return row && readArtefact(row)
    },
    async list(models, index, value) {
      return (await engine.read(LIST[index], now(), JSON.stringify(models), value)).map(readArtefact)
    },
    consume: (key, at) => engine.write(consumeArtefact, now(), key, at),
    destroy: (key) => engine.write(destroyArtefact, now(), key),
    trim: (model, most, limit) => engine.write(trimArtefacts, now(), model, most, limit),
    revokeByGrantId: (grantId, models) => engine.write(revokeArtefacts, grantId, JSON.stringify(models)),
  }
}

export function* upsertArtefact(now: number, artefact: readonly Value[]): Steps<void> {
  yield [UPSERT, now, ...artefact]
}

export function* createArtefact(now: number, artefact: readonly Value[]): Steps<boolean> {
  return (yield [CREATE, now, ...artefact]).length > 0
}

export function* replaceArtefact(
  now: number,
  key: Uint8Array,
  payload: Uint8Array,
  artefact: readonly Value[],
): Steps<boolean> {
  return (yield [REPLACE, now, key, payload, ...artefact]).length > 0
}

export function* consumeArtefact(now: number, key: Uint8Array, at: number): Steps<boolean> {
  return (yield [CONSUME, now, key, at]).length > 0
}

export function* destroyArtefact(now: number, key: Uint8Array): Steps<boolean> {
  const [row] = yield [DESTROY, now, key]
  return row?.['alive'] === 1
}

export function* trimArtefacts(
  now: number,
  model: string,
  most: { entries: number; bytes: number },
  limit: number,
): Steps<number> {
  const [row] = yield [MEASURE, now, model]
  const entries = Number(row?.['entries'])
  const bytes = Number(row?.['bytes'])
  // What is too long goes by its share, since those of a model are of about one length. A later call measures again.
  const tooLong = bytes > most.bytes ? entries * (1 - most.bytes / bytes) : 0
  const surplus = Math.ceil(Math.max(entries - most.entries, tooLong))
  if (!(surplus > 0)) return 0
  return (yield [REMOVE_OLDEST, now, model, Math.min(surplus, limit)]).length
}

export function* revokeArtefacts(grantId: string, models: string): Steps<void> {
  yield [REVOKE, grantId, models]
}

function valuesOf(artefact: Artefact): Value[] {
  return [
    artefact.model,
    artefact.key,
    artefact.payload,
    artefact.grantId ?? null,
    artefact.uid ?? null,
    artefact.userCode ?? null,
    artefact.accountId ?? null,
    artefact.consumedAt ?? null,
    artefact.removeAt ?? null,
  ]
}

interface ArtefactRow {
  model: string
  key: Uint8Array
  payload: Uint8Array
  grant_id: string | null
  uid: string | null
  user_code: string | null
  account_id: string | null
  consumed_at: number | null
  remove_at: number | null
}

function readArtefact(row: Row): Artefact {
  const artefact = row as unknown as ArtefactRow
  return {
    model: artefact.model,
    key: artefact.key,
    payload: artefact.payload,
    ...(artefact.grant_id !== null && { grantId: artefact.grant_id }),
    ...(artefact.uid !== null && { uid: artefact.uid }),
    ...(artefact.user_code !== null && { userCode: artefact.user_code }),
    ...(artefact.account_id !== null && { accountId: artefact.account_id }),
    ...(artefact.consumed_at !== null && { consumedAt: artefact.consumed_at }),
    ...(artefact.remove_at !== null && { removeAt: artefact.remove_at }),
  }
}
