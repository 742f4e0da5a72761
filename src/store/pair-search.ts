import type { Statement, Value } from './engine.ts'
import type { TokenPairs } from './store.ts'

/** How many rows one step of a search looks at before it lets other work through. */
export const SEARCH_STEP = 500

/** The columns by which pairs are found, those with the fewest pairs for a value first. */
const COLUMNS = ['session_id', 'subject', 'username', 'realm'] as const
export type PairColumn = (typeof COLUMNS)[number]

/**
 * How a driver reads the pairs with a value in a column, in the order of their ids.
 * @param value its parameter
 * @param after the parameter of the id that comes before them
 */
export type PairsBy = (column: PairColumn, value: string, after: string) => { from: string; order: string }

/** By the table's own indexes. */
export const pairsByIndex: PairsBy = () => ({ from: 'token_pair', order: 'token_pair.id' })

type Criteria = Parameters<TokenPairs['findAlive']>[0]

/**
 * Builds the step of a search that begins after an id: ids, and whether a side of each is alive.
 * @param now of two times, the one that decides whether a pair is there; `at` decides whether it is alive
 */
export function buildPairSearch(of: Criteria, now: number, at: number, pairsBy: PairsBy): (after: bigint) => Statement {
  const values: Value[] = [now, at, -1n]
  const bind = (value: Value) => `?${values.push(value)}`
  const criteria = {
    session_id: of.subject?.sessionId,
    subject: of.subject?.subject,
    username: of.username,
    realm: of.realm,
  }
  const [first, ...others] = COLUMNS.flatMap((column) => {
    const value = criteria[column]
    return value === undefined ? [] : [{ column, value: bind(value) }]
  })
  if (first === undefined) throw new TypeError('pairs are found by realm, user or subject')
  const { from, order } = pairsBy(first.column, first.value, '?3')
  const conditions = [first, ...others].map(({ column, value }) => `${column} = ${value}`)
  if (of.subject !== undefined) conditions.push(`issuer = ${bind(of.subject.issuer)}`)
  const search = `
    select cast(id as text) as id, remove_at > ?1 and (
        access_invalidated = 0 and access_expires_at >= ?2
        or refresh_hash is not null and refresh_invalidated = 0 and remove_at > ?2) as alive
    from ${from} where ${conditions.join(' and ')} and id > ?3 order by ${order} limit ${SEARCH_STEP}`
  return (after) => [search, ...values.with(2, after)]
}
