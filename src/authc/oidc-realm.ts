/**
 * The OpenID Connect realm: joins the relying party's rules with store and network. It logs in users for whom an
 * OpenID Provider vouches; it finds no users by name and knows no passwords. Nothing is remembered between prepare and
 * authenticate, so that any node can finish a login that another began.
 */
import type { MappableUser } from '../authz/role-mapping.ts'
import type { Clock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import { createHmac } from '../kernel/hmac.ts'
import type { JsonObject } from '../kernel/json.ts'
import { randomText } from '../kernel/random.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { Outbound } from '../net/outbound.ts'
import type { Log } from '../observe/log.ts'
import { checkAccessToken } from '../oidc/access-token.ts'
import { createAuthenticationUrls } from '../oidc/authentication-request.ts'
import {
  checkNotRefused,
  checkResponseIssuer,
  checkState,
  readAuthenticationResponse,
  readContent,
  type ResponseContent,
} from '../oidc/authentication-response.ts'
import { mergeClaims } from '../oidc/claim-merge.ts'
import type { IdToken } from '../oidc/id-token.ts'
import type { Jwt } from '../oidc/jwt.ts'
import { createLogoutUrls } from '../oidc/logout-request.ts'
import { buildCodeChallenge, deriveCodeVerifier } from '../oidc/pkce.ts'
import { belongsToRealm, createState } from '../oidc/state.ts'
import { buildUserMetadata } from '../oidc/user-metadata.ts'
import { buildUserProperties, createPropertyReaders, isAnchored } from '../oidc/user-properties.ts'
import { readUserinfoAnswer } from '../oidc/userinfo.ts'
import type { OidcRealmSettings } from '../settings/settings.ts'
import type { LoginSubject, TokenPairs, UsedResponse } from '../store/store.ts'
import type { Authentication, User } from './authentication.ts'
import { createCodeExchange } from './code-exchange.ts'
import { createIdTokenValidator } from './id-token-validator.ts'
import { createKeySource } from './key-source.ts'
import { createProviderEndpoints } from './provider-endpoints.ts'
import type { PasswordRealm } from './realms.ts'
import { createResponseRedemption } from './response-redemption.ts'

const NOT_YET = 'The metadata of the OpenID Provider are not known yet'

/** What a good response of the provider turned into; the caller makes it durable. */
export interface OidcLogin {
  readonly authentication: Authentication
  /** Raw: the hint for the logout. */
  readonly idToken: string
  readonly subject: LoginSubject
  /** To be written together with the tokens that the login creates, or handed to `failed`. */
  readonly response: UsedResponse
}

export interface OidcRealm {
  readonly name: string
  readonly issuer: string
  /** Fetches what logins will need of the provider, in the background. */
  prefetch(): void
  /**
   * The URL that sends a browser to the provider, with its state and nonce: the caller's, or fresh ones.
   * @throws SecurityError `argument_illegal` for a blank state or nonce, `provider_unavailable`
   */
  prepare(wishes: { readonly state?: string; readonly nonce?: string; readonly loginHint?: string }): Promise<{
    readonly redirect: string
    readonly state: string
    readonly nonce: string
    readonly realm: string
  }>
  /** Whether this realm made the state, on whichever node. */
  knowsState(state: string): boolean
  /**
   * Judges the response of the provider and, in the code flow, redeems its code.
   * @param attempt `redirectUri`: where the provider sent the browser; state and nonce as `prepare` gave them
   * @throws SecurityError with the reason for the first check that failed
   */
  authenticate(attempt: {
    readonly redirectUri: string
    readonly state: string
    readonly nonce: string
  }): Promise<OidcLogin>
  /** Uses the response of a login up that could not be made durable. */
  failed(response: UsedResponse): Promise<void>
  /** The URL that ends the session at the provider; `null` if it has no endpoint for that, or none that is known. */
  buildLogoutUrl(idToken: string): Promise<string | null>
  /** Ends background work. */
  close(): Promise<void>
}

/** @throws SecurityError `argument_illegal` if the provider's keys are in a file that cannot be used */
export function createOidcRealm(parts: {
  readonly settings: OidcRealmSettings
  /** Where files that the settings name by a relative path are. */
  readonly configDirectory: string
  readonly sealer: Sealer
  readonly store: { readonly tokens: Pick<TokenPairs, 'responseUsed' | 'useUpResponse'> }
  readonly roleMappings: { mapRoles(user: MappableUser): Promise<string[]> }
  /** Those that the settings name, in this order. */
  readonly authorizationRealms?: readonly Pick<PasswordRealm, 'ref' | 'lookup'>[]
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Log
}): OidcRealm {
  const { settings, sealer, roleMappings, authorizationRealms = [], outbound, clock } = parts
  const { name, rp, op } = settings
  const ref = { name, type: 'oidc' }
  const log = parts.log.child({ 'ostiary.realm': name })
  const hmacs = { state: createHmac(sealer.key('oidc state')), pkce: createHmac(sealer.key('oidc pkce')) }
  const endpoints = createProviderEndpoints({ settings, outbound })
  let buildUrl: ReturnType<typeof createAuthenticationUrls> | undefined
  let buildLogoutUrl: ReturnType<typeof createLogoutUrls> | undefined
  const openKeys = (location: string) => createKeySource({ ...parts, log, location })
  const validator = createIdTokenValidator({ settings, keySource, clock, log })
  const exchangeCode = createCodeExchange({ rp, outbound, clock })
  const redemption = createResponseRedemption({ realm: name, tokens: parts.store.tokens, clock })
  const { claims: claimNames, claimPatterns } = settings
  const prefix = `xpack.security.authc.realms.oidc.${name}.`
  const readers = createPropertyReaders(prefix, claimNames, claimPatterns)
  if (claimPatterns.principal !== undefined && !isAnchored(claimPatterns.principal))
    log.warn(`The pattern [${prefix}claim_patterns.principal] is not anchored at both ends: it takes parts of names`)

  const needsKeys = !rp.signatureAlgorithm.startsWith('HS')
  let keys = needsKeys && op.jwksetPath !== undefined ? openKeys(op.jwksetPath) : undefined

  return {
    name,
    issuer: op.issuer,
    prefetch,
    prepare,
    knowsState,
    authenticate,
    failed,
    buildLogoutUrl: logoutUrl,
    close,
  }

  // The provider may start after us: what is missing now is asked for again when needed.
  function prefetch() {
    void (needsKeys ? keySource() : endpoints()).catch((error: unknown) => log.warn({ err: error }, NOT_YET))
  }

  async function authenticate({ redirectUri, state, nonce }: { redirectUri: string; state: string; nonce: string }) {
    // What the browser brought: an answer to this login, from this provider, of the kind that was asked for.
    const response = readAuthenticationResponse(redirectUri)
    checkState(response, state)
    const provider = await endpoints()
    checkResponseIssuer(response, op.issuer, provider.responseIssuer)
    checkNotRefused(response)
    const content = readContent(response, rp.responseType)
    const redeemed = await redemption.begin(state)
    try {
      // What the provider says for it. Userinfo comes last: nobody is asked with a token that is not believed.
      const tokens = await obtainTokens(content, provider.token, state, nonce)
      checkAccessToken(tokens, rp.responseType === 'id_token token')
      const idToken = await validator.validate(tokens.idToken, nonce)
      const userinfo = await fetchUserinfo(provider.userinfo, tokens.accessToken, idToken.subject)
      const user = await buildUser(mergeClaims(idToken.claims, userinfo))
      return buildLogin(user, idToken, tokens.idToken, redeemed)
    } catch (error) {
      await failed(redeemed)
      throw error
    }
  }

  async function obtainTokens(content: ResponseContent, tokenEndpoint: string, state: string, nonce: string) {
    if (!('code' in content)) return { ...content, tokenType: 'Bearer' }
    return exchangeCode({ code: content.code, tokenEndpoint, codeVerifier: codeVerifier(state, nonce) })
  }

  async function fetchUserinfo(endpoint: string | undefined, bearer: string | undefined, subject: string) {
    if (endpoint === undefined || bearer === undefined) return {}
    const answer = await outbound.get(endpoint, { bearer }).catch((cause: unknown) => {
      throw new SecurityError('userinfo_failed', 'Failed to get claims from the Userinfo Endpoint.', cause)
    })
    return readUserinfoAnswer(answer, subject)
  }

  async function buildUser(claims: JsonObject): Promise<User> {
    const { principal, groups, dn, mail, name: fullName } = buildUserProperties(readers, claims)
    const metadata = settings.populateUserMetadata ? buildUserMetadata(claims) : {}
    if (authorizationRealms.length > 0) return findDelegate(principal)
    const model = { username: principal, dn: dn ?? undefined, groups, metadata, realm: { name } }
    const roles = await roleMappings.mapRoles(model)
    return { username: principal, roles, fullName, email: mail, metadata, enabled: true }
  }

  /** Taken whole from the realm that knows it: what the provider says of it beside its name does not count. */
  async function findDelegate(principal: string): Promise<User> {
    for (const realm of authorizationRealms) {
      const user = await realm.lookup(principal)
      if (user?.enabled === false)
        throw new SecurityError(
          'delegate_not_found',
          `the user [${principal}] of the realm [${realm.ref.name}] is disabled`,
        )
      if (user !== undefined) return user
    }
    const names = authorizationRealms.map(({ ref: { type, name } }) => `${type}/${name}`).join(',')
    const text = `the principal [${principal}] was authenticated, but no user could be found in realms [${names}]`
    throw new SecurityError('delegate_not_found', text)
  }

  function buildLogin(user: User, { subject, sessionId, expiresAt }: IdToken, raw: Jwt, redeemed: UsedResponse) {
    // Once the ID token is dead, so is its nonce, and the response with it.
    const keepUntil = Math.min(redeemed.keepUntil, Math.ceil(expiresAt + settings.allowedClockSkew))
    return {
      authentication: { user, authenticationRealm: ref, lookupRealm: ref, type: 'realm' as const },
      idToken: raw.text,
      subject: { issuer: op.issuer, subject, ...(sessionId === undefined ? {} : { sessionId }) },
      response: { ...redeemed, keepUntil },
    }
  }

  /** The attempt has failed for a reason of its own, which an unwritable mark must not hide. */
  async function failed(response: UsedResponse) {
    await redemption.useUp(response).catch((error: unknown) => {
      log.warn({ err: error }, 'The response of a failed login could not be marked as used')
    })
  }

  async function prepare(wishes: { state?: string; nonce?: string; loginHint?: string }) {
    const state = withText(wishes.state ?? createState(hmacs.state, name, clock()))
    const nonce = withText(wishes.nonce ?? randomText(32))
    const { authorization } = await endpoints()
    const verifier = codeVerifier(state, nonce)
    buildUrl ??= createAuthenticationUrls({
      endpoint: authorization,
      responseType: rp.responseType,
      clientId: rp.clientId,
      redirectUri: rp.redirectUri,
      scopes: rp.requestedScopes,
    })
    const codeChallenge = verifier === undefined ? undefined : buildCodeChallenge(verifier)
    const redirect = buildUrl({ state, nonce, loginHint: wishes.loginHint, codeChallenge })
    return { redirect, state, nonce, realm: name }
  }

  function knowsState(state: string): boolean {
    return belongsToRealm(hmacs.state, name, state)
  }

  function codeVerifier(state: string, nonce: string): string | undefined {
    return rp.responseType === 'code' && rp.pkce ? deriveCodeVerifier(hmacs.pkce, name, state, nonce) : undefined
  }

  /** The tokens are dead by now: a provider that cannot be asked for its endpoint must not make the logout fail. */
  async function logoutUrl(idToken: string) {
    const provider = await endpoints().catch((error: unknown) => log.warn({ err: error }, NOT_YET))
    if (provider?.endsession === undefined) return null
    const { postLogoutRedirectUri } = rp
    buildLogoutUrl ??= createLogoutUrls({ endpoint: provider.endsession, postLogoutRedirectUri })
    return buildLogoutUrl({ idToken, state: randomText(32) })
  }

  async function keySource() {
    const provider = await endpoints()
    return (keys ??= openKeys(provider.keys))
  }

  async function close() {
    keys?.close()
  }
}

function withText(value: string): string {
  if (value.trim() !== '') return value
  throw new SecurityError('argument_illegal', 'The value must not be null or empty string')
}
