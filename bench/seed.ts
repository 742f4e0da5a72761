/**
 * Token pairs in any number, without keeping any of them in memory: everything of a pair follows from its number, so the
 * load generator knows a million token strings by heart. They are written through the store's own interface.
 */
import { hash, randomBytes } from 'node:crypto'
import type { Authentication } from '../src/authc/authentication.ts'
import { writeAuthentication, writeClient } from '../src/authc/authentication-record.ts'
import { REFRESH_LIFETIME } from '../src/authc/token-pair.ts'
import { formatToken } from '../src/authc/token-string.ts'
import type { Sealer } from '../src/kernel/sealer.ts'
import type { NewTokenPair, Store } from '../src/store/store.ts'

/** As many as a day of a large company has; the same name comes back after this many pairs. */
const USERS = 10_000
/** Writes under way at once while a store is filled. */
const IN_FLIGHT = 2000
const RANDOM = randomBytes(4096)
/** As in the ids that are made at logins: above these bits are the milliseconds. */
const ID_RANDOM_BITS = 21n

export interface Seed {
  /** Milliseconds since the epoch at which the first pair was made. */
  readonly madeAt: number
  readonly pairs: number
}

export function tokenOf({ madeAt }: Pick<Seed, 'madeAt'>, side: 'access' | 'refresh', index: number): string {
  return formatToken(idOf(madeAt, index), secretOf(side, index))
}

export function usernameOf(index: number): string {
  return `person-${String(index % USERS).padStart(5, '0')}`
}

/** The client that every pair was issued to. */
const FACILITATOR: Authentication = {
  user: { username: 'facilitator', roles: [], fullName: null, email: null, metadata: {}, enabled: true },
  authenticationRealm: { name: 'default_native', type: 'native' },
  lookupRealm: { name: 'default_native', type: 'native' },
  type: 'realm',
}

export interface SeedOptions {
  readonly sealer: Sealer
  readonly idToken: string
  /** How many pairs, from the first, have an ID token that opens. Sealing takes longer than all the rest of a pair. */
  readonly sealed: number
}

/** Writes the pairs, as logins at the realm `instant` would have. The access tokens live for a day. */
export async function seedPairs(store: Store, seed: Seed, options: SeedOptions): Promise<void> {
  let next = 0
  const write = async () => {
    while (next < seed.pairs) {
      const pair = buildPair(seed, next++, options)
      const outcome = await store.tokens.create(pair)
      if (outcome !== 'created') throw new Error(`a pair was not written: ${outcome}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, write))
}

function buildPair({ madeAt }: Seed, index: number, { sealer, idToken, sealed }: SeedOptions): NewTokenPair {
  const id = idOf(madeAt, index)
  const key = Buffer.alloc(8)
  key.writeBigInt64BE(id)
  const createdAt = Math.floor(madeAt / 1000)
  const authentication = authenticationOf(usernameOf(index))
  return {
    id,
    createdAt,
    removeAt: createdAt + REFRESH_LIFETIME,
    accessHash: hash('sha256', secretOf('access', index), 'buffer'),
    accessExpiresAt: createdAt + REFRESH_LIFETIME,
    refreshHash: hash('sha256', secretOf('refresh', index), 'buffer'),
    username: authentication.user.username,
    realm: authentication.authenticationRealm.name,
    client: writeClient(FACILITATOR),
    authentication: writeAuthentication(authentication),
    subject: { issuer: 'http://localhost/the-issuer-of-the-seed', subject: usernameOf(index) },
    idToken: index < sealed ? sealer.seal('id token', key, Buffer.from(idToken)) : unreadable(idToken.length),
  }
}

/** As long as a sealed text of this length. */
function unreadable(length: number): Buffer {
  return RANDOM.subarray(0, length + 32)
}

function authenticationOf(username: string): Authentication {
  const realm = { name: 'instant', type: 'oidc' }
  const user = {
    username,
    roles: ['example_role', 'finance_data'],
    fullName: 'A Person',
    email: `${username}@example.org`,
    metadata: { 'oidc(sub)': username, 'oidc(groups)': ['finance-team', 'engineering'] },
    enabled: true,
  }
  return { user, authenticationRealm: realm, lookupRealm: realm, type: 'realm' }
}

/** Ten thousand sign in each second, so that ids are as far apart as in a busy hour. */
function idOf(madeAt: number, index: number): bigint {
  return (BigInt(madeAt + Math.floor(index / 10)) << ID_RANDOM_BITS) | BigInt(index % 10)
}

function secretOf(side: 'access' | 'refresh', index: number): Buffer {
  return hash('sha256', `the ${side} secret of pair ${index}`, 'buffer')
}
