/**
 * The way in and out by an OpenID Provider, around the realms: which realm a response is for, one pair of tokens for a
 * good one, and both tokens dead at the logout. What a provider must say is the realm's knowledge, not this file's.
 */
import { isOwnFault, SecurityError } from '../kernel/errors.ts'
import type { Log } from '../observe/log.ts'
import type { Authentication } from './authentication.ts'
import type { OidcRealm } from './oidc-realm.ts'
import type { IssuedTokens } from './token-pair.ts'
import type { FoundLogin, TokenService } from './token-service.ts'

export interface LoginPreparation {
  /** The realm by its name, or by its provider where a third party starts the login. */
  readonly of: { readonly realm: string } | { readonly issuer: string }
  readonly loginHint?: string
  readonly state?: string
  readonly nonce?: string
}

export interface LoginResponse {
  /** Where the provider sent the browser, with query or fragment. */
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  /** Only this realm tries. Absent: the realm that made the state; for a state of the caller's own, all in order. */
  readonly realm?: string
}

export interface OidcLoginService {
  /** The names of its realms, in their order. */
  readonly realmNames: readonly string[]
  /** @throws SecurityError `realm_unknown`, `argument_illegal`, `provider_unavailable` */
  prepare(preparation: LoginPreparation): Promise<{ redirect: string; state: string; nonce: string; realm: string }>
  /**
   * Redeems a response for a pair of tokens that `client` may refresh: one durable write. What goes wrong goes to the
   * log under the request's id.
   * @throws SecurityError with the reason of the realm that tried last; `credentials_rejected` if none did
   */
  login(response: LoginResponse, by: { client: Authentication; requestId: string }): Promise<IssuedTokens>
  /**
   * Ends the access token and, if given, the refresh token: one durable write. Also for tokens that are dead already.
   * @returns the URL that ends the session at the provider, `null` if the provider has none
   * @throws SecurityError `login_token_invalid`, `realm_unknown`, `argument_illegal`, `token_store_missing`
   */
  logout(pair: { accessToken: string; refreshToken?: string }): Promise<string | null>
}

/** @param realms those that are enabled, in chain order */
export function createOidcLogin({
  realms,
  tokens,
  log,
}: {
  realms: readonly OidcRealm[]
  tokens: TokenService
  log: Log
}): OidcLoginService {
  return { realmNames: realms.map(({ name }) => name), prepare, login, logout }

  async function prepare({ of, ...wishes }: LoginPreparation) {
    return findRealm(of).prepare(wishes)
  }

  function findRealm(of: LoginPreparation['of']): OidcRealm {
    const [kind, wanted] = 'realm' in of ? (['name', of.realm] as const) : (['issuer', of.issuer] as const)
    const [found, another] = realms.filter((realm) => realm[kind] === wanted)
    if (found === undefined) {
      throw new SecurityError('realm_unknown', `Cannot find OpenID Connect realm with ${kind} [${wanted}]`)
    }
    if (another !== undefined) {
      throw new SecurityError('realm_unknown', `Found multiple OpenID Connect realm with ${kind} [${wanted}]`)
    }
    return found
  }

  async function login(response: LoginResponse, { client, requestId }: { client: Authentication; requestId: string }) {
    let failure: SecurityError | undefined
    for (const realm of chooseRealms(response)) {
      try {
        return await redeem(realm, response, client)
      } catch (error) {
        // A fault of our own says nothing about the response, so no other realm may try it.
        if (!(error instanceof SecurityError) || isOwnFault(error)) throw error
        warn(error, describeLoginFailure(realm.name, error))
        failure = error
      }
    }
    if (failure !== undefined) throw failure
    const unhandled = new SecurityError('credentials_rejected', 'no OpenID Connect realm handles the response')
    warn(unhandled, unhandled.message)
    throw unhandled

    function warn({ reason }: SecurityError, message: string): void {
      log.warn({ 'http.request.id': requestId, 'event.reason': reason }, message)
    }
  }

  function chooseRealms({ realm: name, state }: LoginResponse): readonly OidcRealm[] {
    if (name !== undefined) return realms.filter((realm) => realm.name === name)
    const maker = realms.find((realm) => realm.knowsState(state))
    return maker === undefined ? realms : [maker]
  }

  async function redeem(realm: OidcRealm, response: LoginResponse, client: Authentication): Promise<IssuedTokens> {
    const { redirectUri, state, nonce } = response
    const login = await realm.authenticate({ redirectUri, state, nonce })
    try {
      return await tokens.issue({ ...login, client, withRefreshToken: true })
    } catch (error) {
      await realm.failed(login.response)
      throw error
    }
  }

  async function logout({ accessToken, refreshToken }: { accessToken: string; refreshToken?: string }) {
    if (refreshToken === '') throw new SecurityError('argument_illegal', 'refresh token must be provided')
    const { login, refreshSide } = await tokens.findLogin(accessToken, refreshToken)
    const given = refreshSide === undefined ? [] : [refreshSide]
    const { side, realm, openIdToken } = await readLogin(login).catch(async (error: unknown) => {
      // Whatever the access token is, the refresh token was given up by whoever bears it.
      await tokens.invalidate(given)
      throw error
    })
    await tokens.invalidate([...given, side])
    const idToken = openIdToken()
    if (idToken !== undefined) return realm.buildLogoutUrl(idToken)
    const missing = 'Authentication token does not have OpenID Connect metadata [id_token_hint]'
    throw new SecurityError('login_token_invalid', missing)
  }

  /** The login of an access token, dead or alive, and its realm. */
  async function readLogin(login: FoundLogin | undefined) {
    if (login === undefined) throw new SecurityError('login_token_invalid', 'supplied token is not valid')
    const { name, type } = login.readAuthentication().authenticationRealm
    if (type !== 'oidc') {
      throw new SecurityError('argument_illegal', 'Access token is not valid for an OpenID Connect realm')
    }
    const realm = realms.find((candidate) => candidate.name === name)
    if (realm === undefined) throw new SecurityError('realm_unknown', `Authenticating realm ${name} does not exist`)
    return { ...login, realm }
  }
}

function describeLoginFailure(realm: string, error: SecurityError): string {
  const causes: string[] = []
  for (let cause: unknown = error; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    causes.push(`Caused by ${cause.message}`)
  }
  const failed = 'Failed to authenticate user with OpenID Connect'
  return `Authentication to realm ${realm} failed - ${failed} (${causes.join('; ')})`
}
