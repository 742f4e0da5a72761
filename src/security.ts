/**
 * The security part: the REST API with every realm that the settings name, and the way in which the portal of the same
 * process calls it.
 */
import { addAnonymousRoles, type Anonymous, createAnonymous } from './authc/anonymous.ts'
import { createApplicationPrivileges } from './authc/application-privileges.ts'
import type { Authentication } from './authc/authentication.ts'
import { createAuthenticator, readCredentials, type Authenticator } from './authc/authenticator.ts'
import { createAuthorizer } from './authc/authorizer.ts'
import { createLdapRealm } from './authc/ldap-realm.ts'
import { createLoginExplainer } from './authc/login-explanation.ts'
import { createNativeRealm } from './authc/native-realm.ts'
import { createOidcLogin } from './authc/oidc-login.ts'
import { createOidcRealm } from './authc/oidc-realm.ts'
import type { PasswordRealm } from './authc/realms.ts'
import { createReservedRealm } from './authc/reserved-realm.ts'
import { createRoleMappings } from './authc/role-mappings.ts'
import { createRoles } from './authc/roles.ts'
import { createTokenService } from './authc/token-service.ts'
import { PORTAL_ACCOUNT } from './authz/service-accounts.ts'
import { systemClock } from './kernel/clock.ts'
import { isJsonObject, type JsonObject } from './kernel/json.ts'
import { randomText } from './kernel/random.ts'
import type { Sealer } from './kernel/sealer.ts'
import { followTls, openTls } from './listener.ts'
import { createOutbound, type Outbound } from './net/outbound.ts'
import type { Audit } from './observe/audit.ts'
import { describeError, type Log } from './observe/log.ts'
import type { ApiCall, SecurityApi } from './portal/security-api.ts'
import { createRestApp } from './rest/app.ts'
import { describeAuthentication } from './rest/authenticate.ts'
import type { HttpApi } from './rest/http-api.ts'
import { SettingsError } from './settings/settings-error.ts'
import type { Settings } from './settings/settings.ts'
import type { Store } from './store/store.ts'

/** The version of Elasticsearch whose security API this is: what a client asks for before it speaks. */
const API_VERSION = '9.2.0'

/** What every part is built from. */
export interface House {
  readonly settings: Settings
  readonly log: Log
  /** Absent if the settings do not want one. */
  readonly audit: Audit | undefined
  readonly sealer: Sealer
  readonly store: Store
  readonly clusterUuid: string
  readonly directory: Directory
}

export type Directory = ReturnType<typeof createDirectory>

/** The users, roles and role mappings that the store keeps, and who asks without credentials. */
export function createDirectory(settings: Settings, store: Store) {
  const { bootstrapPassword } = settings
  const anonymous = openAnonymous(settings)
  const anonymousUser = anonymous?.authentication.user
  return {
    anonymous,
    reserved: createReservedRealm({ store, bootstrapPassword, anonymous: anonymousUser }),
    users: createNativeRealm({ store, anonymous: anonymousUser }),
    roles: createRoles({ store }),
    roleMappings: createRoleMappings({ store }),
    applicationPrivileges: createApplicationPrivileges({ store }),
  }
}

/** @throws SettingsError if its name is somebody else's */
function openAnonymous({ file, anonymous }: Settings): Anonymous | undefined {
  try {
    return anonymous && createAnonymous(anonymous)
  } catch (error) {
    const where = 'xpack.security.authc.anonymous.username'
    throw new SettingsError(file, [{ setting: '', where, text: describeError(error) }])
  }
}

/** The REST API with its realms, and the way in which the portal of the same process calls it. */
export async function createSecurity({ settings, log, audit, sealer, store, clusterUuid, directory }: House) {
  const clock = systemClock
  const tokens = createTokenService({ store, sealer, clock, ...settings.tokens })
  const portalCaller = { secret: randomText(32), authentication: PORTAL }
  const outbounds: Outbound[] = []
  const { roleMappings, anonymous } = directory
  const passwordRealms = [directory.reserved, directory.users, ...(await createLdapRealms(settings, roleMappings, log))]
  const realms = settings.oidcRealms.map((realm) => {
    const outbound = createOutbound(realm.http)
    outbounds.push(outbound)
    return createOidcRealm({
      settings: realm,
      configDirectory: settings.directory,
      sealer,
      store,
      roleMappings,
      authorizationRealms: realm.authorizationRealms.map((name) => findLookup(name, passwordRealms)),
      outbound,
      clock,
      log,
    })
  })
  // So that they are known should the store go away.
  await directory.reserved.list()
  const tls = openTls(settings, settings.http.tls, log)
  const internal = portalCaller
  const authenticator = createAuthenticator({ realms: passwordRealms, tokens, store, internal, anonymous })
  const app = createRestApp({
    ...directory,
    tokens,
    authenticator,
    authorizer: createAuthorizer(directory),
    oidcLogin: createOidcLogin({ realms, tokens, log }),
    loginExplainer: createLoginExplainer({ realms: settings.oidcRealms, roleMappings: directory.roleMappings, clock }),
    detailedErrors: settings.http.detailedErrors,
    node: {
      name: settings.node.name,
      clusterName: settings.node.clusterName,
      clusterUuid,
      version: API_VERSION,
    },
    checkStore: () => store.check(),
    tls: tls?.options,
    audit,
    log,
  })
  followTls(app, tls)
  const asPortal = createInProcessApi({
    api: app,
    authorization: settings.portal.apiAuthorization ?? `Bearer ${portalCaller.secret}`,
    // What is audited is audited where all requests are.
    bearers: audit === undefined ? authenticator : undefined,
    anonymous,
  })
  const closeRealms = async () => {
    tls?.close()
    await Promise.all(realms.map((realm) => realm.close()))
    await Promise.all(outbounds.map((outbound) => outbound.close()))
  }
  const prefetch = () => realms.forEach((realm) => realm.prefetch())
  return { app, asPortal, closeRealms, prefetch }
}

/** @throws SettingsError if a search filter cannot be used */
async function createLdapRealms(
  { file, ldapRealms }: Settings,
  roleMappings: Directory['roleMappings'],
  log: Log,
): Promise<PasswordRealm[]> {
  if (ldapRealms.length === 0) return []
  const { createLdapDirectory } = await import('./net/ldap-directory.ts')
  return ldapRealms.map((settings) => {
    try {
      const directory = createLdapDirectory(settings)
      return createLdapRealm({ settings, directory, roleMappings, clock: systemClock, log })
    } catch (error) {
      const where = `xpack.security.authc.realms.ldap.${settings.name}`
      throw new SettingsError(file, [{ setting: '', where, text: describeError(error) }])
    }
  })
}

/** An OpenID Connect realm may be named as one that knows users, but knows none. */
function findLookup(name: string, realms: readonly PasswordRealm[]): Pick<PasswordRealm, 'ref' | 'lookup'> {
  const nobody = { ref: { name, type: 'oidc' }, lookup: async () => undefined }
  return realms.find((realm) => realm.ref.name === name) ?? nobody
}

const PORTAL: Authentication = {
  user: { username: PORTAL_ACCOUNT, roles: [], fullName: null, email: null, metadata: {}, enabled: true },
  authenticationRealm: { name: '_service_account', type: '_service_account' },
  lookupRealm: { name: '_service_account', type: '_service_account' },
  type: 'internal',
}

/**
 * The same requests as over the network, without a socket.
 * @param parts.authorization of the portal itself
 * @param parts.bearers tells who bears a token: what is asked most often, with every page, spares the way by HTTP
 */
function createInProcessApi(parts: {
  api: HttpApi
  authorization: string
  bearers: Pick<Authenticator, 'authenticate' | 'holds'> | undefined
  anonymous: Directory['anonymous']
}): SecurityApi {
  const { api, bearers, anonymous } = parts
  const described = new WeakMap<JsonObject, Authentication>()

  async function findBearer({ method, path, as }: ApiCall): Promise<Authentication | undefined> {
    if (method !== 'GET' || path !== '/_security/_authenticate' || as === 'portal' || as.headers !== undefined) {
      return undefined
    }
    try {
      const credentials = readCredentials(as.authorization)
      return credentials.scheme === 'bearer' ? await bearers?.authenticate(credentials) : undefined
    } catch {
      // A refusal has its words by HTTP.
      return undefined
    }
  }

  return {
    async call(call) {
      const bearer = await findBearer(call)
      if (bearer !== undefined) {
        const body = describeAuthentication(addAnonymousRoles(bearer, anonymous))
        // Of one that is not known by heart nothing ever holds.
        if (Object.isFrozen(bearer)) described.set(body, bearer)
        return { status: 200, body }
      }
      const { method, path, as, body, referenceId } = call
      const sent = body === undefined ? '' : JSON.stringify(body)
      const {
        status,
        headers: told,
        text,
      } = await api.answer({
        method,
        url: path,
        headers: {
          ...(as === 'portal'
            ? { authorization: parts.authorization }
            : { ...as.headers, authorization: as.authorization }),
          'x-opaque-id': referenceId,
          ...(sent !== '' && {
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(sent)),
          }),
        },
        readBody: async () => sent,
      })
      const json: unknown = text === '' ? undefined : JSON.parse(text)
      return {
        status,
        body: isJsonObject(json) ? json : undefined,
        ...(told['retry-after'] !== undefined && { passing: true }),
      }
    },
    holds(body) {
      const bearer = described.get(body)
      return bearer !== undefined && bearers?.holds(bearer) === true
    },
  }
}
