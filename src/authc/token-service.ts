/**
 * The token service: pairs of an access and a refresh token, as Elasticsearch's security API has them.
 *
 * A token names the record of its pair and proves itself with 256 random bits, of which the record has the SHA-256.
 * No token is believed from memory alone: every check asks the store, be it only whether any token was invalidated since,
 * so an acknowledged invalidation holds everywhere at once. A pair remembers the whole authentication of its login; only
 * invalidation or time ends it, not a changed user.
 * One refresh token is worth one new pair, whoever asks how often. It never looks at who may do what.
 */
import { hash } from 'node:crypto'
import { type Clock, wholeSeconds } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import { createMarkedMemory, keepJson } from '../kernel/marked-memory.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { LoginSide, Store, UsedResponse } from '../store/store.ts'
import type { Authentication } from './authentication.ts'
import { readAuthentication } from './authentication-record.ts'
import { createPairInvalidation, type PairInvalidation, type TokenSide } from './pair-invalidation.ts'
import { createRefreshGrant } from './refresh-grant.ts'
import {
  ID_ATTEMPTS,
  type IssuedTokens,
  type MadePair,
  makePair,
  openIdToken,
  type PairContent,
  provesPair,
  provesSecret,
} from './token-pair.ts'
import { readToken, type TokenParts } from './token-string.ts'

/** A refresh token of another time was a bare text of this length; it counts as well-formed. */
const BARE_REFRESH_TOKEN_LENGTH = 22
const REMOVAL_DELAY = 30 * 60
/** Access tokens that are known by heart, about two kilobytes each. */
const MOST_KNOWN = 16_384

export interface NewLogin extends PairContent {
  /** Who asks for the pair; only this client can refresh it. */
  readonly client: Authentication
  /** Marked as redeemed in the same write. */
  readonly response?: UsedResponse
}

/** Opened apart from each other: the tokens of a login can be ended also when the rest of it is damaged. */
export interface FoundLogin {
  readonly side: TokenSide
  /** @throws SecurityError `record_damaged` */
  readonly readAuthentication: () => Authentication
  /** @throws SecurityError `record_damaged` */
  readonly openIdToken: () => string | undefined
}

/** A token that was not invalidated when it was looked up. */
interface KnownToken {
  readonly authentication: Authentication
  /** The last second of its life. */
  readonly expiresAt: number
  /** From here on nobody knows it any more. */
  readonly removeAt: number
}

export interface TokenService {
  readonly enabled: boolean
  /** One durable write. @throws SecurityError `response_replayed`, `tokens_disabled` */
  issue(login: NewLogin): Promise<IssuedTokens>
  /** Who bears this access token. @throws SecurityError `token_unknown`, `token_expired` (invalidated is the same) */
  authenticate(accessToken: string): Promise<Authentication>
  /** Whether the token that `authenticate` gave this for is still good. `false` also where that cannot be told at once. */
  holds(authentication: Authentication): boolean
  /** @throws SecurityError `grant_invalid`, its detail for the client's eyes; `tokens_disabled` */
  refresh(refreshToken: string, client: Authentication): Promise<IssuedTokens>
  /**
   * What a sign-out ends: the login of the access token, and the refresh token, which need not be of the same pair.
   * However dead they are.
   * @throws SecurityError as `locate`, for the refresh token
   */
  findLogin(
    accessToken: string,
    refreshToken?: string,
  ): Promise<{ login: FoundLogin | undefined; refreshSide: TokenSide | undefined }>
  /**
   * Finds what to invalidate for a token.
   * @returns `undefined` if there is no such token
   * @throws SecurityError `token_store_missing` for a well-formed token before any was ever created; `tokens_disabled`
   */
  locate(side: 'access' | 'refresh', token: string): Promise<TokenSide | undefined>
  readonly invalidate: PairInvalidation['invalidate']
  /** @throws SecurityError `tokens_disabled` */
  readonly invalidateOf: PairInvalidation['invalidateOf']
}

/**
 * @param accessLifetime in whole seconds
 * @param removalDelay whole seconds for which a pair is still known after its end, so that its bearer learns that it expired
 */
export function createTokenService({
  store,
  sealer,
  clock,
  accessLifetime,
  removalDelay = REMOVAL_DELAY,
  enabled,
}: {
  store: Pick<Store, 'tokens'>
  sealer: Sealer
  clock: Clock
  accessLifetime: number
  removalDelay?: number
  enabled: boolean
}): TokenService {
  const known = createMarkedMemory<KnownToken>({
    most: MOST_KNOWN,
    readMark: () => store.tokens.readMark(),
    keep(token) {
      if (!keepJson(token)) return false
      bearers.set(token.authentication, token)
      return true
    },
  })
  const bearers = new WeakMap<Authentication, KnownToken>()
  const refreshPair = createRefreshGrant({
    tokens: store.tokens,
    sealer,
    clock,
    accessLifetime,
    makePair: make,
    isKnown,
  })
  const invalidation = createPairInvalidation({ tokens: store.tokens, clock })
  return {
    enabled,
    issue,
    authenticate,
    holds,
    refresh,
    findLogin,
    locate,
    invalidate: (sides) => invalidation.invalidate(sides),
    async invalidateOf(owner) {
      checkEnabled()
      return invalidation.invalidateOf(owner)
    },
  }

  async function issue(login: NewLogin): Promise<IssuedTokens> {
    checkEnabled()
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const { pair, tokens } = make(login, login.client)
      const outcome = await store.tokens.create(pair, login.response)
      if (outcome === 'created') return tokens
      if (outcome === 'response_replayed') {
        throw new SecurityError('response_replayed', 'the authentication response was redeemed before')
      }
    }
    throw new SecurityError('store_unavailable', `no free id for a token in ${ID_ATTEMPTS} attempts`)
  }

  async function authenticate(accessToken: string): Promise<Authentication> {
    if (!enabled) throw new SecurityError('credentials_rejected', 'the token service is off')
    // By its hash: memory holds no token, and what is compared is not the secret.
    const key = hash('sha256', accessToken, 'binary')
    const token = await known.find(key, () => lookUp(accessToken))
    const now = wholeSeconds(clock)
    if (token === undefined || !(now < token.removeAt)) throw new SecurityError('token_unknown', 'no such access token')
    if (!(now <= token.expiresAt)) throw new SecurityError('token_expired', 'the access token expired')
    return token.authentication
  }

  function holds(authentication: Authentication): boolean {
    const token = bearers.get(authentication)
    const now = wholeSeconds(clock)
    return token !== undefined && now < token.removeAt && now <= token.expiresAt && known.holds(token)
  }

  /** @throws SecurityError `token_expired` if it was invalidated */
  async function lookUp(accessToken: string): Promise<KnownToken | undefined> {
    const parts = readToken(accessToken)
    if (typeof parts !== 'object') return undefined
    const access = await store.tokens.findAccess(parts.id)
    if (access === undefined || !provesSecret(access.accessHash, parts.secret)) return undefined
    if (access.accessInvalidated) throw new SecurityError('token_expired', 'the access token was invalidated')
    const { accessExpiresAt: expiresAt, removeAt, authentication } = access
    return { expiresAt, removeAt, authentication: readAuthentication(authentication) }
  }

  async function refresh(refreshToken: string, client: Authentication): Promise<IssuedTokens> {
    checkEnabled()
    return refreshPair(refreshToken, client)
  }

  async function findLogin(accessToken: string, refreshToken?: string) {
    const access = readToken(accessToken)
    const pair = typeof access === 'object' ? await store.tokens.findLogin(access.id) : undefined
    // As a rule both tokens are of one pair, and it is looked up once.
    const refreshSide =
      refreshToken === undefined ? undefined : (locateIn(pair, refreshToken) ?? (await locate('refresh', refreshToken)))
    if (pair === undefined || typeof access !== 'object' || !provesPair(pair, 'access', access.secret)) {
      return { login: undefined, refreshSide }
    }
    const login: FoundLogin = {
      side: { id: pair.id, side: 'access' },
      readAuthentication: () => readAuthentication(pair.authentication),
      openIdToken: () => openIdToken(pair, sealer),
    }
    return { login, refreshSide }
  }

  function locateIn(pair: LoginSide | undefined, refreshToken: string): TokenSide | undefined {
    const parts = enabled && pair !== undefined ? readToken(refreshToken) : undefined
    if (pair === undefined || typeof parts !== 'object' || parts.id !== pair.id) return undefined
    return provesPair(pair, 'refresh', parts.secret) ? { id: pair.id, side: 'refresh' } : undefined
  }

  async function locate(side: 'access' | 'refresh', token: string): Promise<TokenSide | undefined> {
    checkEnabled()
    const parts = readToken(token)
    const wellFormed = parts !== undefined || (side === 'refresh' && token.length === BARE_REFRESH_TOKEN_LENGTH)
    if (!wellFormed) return undefined
    if (typeof parts === 'object' && (await isKnown(side, parts))) return { id: parts.id, side }
    if (await store.tokens.everCreated()) return undefined
    throw new SecurityError('token_store_missing', 'no token was ever created')
  }

  function checkEnabled(): void {
    if (!enabled) throw new SecurityError('tokens_disabled', 'the token service is off')
  }

  /** Whether there is such a token, dead or alive. Of its pair nothing else is read. */
  async function isKnown(side: 'access' | 'refresh', { id, secret }: TokenParts): Promise<boolean> {
    const expected = await store.tokens.findHash(id, side)
    return expected !== undefined && provesSecret(expected, secret)
  }

  function make(content: PairContent, client: Authentication): MadePair {
    return makePair(content, client, { sealer, now: clock(), accessLifetime, removalDelay })
  }
}
