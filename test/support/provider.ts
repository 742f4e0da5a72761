/** An OpenID Provider under test: in this process, with an embedded store in a folder of its own, on a free port. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as client from 'openid-client'
import { systemClock } from '../../src/kernel/clock.ts'
import { createSealer } from '../../src/kernel/sealer.ts'
import { createLog } from '../../src/observe/log.ts'
import { createProvider, type ProviderParts } from '../../src/provider/provider.ts'
import type { ProviderClientSettings, ProviderSettings } from '../../src/settings/settings.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import type { Store } from '../../src/store/store.ts'
import { findAddresses } from './addresses.ts'
import { type BrowserSession, createBrowserSession, type VisitedPage } from './browser-session.ts'

export const SECRET = 'a-client-secret-of-more-than-32-bytes'
export const CALLBACK = 'http://localhost:5601/callback'
export const GOODBYE = 'http://localhost:5601/goodbye'

/** alice / alice-demo and bob / bob-demo, hashed with the least cost. */
export const USERS = `users:
  alice:
    sub: s-alice
    password_hash: '$2a$04$mVIhw9KrWBtL/km.VH4yke1y2wEiUdi4yxvcvszI2vogOKJOdgUTq'
    claims: { name: Alice Adams, email: alice@example.org, email_verified: true, groups: [finance-team, engineering] }
  bob:
    password_hash: '$2a$04$.9wrhgsZawn/GNpgJlVZTOfSZk10tSjjV2K2W0vd21VsMr.lSgDo6'
    claims: { name: Bob Brown }
`

export function clientSettings(
  clientId: string,
  overrides: Partial<ProviderClientSettings> = {},
): ProviderClientSettings {
  const { metadata, ...others } = overrides
  return {
    clientId,
    clientSecret: SECRET,
    metadata: {
      client_name: `Client ${clientId}`,
      redirect_uris: [CALLBACK],
      post_logout_redirect_uris: [GOODBYE],
      ...metadata,
    },
    consent: 'skip',
    requirePkce: false,
    accessTokenHintMayRedirect: false,
    ...others,
  }
}

export const KEYS: ProviderSettings['keys'] = { rotateEvery: 0, announce: 86_400, retain: 2_592_000 }
export const END_SESSION: ProviderSettings['endSession'] = {
  enabled: true,
  accessTokenHintMayRedirect: false,
  strictErrors: false,
  headlessLogout: false,
  hintRetention: 86_400,
}

export interface ProviderUnderTest {
  readonly origin: string
  readonly store: Store
  readonly accountsPath: string
  /** What was logged, as one text. */
  logged(): string
  close(): Promise<void>
}

export async function startProvider(
  options: {
    clients?: readonly ProviderClientSettings[]
    settings?: Partial<ProviderSettings>
    users?: string
    parts?: Partial<ProviderParts>
  } = {},
): Promise<ProviderUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-provider-'))
  const accountsPath = join(directory, 'provider-users.yml')
  await writeFile(accountsPath, options.users ?? USERS)
  const { provider: origin } = await findAddresses()
  const store = await createEmbeddedStore({ directory: join(directory, 'data'), clock: systemClock })
  let logged = ''
  const log = createLog('debug', { write: (line) => void (logged += line) })
  const clients = options.clients ?? [clientSettings('app')]
  const settings = buildSettings({ origin, accountsPath, clients, ...options.settings })
  const sealer = createSealer(['a secret of the tests'])
  const provider = await createProvider({ settings, store, sealer, clock: systemClock, log, ...options.parts })
  await provider.app.listen({ host: settings.host, port: settings.port })
  return {
    origin,
    store,
    accountsPath,
    logged: () => logged,
    async close() {
      await provider.close()
      await store.close()
      await rm(directory, { recursive: true })
    },
  }
}

export const TTL: ProviderSettings['ttl'] = {
  session: 86_400,
  interaction: 600,
  code: 60,
  accessToken: 3600,
  jwtAccessToken: 600,
  idToken: 3600,
  refreshToken: 1_209_600,
}

/** The settings of a provider at this origin, with the defaults for what is not given. */
export function buildSettings({
  origin,
  ...given
}: { origin: string; accountsPath: string } & Partial<ProviderSettings>): ProviderSettings {
  return {
    issuer: origin,
    host: '127.0.0.1',
    port: Number(new URL(origin).port),
    routes: {
      authorization: '/authz-srv/authz',
      token: '/token-srv/token',
      revocation: '/token-srv/revoke',
      introspection: '/token-srv/introspect',
      userinfo: '/users-srv/userinfo',
      jwks: '/.well-known/jwks.json',
      endSession: '/session/end_session',
      registration: '/register',
    },
    accountsSource: 'file',
    clients: [],
    responseTypes: ['code'],
    resources: [],
    registration: { enabled: false, initialAccessToken: undefined },
    ttl: TTL,
    allowedHosts: [],
    tls: undefined,
    trustedProxies: [],
    keys: KEYS,
    endSession: END_SESSION,
    ...given,
  }
}

/** openid-client as the relying party. */
export async function discover(
  origin: string,
  clientId = 'app',
  auth?: client.ClientAuth,
): Promise<client.Configuration> {
  return client.discovery(new URL(origin), clientId, undefined, auth ?? client.ClientSecretBasic(SECRET), {
    execute: [client.allowInsecureRequests],
  })
}

export interface SignIn {
  readonly browser?: BrowserSession
  readonly user?: string
  readonly parameters?: Readonly<Record<string, string>>
}

export type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>

/** The authorization URL of a login with PKCE, state and nonce, and what redeems the answer. */
export async function beginLogin(config: client.Configuration, parameters: Readonly<Record<string, string>> = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile email groups',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  })
  const checks = { pkceCodeVerifier, expectedState, expectedNonce }
  // RFC 8707 §2.2: which of the resources that were agreed to the token is for.
  const { resource } = parameters
  const more = resource === undefined ? undefined : { resource }
  return {
    url: url.href,
    redeem: (answer: VisitedPage) => client.authorizationCodeGrant(config, new URL(answer.url), checks, more),
  }
}

/** A whole login by a scripted browser. A page on the way that is not the login page is left to the caller. */
export async function signIn(
  config: client.Configuration,
  { browser = createBrowserSession(), user = 'alice', parameters = {} }: SignIn = {},
): Promise<{ browser: BrowserSession; tokens: Tokens; page: VisitedPage }> {
  const login = await beginLogin(config, parameters)
  let page = await browser.visit(login.url, { until: CALLBACK })
  if (page.status !== 0) page = await submitLogin(browser, page, user)
  return { browser, page, tokens: await login.redeem(page) }
}

export function submitLogin(
  browser: BrowserSession,
  page: VisitedPage,
  user: string,
  password = `${user}-demo`,
): Promise<VisitedPage> {
  return browser.submit(page, { username: user, password, answer: 'login' }, { until: CALLBACK })
}
