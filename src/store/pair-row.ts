/**
 * A token pair as a row: its columns, what is written into them, and what comes back. 64-bit keys cross the border to SQL as
 * numbers only on their way in. On their way out they are text: a JavaScript number would lose their last bits.
 */
import type { Row, Value } from './engine.ts'
import type { AccessSide, LoginSide, NewTokenPair, TokenPair } from './store.ts'

/** What changes in the life of a pair, and by what it is known. */
export const STATE = 'access_hash, access_invalidated, refresh_invalidated, refreshed_at, superseding'

/** All that is read. */
export const COLUMNS = `
  cast(id as text) as id, created_at, remove_at, ${STATE}, access_expires_at, refresh_hash,
  username, realm, client, authentication, issuer, subject, session_id, id_token`

/** With `valuesOf`. */
export const INSERT = `
  insert into token_pair (
    id, created_at, remove_at, access_hash, access_expires_at, refresh_hash,
    username, realm, client, authentication, issuer, subject, session_id, id_token)
  values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)`

const LARGEST_KEY = 2n ** 63n - 1n

/** SQL's integers are signed: an id that does not fit was never given out, and -1 is nobody's key. */
export function keyOf(id: bigint): bigint {
  return id >= 0n && id <= LARGEST_KEY ? id : -1n
}

export function valuesOf(pair: NewTokenPair): [bigint, ...Value[]] {
  if (pair.id < 0n || pair.id > LARGEST_KEY) throw new RangeError('a token pair needs an id of 63 bits')
  return [
    pair.id,
    pair.createdAt,
    pair.removeAt,
    pair.accessHash,
    pair.accessExpiresAt,
    pair.refreshHash ?? null,
    pair.username,
    pair.realm,
    JSON.stringify(pair.client),
    JSON.stringify(pair.authentication),
    pair.subject?.issuer ?? null,
    pair.subject?.subject ?? null,
    pair.subject?.sessionId ?? null,
    pair.idToken ?? null,
  ]
}

interface StateRow {
  access_hash: Uint8Array
  access_invalidated: number
  refresh_invalidated: number
  refreshed_at: number | null
  superseding: Uint8Array | null
}

interface PairRow extends StateRow {
  id: string
  created_at: number
  remove_at: number
  access_expires_at: number
  refresh_hash: Uint8Array | null
  username: string
  realm: string
  client: string
  authentication: string
  issuer: string | null
  subject: string | null
  session_id: string | null
  id_token: Uint8Array | null
}

type AccessRow = Pick<
  PairRow,
  'remove_at' | 'access_hash' | 'access_expires_at' | 'access_invalidated' | 'authentication'
>

export function readAccess(row: Row): AccessSide {
  const access = row as unknown as AccessRow
  return {
    removeAt: access.remove_at,
    accessHash: access.access_hash,
    accessExpiresAt: access.access_expires_at,
    accessInvalidated: access.access_invalidated === 1,
    authentication: JSON.parse(access.authentication),
  }
}

export function readLogin(id: bigint, row: Row): LoginSide {
  const login = row as unknown as Pick<PairRow, 'access_hash' | 'refresh_hash' | 'authentication' | 'id_token'>
  return {
    id,
    accessHash: login.access_hash,
    ...(login.refresh_hash !== null && { refreshHash: login.refresh_hash }),
    authentication: JSON.parse(login.authentication),
    ...(login.id_token !== null && { idToken: login.id_token }),
  }
}

export function readPair(row: Row): TokenPair {
  return addState(readNewPair(row), row)
}

/** What the pair was created with. */
export function readNewPair(row: Row): NewTokenPair {
  const pair = row as unknown as PairRow
  return {
    id: BigInt(pair.id),
    createdAt: pair.created_at,
    removeAt: pair.remove_at,
    accessHash: pair.access_hash,
    accessExpiresAt: pair.access_expires_at,
    ...(pair.refresh_hash !== null && { refreshHash: pair.refresh_hash }),
    username: pair.username,
    realm: pair.realm,
    client: JSON.parse(pair.client),
    authentication: JSON.parse(pair.authentication),
    ...(pair.issuer !== null &&
      pair.subject !== null && {
        subject: {
          issuer: pair.issuer,
          subject: pair.subject,
          ...(pair.session_id !== null && { sessionId: pair.session_id }),
        },
      }),
    ...(pair.id_token !== null && { idToken: pair.id_token }),
  }
}

/** What changed of it since then. */
export function addState(created: NewTokenPair, row: Row): TokenPair {
  const state = row as unknown as StateRow
  const pair = {
    ...created,
    accessInvalidated: state.access_invalidated === 1,
    refreshInvalidated: state.refresh_invalidated === 1,
  }
  if (state.refreshed_at === null || state.superseding === null) return pair
  return { ...pair, refreshedAt: state.refreshed_at, superseding: state.superseding }
}

/** Of two pairs that had the same id, one after the other, each has an access token of its own. */
export function isStateOf(row: Row, { accessHash }: NewTokenPair): boolean {
  return Buffer.compare((row as unknown as StateRow).access_hash, accessHash) === 0
}
