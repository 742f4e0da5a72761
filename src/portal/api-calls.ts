/**
 * The calls that the portal makes, and what their answers mean to it. A call either gives what it was made for, or says
 * that it was refused; everything else is a PortalError: `unavailable` if the API could not be reached,
 * `portal_credentials` if it does not take the portal's own credentials.
 */
import { type JsonObject, isJsonObject } from '../kernel/json.ts'
import type { Log } from '../observe/log.ts'
import { PortalError } from './portal-error.ts'
import type { ApiAnswer, ApiCall, ApiUser, SecurityApi } from './security-api.ts'
import type { Credential, Tokens } from './session-content.ts'

export interface ApiCalls {
  /** `POST /_security/oidc/prepare`. `undefined`: refused. */
  prepare(ask: PrepareAsk, referenceId: string): Promise<Prepared | undefined>
  /** `POST /_security/oidc/authenticate`. `undefined`: refused. Never repeated. */
  authenticate(response: LoginResponse, referenceId: string): Promise<IssuedLogin | undefined>
  /** The password grant of `POST /_security/oauth2/token`. `undefined`: wrong credentials. */
  grantPassword(username: string, password: string, referenceId: string): Promise<IssuedLogin | undefined>
  /** The refresh grant of `POST /_security/oauth2/token`. */
  refresh(refreshToken: string, referenceId: string): Promise<Tokens | RefreshRefusal>
  /** `POST /_security/oidc/logout`. @returns the end-session URL, or null if the provider has none */
  logout(tokens: Tokens, referenceId: string): Promise<string | null>
  /** `DELETE /_security/oauth2/token` for both tokens; a failure is logged. @returns whether none of them lives on */
  revoke(credential: Credential, referenceId: string): Promise<boolean>
  /** `GET /_security/_authenticate`. `undefined`: the credentials do not count (any more). */
  whoAmI(user: ApiUser, referenceId: string): Promise<JsonObject | undefined>
  /** Whether `whoAmI`, which gave this, would give it again. `false` also where that cannot be told at once. */
  holds(profile: JsonObject): boolean
  /** `POST /_security/user/_has_privileges` for cluster privileges. @returns those that are missing, `undefined` if the credentials do not count */
  findMissing(as: ApiCall['as'], privileges: readonly string[], referenceId: string): Promise<string[] | undefined>
  /** @throws PortalError `unavailable` */
  checkReachable(referenceId: string): Promise<void>
}

export type PrepareAsk = { readonly realm: string } | { readonly iss: string; readonly login_hint?: string }

export interface Prepared {
  /** An http or https URL of the identity provider. */
  readonly redirect: string
  readonly state: string
  readonly nonce: string
  readonly realm: string
}

export interface LoginResponse {
  readonly state: string
  readonly nonce: string
  readonly redirectUri: string
  readonly realm: string
}

export interface IssuedLogin {
  readonly tokens: Tokens
  readonly username: string
}

/** `wrong_client`: the token belongs to another client of the API, so the portal's nodes are not set up alike. */
export type RefreshRefusal = 'expired' | 'wrong_client'

const AWAY: ReadonlySet<number> = new Set([502, 503, 504])
const CANNOT_TELL = 'error attempting to authenticate request'
const WRONG_CLIENT = 'tokens must be refreshed by the creating client'

export function createApiCalls({ api, log }: { api: SecurityApi; log: Log }): ApiCalls {
  async function reach(call: ApiCall): Promise<ApiAnswer> {
    let answer: ApiAnswer
    try {
      answer = await api.call(call)
    } catch (cause) {
      throw new PortalError('unavailable', `the security API cannot be reached for ${call.path}`, { cause })
    }
    if (AWAY.has(answer.status))
      throw new PortalError('unavailable', `the security API answered ${answer.status} to ${call.path}`)
    return answer
  }

  /** @param refusals the statuses that speak of our own credentials */
  async function callAsPortal(
    method: ApiCall['method'],
    path: string,
    body: JsonObject,
    referenceId: string,
    refusals: readonly number[],
  ): Promise<ApiAnswer> {
    const answer = await reach({ method, path, as: 'portal', body, referenceId })
    if (!refusals.includes(answer.status)) return answer
    checkVerdict(answer, path)
    log.error(
      { 'trace.id': referenceId, 'url.path': path, 'http.response.status_code': answer.status },
      'the security API does not accept the credentials of the portal',
    )
    throw new PortalError('portal_credentials', `the security API answered ${answer.status} to ${path}`)
  }

  return {
    async prepare(ask, referenceId) {
      const answer = await callAsPortal('POST', '/_security/oidc/prepare', { ...ask }, referenceId, [401, 403])
      if (answer.status !== 200) return undefined
      const { redirect: address, state, nonce } = answer.body ?? {}
      const realm = 'realm' in ask ? ask.realm : answer.body?.['realm']
      const redirect = readWebAddress(address)
      if (redirect === undefined || !isText(state) || !isText(nonce) || !isText(realm)) throw unreadable('prepare')
      return { redirect, state, nonce, realm }
    },

    async authenticate({ state, nonce, redirectUri, realm }, referenceId) {
      const body = { state, nonce, redirect_uri: redirectUri, realm }
      const answer = await callAsPortal('POST', '/_security/oidc/authenticate', body, referenceId, [403])
      return answer.status === 200 ? readIssued(answer, 'authenticate') : undefined
    },

    async grantPassword(username, password, referenceId) {
      const body = { grant_type: 'password', username, password }
      const answer = await callAsPortal('POST', '/_security/oauth2/token', body, referenceId, [403])
      checkVerdict(answer, 'the password grant')
      if (answer.status === 401) return undefined
      if (answer.status !== 200) throw unexpected(answer, 'the password grant')
      return readIssued(answer, 'the password grant')
    },

    async refresh(refreshToken, referenceId) {
      const body = { grant_type: 'refresh_token', refresh_token: refreshToken }
      const answer = await callAsPortal('POST', '/_security/oauth2/token', body, referenceId, [401, 403])
      // The API's own trouble, in the words that it has for a token that is no good.
      if (answer.status === 400 && answer.passing)
        throw new PortalError('unavailable', 'the security API cannot refresh tokens now')
      if (answer.status === 400) return answer.body?.['error_description'] === WRONG_CLIENT ? 'wrong_client' : 'expired'
      if (answer.status !== 200) throw unexpected(answer, 'the refresh')
      return readTokens(answer, 'the refresh')
    },

    async logout({ accessToken, refreshToken }, referenceId) {
      const body = { token: accessToken, refresh_token: refreshToken }
      const answer = await callAsPortal('POST', '/_security/oidc/logout', body, referenceId, [401, 403])
      if (answer.status !== 200) throw unexpected(answer, 'the logout')
      const address = answer.body?.['redirect'] ?? null
      if (address === null) return null
      const redirect = readWebAddress(address)
      if (redirect === undefined) throw unreadable('logout')
      return redirect
    },

    async revoke(credential, referenceId) {
      if ('basic' in credential) return true
      let ended = true
      const path = '/_security/oauth2/token'
      for (const body of [{ token: credential.accessToken }, { refresh_token: credential.refreshToken }]) {
        try {
          const answer = await callAsPortal('DELETE', path, body, referenceId, [401, 403])
          // 404: already gone at the API.
          if (answer.status !== 200 && answer.status !== 404) throw unexpected(answer, 'a revocation')
        } catch (err) {
          log.warn({ err, 'trace.id': referenceId }, 'a token could not be revoked; it dies by its own expiry')
          ended = false
        }
      }
      return ended
    },

    async whoAmI(user, referenceId) {
      const answer = await reach({ method: 'GET', path: '/_security/_authenticate', as: user, referenceId })
      checkVerdict(answer, 'an authentication')
      if (answer.status === 401) return undefined
      if (answer.status !== 200 || answer.body === undefined) throw unexpected(answer, 'an authentication')
      return answer.body
    },

    holds: (profile) => api.holds?.(profile) === true,

    async findMissing(as, privileges, referenceId) {
      const path = '/_security/user/_has_privileges'
      const answer = await reach({ method: 'POST', path, as, body: { cluster: [...privileges] }, referenceId })
      checkVerdict(answer, 'a question for privileges')
      if (answer.status === 401) return undefined
      if (answer.status !== 200) throw unexpected(answer, 'a question for privileges')
      const held = answer.body?.['cluster']
      return privileges.filter((privilege) => !isJsonObject(held) || held[privilege] !== true)
    },

    async checkReachable(referenceId) {
      await reach({ method: 'GET', path: '/_security/_authenticate', as: 'portal', referenceId })
    },
  }
}

/** The `Authorization` header that a session's credential makes. */
export function authorizationOf(credential: Credential): string {
  return 'basic' in credential ? credential.basic : `Bearer ${credential.accessToken}`
}

function readIssued(answer: ApiAnswer, what: string): IssuedLogin {
  const authentication = answer.body?.['authentication']
  const username = isJsonObject(authentication) ? authentication['username'] : undefined
  if (!isText(username)) throw unreadable(what)
  return { tokens: readTokens(answer, what), username }
}

function readTokens(answer: ApiAnswer, what: string): Tokens {
  const { access_token: accessToken, refresh_token: refreshToken } = answer.body ?? {}
  if (!isText(accessToken) || !isText(refreshToken)) throw unreadable(what)
  return { accessToken, refreshToken }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** An http or https URL in ASCII, as browsers would write it: it goes into a header. */
function readWebAddress(value: unknown): string | undefined {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : undefined
}

/**
 * That a 401 is about the credentials. Elasticsearch gives it too where it could not tell, which must end no session.
 * @throws PortalError `unavailable`
 */
function checkVerdict({ status, body }: ApiAnswer, what: string): void {
  const error = body?.['error']
  if (status === 401 && isJsonObject(error) && error['reason'] === CANNOT_TELL)
    throw new PortalError('unavailable', `the security API could not tell at ${what} who asks`)
}

function unreadable(what: string): PortalError {
  return new PortalError('server_error', `the security API answered ${what} without what belongs into it`)
}

function unexpected(answer: ApiAnswer, what: string): PortalError {
  return new PortalError('server_error', `the security API answered ${answer.status} to ${what}`, {
    status: answer.status >= 400 ? answer.status : 500,
  })
}
