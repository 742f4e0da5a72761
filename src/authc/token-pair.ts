/** A pair of an access and a refresh token: how a new one is made, and what its record tells about its login. */
import { hash, randomInt } from 'node:crypto'
import { drawBytes, equalSecrets } from '../kernel/random.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { LoginSubject, NewTokenPair, TokenPair } from '../store/store.ts'
import type { Authentication } from './authentication.ts'
import { readAuthentication, writeAuthentication, writeClient } from './authentication-record.ts'
import { formatToken } from './token-string.ts'

/** Seconds from a pair's creation in which its refresh token may be used. */
export const REFRESH_LIFETIME = 24 * 3600
/** How often a pair is made anew because its id is taken: each draws another one. */
export const ID_ATTEMPTS = 8

const SECRET_BYTES = 32
/** Ids of one millisecond differ in these random bits. 42 bits of milliseconds last until the year 2109. */
const ID_RANDOM_BITS = 21

/** What a pair is made from, and what its successor inherits. */
export interface PairContent {
  readonly authentication: Authentication
  readonly withRefreshToken: boolean
  /** The raw ID token: kept sealed, for the logout. */
  readonly idToken?: string
  readonly subject?: LoginSubject
}

export interface IssuedTokens {
  readonly accessToken: string
  readonly refreshToken?: string
  /** Whole seconds. */
  readonly expiresIn: number
  readonly authentication: Authentication
}

/** What is written, and what its client is given. */
export interface MadePair {
  readonly pair: NewTokenPair
  readonly tokens: IssuedTokens
}

/**
 * Makes a new pair and its tokens; nothing is written.
 * @param client who asks for the pair; only this client can refresh it
 * @param now seconds since the epoch, with their fraction
 * @param accessLifetime whole seconds
 * @param removalDelay whole seconds for which the pair is still known after its end
 */
export function makePair(
  content: PairContent,
  client: Authentication,
  {
    sealer,
    now,
    accessLifetime,
    removalDelay,
  }: { sealer: Sealer; now: number; accessLifetime: number; removalDelay: number },
): MadePair {
  const { authentication, withRefreshToken, idToken, subject } = content
  const createdAt = Math.floor(now)
  const id = firstIdOf(now) | BigInt(randomInt(2 ** ID_RANDOM_BITS))
  const accessSecret = drawBytes(SECRET_BYTES)
  const refreshSecret = withRefreshToken ? drawBytes(SECRET_BYTES) : undefined
  const pair: NewTokenPair = {
    id,
    createdAt,
    removeAt: createdAt + REFRESH_LIFETIME + removalDelay,
    accessHash: hashSecret(accessSecret),
    accessExpiresAt: createdAt + accessLifetime,
    ...(refreshSecret === undefined ? {} : { refreshHash: hashSecret(refreshSecret) }),
    username: authentication.user.username,
    realm: authentication.authenticationRealm.name,
    client: writeClient(client),
    authentication: writeAuthentication(authentication),
    ...(subject === undefined ? {} : { subject }),
    ...(idToken === undefined ? {} : { idToken: sealer.seal('id token', keyOf(id), Buffer.from(idToken)) }),
  }
  const tokens: IssuedTokens = {
    accessToken: formatToken(id, accessSecret),
    ...(refreshSecret === undefined ? {} : { refreshToken: formatToken(id, refreshSecret) }),
    expiresIn: accessLifetime,
    authentication,
  }
  return { pair, tokens }
}

/** The least id of a pair that is made at this time, in seconds since the epoch. */
export function firstIdOf(now: number): bigint {
  return BigInt(Math.floor(now * 1000)) << BigInt(ID_RANDOM_BITS)
}

/** @throws SecurityError `record_damaged` */
export function readPair(pair: TokenPair, sealer: Sealer): PairContent {
  const { authentication, refreshHash, subject } = pair
  const idToken = openIdToken(pair, sealer)
  return {
    authentication: readAuthentication(authentication),
    withRefreshToken: refreshHash !== undefined,
    ...(subject === undefined ? {} : { subject }),
    ...(idToken === undefined ? {} : { idToken }),
  }
}

/** The raw ID token of the login. @throws SecurityError `record_damaged`, also when its sealing secret is gone */
export function openIdToken({ id, idToken }: Pick<TokenPair, 'id' | 'idToken'>, sealer: Sealer): string | undefined {
  return idToken && Buffer.from(sealer.open('id token', keyOf(id), idToken)).toString()
}

/** Whether this is the secret of one side of the pair. */
export function provesPair(
  pair: Pick<TokenPair, 'accessHash' | 'refreshHash'>,
  side: 'access' | 'refresh',
  secret: Uint8Array,
): boolean {
  const expected = side === 'access' ? pair.accessHash : pair.refreshHash
  return expected !== undefined && provesSecret(expected, secret)
}

/** Whether this is the secret that the record has the hash of. */
export function provesSecret(expected: Uint8Array, secret: Uint8Array): boolean {
  return equalSecrets(hashSecret(secret), expected)
}

function hashSecret(secret: Uint8Array): Buffer {
  return hash('sha256', secret, 'buffer')
}

function keyOf(id: bigint): Buffer {
  const key = Buffer.alloc(8)
  key.writeBigInt64BE(id)
  return key
}
