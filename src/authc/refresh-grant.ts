/**
 * The refresh grant: one refresh token is worth one new pair, whoever asks how often (RFC 6749 §6, by Elasticsearch's rules
 * and in its words).
 */
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { TokenPair, TokenPairs } from '../store/store.ts'
import type { Authentication } from './authentication.ts'
import { isSameClient, readAuthentication } from './authentication-record.ts'
import {
  ID_ATTEMPTS,
  type IssuedTokens,
  type MadePair,
  type PairContent,
  provesPair,
  readPair,
  REFRESH_LIFETIME,
} from './token-pair.ts'
import { readToken, type TokenParts } from './token-string.ts'

/** A refresh that is repeated within these seconds gets the same pair again: its first answer may have been lost. */
const REPEAT_WINDOW = 30

/** @throws SecurityError `grant_invalid`, its detail for the client's eyes */
export type RefreshGrant = (refreshToken: string, client: Authentication) => Promise<IssuedTokens>

/**
 * @param parts.makePair a pair that is not stored yet
 * @param parts.isKnown whether there is such an access token, dead or alive
 */
export function createRefreshGrant(parts: {
  tokens: Pick<TokenPairs, 'find' | 'supersede'>
  sealer: Sealer
  clock: Clock
  accessLifetime: number
  makePair: (content: PairContent, client: Authentication) => MadePair
  isKnown: (side: 'access', parts: TokenParts) => Promise<boolean>
}): RefreshGrant {
  const { tokens, sealer, clock, accessLifetime, makePair, isKnown } = parts

  return async function refresh(refreshToken, client) {
    try {
      return await refreshOnce(refreshToken, client)
    } catch (error) {
      const away = error instanceof SecurityError && error.reason === 'store_unavailable'
      throw away ? unrefreshable(error) : error
    }
  }

  async function refreshOnce(refreshToken: string, client: Authentication): Promise<IssuedTokens> {
    const parts = readToken(refreshToken)
    if (typeof parts !== 'object') throw unrefreshable()
    const found = await tokens.find(parts.id)
    let pair = found !== undefined && provesPair(found, 'refresh', parts.secret) ? found : undefined
    for (let attempt = 0; attempt < ID_ATTEMPTS && pair !== undefined; attempt++) {
      checkRefresh(pair, client)
      if (pair.superseding !== undefined) return repeatRefresh(pair, pair.superseding, parts.secret)
      const next = makePair(readPair(pair, sealer), client)
      const successor = JSON.stringify([next.tokens.accessToken, next.tokens.refreshToken])
      const sealed = sealer.seal('superseding tokens', parts.secret, Buffer.from(successor))
      const outcome = await tokens.supersede(pair.id, wholeSeconds(clock), sealed, next.pair)
      if (outcome.won) return next.tokens
      pair = outcome.pair
    }
    throw unrefreshable()
  }

  /** The rules of a refresh in their order; the order decides what the client is told. */
  function checkRefresh(pair: TokenPair, client: Authentication): void {
    const now = wholeSeconds(clock)
    if (!(now <= pair.createdAt + REFRESH_LIFETIME)) throw invalidGrant('token document has expired')
    if (pair.refreshInvalidated) throw invalidGrant('token has been invalidated')
    if (!isSameClient(pair.client, client)) throw invalidGrant('tokens must be refreshed by the creating client')
    if (pair.refreshedAt === undefined) return
    if (!(now <= pair.refreshedAt + REPEAT_WINDOW)) {
      throw invalidGrant(`token has already been refreshed more than ${REPEAT_WINDOW} seconds in the past`)
    }
    if (!(now >= pair.refreshedAt - REPEAT_WINDOW)) {
      const tooEarly = `token has been refreshed more than ${REPEAT_WINDOW} seconds in the future`
      throw invalidGrant(`${tooEarly}, clock skew too great`)
    }
  }

  /** The pair that the first refresh got. It needs to exist, but may have been invalidated meanwhile. */
  async function repeatRefresh(pair: TokenPair, superseding: Uint8Array, secret: Uint8Array): Promise<IssuedTokens> {
    const opened = Buffer.from(sealer.open('superseding tokens', secret, superseding)).toString()
    const [accessToken, refreshToken] = JSON.parse(opened) as [string, string]
    const parts = readToken(accessToken)
    if (typeof parts !== 'object' || !(await isKnown('access', parts))) throw unrefreshable()
    const authentication = readAuthentication(pair.authentication)
    return { accessToken, refreshToken, expiresIn: accessLifetime, authentication }
  }
}

function invalidGrant(description: string, cause?: unknown): SecurityError {
  return new SecurityError('grant_invalid', description, cause)
}

function unrefreshable(cause?: unknown): SecurityError {
  return invalidGrant('could not refresh the requested token', cause)
}
