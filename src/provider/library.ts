/**
 * `oidc-provider`, configured: what it does by itself, what it asks us, and what is off. Its end-session action is never
 * reached; our own stands before it.
 */
import { Provider, type Configuration } from 'oidc-provider'
import type { Log } from '../observe/log.ts'
import { PROVIDER_SCOPES } from '../settings/provider-table.ts'
import type { ProviderSettings } from '../settings/settings.ts'
import type { Accounts } from './accounts.ts'
import { checkAssertionTimes } from './client-assertions.ts'
import { buildClientMetadata } from './clients.ts'
import { buildCookieNames, COOKIE_OPTIONS } from './cookies.ts'
import { createGrantLoader, keepOfflineAccess } from './consent.ts'
import { chooseLanguage, LANGUAGES } from './language.ts'
import type { ProviderPagesIn } from './provider-pages.ts'
import type { ProviderKeys } from './provider-keys.ts'
import { buildClientMetadataRules, buildRegistration } from './registration.ts'
import { buildResourceIndicators, isJwtAccessToken } from './resource-servers.ts'
import { keepConcurrentChanges } from './session-saving.ts'

/** A session that is used lives on, but no longer than this. */
const SESSION_LIMIT = 14 * 86_400

const OWN_LOOK = 'ostiary_own_look'

/** OpenID Connect Core 1.0 §5.4, and `groups`. */
const SCOPE_CLAIMS = {
  openid: ['sub'],
  profile: (
    'name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate ' +
    'zoneinfo locale updated_at'
  ).split(' '),
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
  groups: ['groups'],
}

export type ProviderFetch = NonNullable<Configuration['fetch']>

export function createLibrary(parts: {
  settings: ProviderSettings
  adapter: NonNullable<Configuration['adapter']>
  keys: ProviderKeys
  accounts: Accounts
  pages: ProviderPagesIn
  fetch: ProviderFetch
  log: Log
}): Provider {
  const { settings, keys, accounts, pages, log } = parts
  // Without these the library runs on published keys, in memory, with unsigned cookies.
  if (keys.signing.length === 0 || keys.cookies.length === 0) throw new TypeError('the provider has no keys')
  const own = new Map(settings.clients.map((client) => [client.clientId, client]))
  const consentOf = (clientId: string) => own.get(clientId)?.consent ?? 'ask'
  const { ttl, routes } = settings
  const library: Provider = new Provider(settings.issuer, {
    adapter: parts.adapter,
    clients: settings.clients.map((client) => buildClientMetadata(client)),
    jwks: { keys: [...keys.signing] },
    cookies: {
      names: { ...buildCookieNames(settings.issuer.startsWith('https:')) },
      keys: [...keys.cookies],
      long: COOKIE_OPTIONS,
      short: COOKIE_OPTIONS,
    },
    routes: {
      authorization: routes.authorization,
      token: routes.token,
      revocation: routes.revocation,
      introspection: routes.introspection,
      userinfo: routes.userinfo,
      jwks: routes.jwks,
      end_session: routes.endSession,
      registration: routes.registration,
    },
    discovery: {
      request_parameter_supported: false,
      claims_locales_supported: undefined,
      ui_locales_supported: LANGUAGES,
      ...(settings.endSession.enabled && {
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
      }),
    },

    scopes: PROVIDER_SCOPES,
    claims: { ...SCOPE_CLAIMS, acr: null, auth_time: null, iss: null, sid: null },
    responseTypes: [...settings.responseTypes] as Configuration['responseTypes'],
    subjectTypes: ['public'],
    extraClientMetadata: buildClientMetadataRules((clientId) => own.has(clientId)),
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
    allowOmittingSingleRegisteredRedirectUri: false,
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims) => checkAssertionTimes(claims),
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      ...buildRegistration(settings.registration),
      resourceIndicators: buildResourceIndicators(settings.resources),
      claimsParameter: { enabled: true },
      backchannelLogout: { enabled: true },
      // Off, the library would drop the clients' post-logout redirect URIs.
      rpInitiatedLogout: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          client.clientAuthMethod !== 'none' || token.clientId === client.clientId,
      },
    },

    ttl: {
      Session: (_ctx, session) => {
        const age = session.iat === undefined ? 0 : Math.floor(Date.now() / 1000) - session.iat
        return Math.max(1, Math.min(ttl.session, SESSION_LIMIT - age))
      },
      Interaction: () => ttl.interaction,
      AuthorizationCode: () => ttl.code,
      AccessToken: (_ctx, token) => (isJwtAccessToken(token) ? ttl.jwtAccessToken : ttl.accessToken),
      IdToken: () => ttl.idToken,
      RefreshToken: () => ttl.refreshToken,
      Grant: () => Math.max(SESSION_LIMIT, ttl.refreshToken),
    },

    // A JWT is not looked up: what it tells of its session is all there is, should it come back as a hint.
    extraTokenClaims: (_ctx, token) =>
      isJwtAccessToken(token) && token.sid !== undefined ? { sid: token.sid } : undefined,
    findAccount: async (_ctx, subject) => {
      const account = await accounts.findBySubject(subject)
      if (account === undefined) return undefined
      return { accountId: subject, claims: () => ({ ...account.claims, sub: subject }) }
    },
    pkce: {
      // RFC 9700 §2.1.1.
      required: (_ctx, client) => client.clientAuthMethod === 'none' || own.get(client.clientId)?.requirePkce === true,
    },
    loadExistingGrant: createGrantLoader(consentOf),
    // No parameter of anybody's: the library calls this for every request, after its own checks.
    extraParams: { [OWN_LOOK]: (ctx) => keepOfflineAccess(ctx, consentOf) },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    renderError: (ctx, out) => {
      ctx.type = 'html'
      const language = chooseLanguage(ctx.oidc?.params?.['ui_locales'], ctx.get('accept-language'))
      ctx.body = pages(language).error({
        status: ctx.status,
        detail: out.error_description ?? out.error,
        requestId: String(ctx.res.getHeader('X-Request-Id')),
      })
    },
    fetch: parts.fetch,
  })

  // Every ID token tells the session, so that a hint of another session can be told from one of this.
  library.Client.prototype.includeSid = () => true
  keepConcurrentChanges(library)
  // The scheme of the issuer reaches the library in the one forwarding header that we set ourselves.
  library.proxy = true
  library.on('server_error', (_ctx, err) => log.error({ err }, 'the provider failed'))
  const emitter: NodeJS.EventEmitter = library
  emitter.on('error', (err: unknown) => log.error({ err }, 'the provider failed'))
  // RFC 9207 §2: in every response. The library leaves it out where an ID token says the same.
  emitter.on('authorization.success', (_ctx: unknown, answer: { iss?: string }) => void (answer.iss = settings.issuer))
  library.use(async (ctx, next) => {
    await next()
    if (ctx.status === 404 && ctx.body === undefined) {
      ctx.status = 404
      const language = chooseLanguage(undefined, ctx.get('accept-language'))
      ctx.body =
        ctx.accepts('json', 'html') === 'html' ? pages(language).error({ status: 404 }) : { error: 'not_found' }
    }
    if (!settings.endSession.enabled && 'oidc' in ctx && ctx.oidc.route === 'discovery') {
      delete (ctx.body as { end_session_endpoint?: string }).end_session_endpoint
    }
  })
  return library
}
