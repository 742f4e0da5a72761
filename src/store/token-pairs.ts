import { setImmediate } from 'node:timers/promises'
import { wholeSeconds, type Clock } from '../kernel/clock.ts'
import type { Engine, Row, Steps, Value } from './engine.ts'
import { TOKENS } from './outdating.ts'
import type { PairMemory } from './pair-memory.ts'
import {
  addState,
  COLUMNS,
  INSERT,
  isStateOf,
  keyOf,
  readAccess,
  readLogin,
  readNewPair,
  readPair,
  STATE,
  valuesOf,
} from './pair-row.ts'
import { buildPairSearch, pairsByIndex, SEARCH_STEP, type PairsBy } from './pair-search.ts'
import type { Invalidation, TokenPairs } from './store.ts'
import { isResponseUsed, redeemResponse, useUpResponse } from './used-responses.ts'

const FIND = `select ${COLUMNS} from token_pair where id = ?1 and remove_at > ?2`
const FIND_STATE = `select ${STATE} from token_pair where id = ?1 and remove_at > ?2`
const FIND_ACCESS = `
  select remove_at, access_hash, access_expires_at, access_invalidated, authentication from token_pair
  where id = ?1 and remove_at > ?2`
const FIND_LOGIN = `
  select access_hash, refresh_hash, authentication, id_token from token_pair where id = ?1 and remove_at > ?2`
const FIND_HASH = {
  access: 'select access_hash as hash from token_pair where id = ?1 and remove_at > ?2',
  refresh: 'select refresh_hash as hash from token_pair where id = ?1 and remove_at > ?2',
}
const FIND_MANY = `
  select ${COLUMNS} from token_pair where id in (select cast(value as bigint) from json_each(?1)) and remove_at > ?2`
const CREATE = `${INSERT} on conflict (id) do nothing returning 1 as done`
const WITHDRAW = 'delete from token_pair where id = ?1 returning 1 as done'
const SUPERSEDE = `
  update token_pair set refreshed_at = ?2, superseding = ?3
  where id = ?1 and remove_at > ?4 and refresh_hash is not null and refresh_invalidated = 0 and refreshed_at is null
  returning 1 as done`
const INVALIDATE = {
  access: `
    update token_pair set access_invalidated = 1
    where id = ?1 and remove_at > ?2 and access_invalidated = 0
    returning 1 as done`,
  refresh: `
    update token_pair set refresh_invalidated = 1
    where id = ?1 and remove_at > ?2 and refresh_hash is not null and refresh_invalidated = 0
    returning 1 as done`,
}
const INVALIDATE_BOTH = `
  update token_pair set access_invalidated = 1, refresh_invalidated = 1
  where id = ?1 and remove_at > ?2 and refresh_hash is not null and access_invalidated = 0 and refresh_invalidated = 0
  returning 1 as done`
const HAS_SIDE = {
  access: 'select 1 as has from token_pair where id = ?1 and remove_at > ?2',
  refresh: 'select 1 as has from token_pair where id = ?1 and remove_at > ?2 and refresh_hash is not null',
}
// The fact is written when the first pairs are removed; until then a pair itself is the proof.
const EVER_CREATED = `
  select exists (select 1 from token_pair) or exists (select 1 from fact where name = 'token_created') as ever`

/**
 * Token pairs, and the responses of OpenID Providers that were used to get them.
 * @param memory spares most of a look-up that was made before
 */
export function createTokenPairs({
  engine,
  clock,
  memory,
  pairsBy = pairsByIndex,
}: {
  engine: Engine
  clock: Clock
  memory?: PairMemory
  pairsBy?: PairsBy
}): TokenPairs {
  const now = () => wholeSeconds(clock)

  const findMany: TokenPairs['findMany'] = async (ids) => {
    if (ids.length === 0) return []
    const rows = await engine.read(FIND_MANY, `[${ids.map(keyOf).join(',')}]`, now())
    return rows.map(readPair)
  }

  const find: TokenPairs['find'] = async (id) => {
    const known = memory?.get(id)
    if (known !== undefined) {
      const [state] = await engine.read(FIND_STATE, keyOf(id), now())
      if (state === undefined) return undefined
      if (isStateOf(state, known)) return addState(known, state)
    }
    const [row] = await engine.read(FIND, keyOf(id), now())
    if (row === undefined) return undefined
    const pair = readNewPair(row)
    memory?.add(pair)
    return addState(pair, row)
  }

  return {
    async create(pair, response) {
      const used = response && ([response.key, response.keepUntil] as const)
      return engine.write(createTokenPair, now(), valuesOf(pair), used)
    },
    find,
    async findAccess(id) {
      // Of a pair that is remembered even less is asked for.
      if (memory !== undefined) return find(id)
      const [row] = await engine.read(FIND_ACCESS, keyOf(id), now())
      return row && readAccess(row)
    },
    async findLogin(id) {
      if (memory !== undefined) return find(id)
      const [row] = await engine.read(FIND_LOGIN, keyOf(id), now())
      return row && readLogin(id, row)
    },
    async findHash(id, side) {
      const [row] = await engine.read(FIND_HASH[side], keyOf(id), now())
      return (row as { hash: Uint8Array | null } | undefined)?.hash ?? undefined
    },
    readMark: () => engine.readMark?.(TOKENS),
    findMany,
    invalidate: (sides) =>
      engine.write(
        invalidateTokens,
        now(),
        sides.map(({ id, side }) => [keyOf(id), side] as const),
      ),
    async supersede(id, refreshedAt, superseding, successor) {
      const { won, rows } = await engine.write(
        supersedeTokenPair,
        now(),
        [keyOf(id), refreshedAt, superseding],
        valuesOf(successor),
      )
      return won ? { won } : { won, pair: rows.map(readPair)[0] }
    },
    async findAlive(of, at, { after = -1n, limit }) {
      const search = buildPairSearch(of, now(), at, pairsBy)
      const alive: bigint[] = []
      for (let last = after; ;) {
        const rows = (await engine.read(...search(last))) as { id: string; alive: number }[]
        alive.push(...rows.filter((row) => row.alive).map((row) => BigInt(row.id)))
        if (rows.length < SEARCH_STEP || alive.length >= limit) break
        last = BigInt(rows.at(-1)?.id ?? last)
        // A realm may hold a million pairs that are dead already.
        await setImmediate()
      }
      const pairs = await findMany(alive.slice(0, limit))
      return pairs.sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    async everCreated() {
      const [row] = await engine.read(EVER_CREATED)
      return Boolean(row?.['ever'])
    },
    responseUsed: (key) => isResponseUsed(engine, key, now()),
    useUpResponse: ({ key, keepUntil }) => engine.write(useUpResponse, key, keepUntil, now()),
  }
}

export function* createTokenPair(
  now: number,
  pair: readonly [id: bigint, ...Value[]],
  response: readonly [key: Uint8Array, keepUntil: number] | undefined,
): Steps<'created' | 'response_replayed' | 'id_taken'> {
  if ((yield [CREATE, ...pair]).length === 0) return 'id_taken'
  if (response === undefined || (yield* redeemResponse(...response, now))) return 'created'
  yield [WITHDRAW, pair[0]]
  return 'response_replayed'
}

export function* invalidateTokens(now: number, sides: readonly Side[]): Steps<Invalidation[]> {
  const results: Invalidation[] = []
  for (const [place, [id, side]] of sides.entries()) {
    if (place < results.length) continue
    const [nextId, nextSide] = sides[place + 1] ?? []
    const both = nextId === id && nextSide !== side
    if (both && (yield [INVALIDATE_BOTH, id, now]).length > 0) results.push('invalidated', 'invalidated')
    else results.push(yield* invalidateSide(now, id, side))
  }
  return results
}

type Side = readonly [id: bigint, side: 'access' | 'refresh']

function* invalidateSide(now: number, ...[id, side]: Side): Steps<Invalidation> {
  if ((yield [INVALIDATE[side], id, now]).length > 0) return 'invalidated'
  return (yield [HAS_SIDE[side], id, now]).length > 0 ? 'previously' : 'absent'
}

export function* supersedeTokenPair(
  now: number,
  superseded: readonly [id: bigint, refreshedAt: number, superseding: Uint8Array],
  successor: readonly [id: bigint, ...Value[]],
): Steps<{ won: boolean; rows: Row[] }> {
  if ((yield [CREATE, ...successor]).length > 0) {
    if ((yield [SUPERSEDE, ...superseded, now]).length > 0) return { won: true, rows: [] }
    yield [WITHDRAW, successor[0]]
  }
  return { won: false, rows: yield [FIND, superseded[0], now] }
}
