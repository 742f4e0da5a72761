/** OpenID Connect realms at a scripted provider, on one embedded store in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Authentication } from '../../src/authc/authentication.ts'
import { createOidcRealm, type OidcRealm } from '../../src/authc/oidc-realm.ts'
import type { PasswordRealm } from '../../src/authc/realms.ts'
import { createTokenService } from '../../src/authc/token-service.ts'
import type { MappableUser } from '../../src/authz/role-mapping.ts'
import { createSealer } from '../../src/kernel/sealer.ts'
import { createLog } from '../../src/observe/log.ts'
import type { OidcRealmSettings } from '../../src/settings/settings.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import { startScriptedProvider, type ScriptedProvider } from './scripted-provider.ts'
import { openOutbound, OUTBOUND_DEFAULTS } from './outbound.ts'

/** What a test changes of the settings. */
export type RealmChange = {
  readonly [part in 'rp' | 'op' | 'claims' | 'claimPatterns']?: Partial<OidcRealmSettings[part]>
} & {
  readonly name?: string
  readonly populateUserMetadata?: boolean
  readonly authorizationRealms?: readonly PasswordRealm[]
}

export interface RealmBench extends AsyncDisposable {
  readonly provider: ScriptedProvider
  /** Another provider's realm, or another node's realm of the same name; all share store and secrets. */
  openRealm(change?: RealmChange, provider?: ScriptedProvider): OidcRealm
  /** Begins a login; the provider will answer its code with a good answer, changed like this. */
  begin(
    realm: OidcRealm,
    answer?: { claims?: Record<string, unknown>; header?: Record<string, unknown>; tokens?: Record<string, unknown> },
  ): Promise<{ state: string; nonce: string; redirect: URL }>
  /** Ends a login as the API does: response redeemed, tokens issued. */
  finish(realm: OidcRealm, login: { state: string; nonce: string }, redirectUri?: string): Promise<Authentication>
  /** Whom the role mappings were asked about. */
  readonly mapped: MappableUser[]
  readonly logged: string[]
  /** Seconds by which the realms' clock is ahead. */
  readonly time: { ahead: number }
}

const FACILITATOR: Authentication = {
  user: { username: 'portal', roles: [], fullName: null, email: null, metadata: {}, enabled: true },
  authenticationRealm: { name: 'native1', type: 'native' },
  lookupRealm: { name: 'native1', type: 'native' },
  type: 'realm',
}

/** @param http what the realms' calls do otherwise than by default */
export async function openRealmBench(http: Parameters<typeof openOutbound>[0] = {}): Promise<RealmBench> {
  const time = { ahead: 0 }
  const clock = () => Date.now() / 1000 + time.ahead
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-oidc-'))
  const store = await createEmbeddedStore({ directory: join(directory, 'data'), clock })
  const sealer = createSealer(['a secret of the tests'])
  const tokens = createTokenService({ store, sealer, clock, accessLifetime: 1200, enabled: true })
  const outbound = openOutbound(http)
  const provider = await startScriptedProvider()
  const mapped: MappableUser[] = []
  const logged: string[] = []
  const log = createLog('debug', { write: (line) => logged.push(line) })
  const realms: OidcRealm[] = []
  const roleMappings = {
    mapRoles: async (user: MappableUser) => {
      mapped.push(user)
      return user.groups.includes('finance-team') ? ['finance_data'] : []
    },
  }

  return {
    provider,
    mapped,
    logged,
    time,
    openRealm(change = {}, at = provider) {
      const settings = buildSettings(at, change)
      const realm = createOidcRealm({
        settings,
        configDirectory: directory,
        sealer,
        store,
        roleMappings,
        authorizationRealms: change.authorizationRealms ?? [],
        outbound,
        clock,
        log,
      })
      realms.push(realm)
      realm.prefetch()
      return realm
    },
    async begin(realm, { claims = {}, header = {}, tokens: more = {} } = {}) {
      const { state, nonce, redirect } = await realm.prepare({})
      const idToken = await provider.sign(provider.claims(nonce, claims), header)
      provider.script('token', () => ({
        body: { access_token: 'at-1', token_type: 'Bearer', id_token: idToken, ...more },
      }))
      return { state, nonce, redirect: new URL(redirect) }
    },
    async finish(realm, { state, nonce }, redirectUri = `/cb?code=c-1&state=${state}`) {
      const login = await realm.authenticate({ redirectUri, state, nonce })
      try {
        const issued = await tokens.issue({ ...login, client: FACILITATOR, withRefreshToken: true })
        return issued.authentication
      } catch (error) {
        await realm.failed(login.response)
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(realms.map((realm) => realm.close()))
      await outbound.close()
      await provider[Symbol.asyncDispose]()
      await store.close()
      await rm(directory, { recursive: true })
    },
  }
}

function buildSettings(provider: ScriptedProvider, change: RealmChange): OidcRealmSettings {
  return {
    name: change.name ?? 'oidc1',
    order: 1,
    authorizationRealms: [],
    rp: {
      clientId: 'rp',
      clientSecret: 's'.repeat(64),
      redirectUri: 'https://rp.example.com/cb',
      responseType: 'code',
      requestedScopes: ['openid'],
      signatureAlgorithm: 'RS256',
      postLogoutRedirectUri: 'https://rp.example.com/out',
      clientAuthMethod: 'client_secret_basic',
      clientAuthJwtSignatureAlgorithm: 'HS384',
      clientAuthJwtSigningKey: undefined,
      pkce: true,
      ...change.rp,
    },
    op: {
      issuer: provider.issuer,
      authorizationEndpoint: provider.urls.authorization,
      tokenEndpoint: provider.urls.token,
      userinfoEndpoint: undefined,
      endsessionEndpoint: provider.urls.endsession,
      jwksetPath: provider.urls.jwks,
      ...change.op,
    },
    claims: { principal: 'sub', groups: 'groups', name: 'name', mail: 'email', ...change.claims },
    claimPatterns: change.claimPatterns ?? {},
    allowedClockSkew: 60,
    populateUserMetadata: change.populateUserMetadata ?? true,
    http: OUTBOUND_DEFAULTS,
  }
}
