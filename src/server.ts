/**
 * Wires settings, store, realms and listeners into one running program, and takes it apart again. The only file that
 * knows every room.
 */
import { Server as TlsListener } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Authentication } from './authc/authentication.ts'
import { createApplicationPrivileges } from './authc/application-privileges.ts'
import { createAuthenticator } from './authc/authenticator.ts'
import { createAuthorizer } from './authc/authorizer.ts'
import { createLoginExplainer } from './authc/login-explanation.ts'
import { createNativeRealm } from './authc/native-realm.ts'
import { createLdapRealm } from './authc/ldap-realm.ts'
import { createOidcLogin } from './authc/oidc-login.ts'
import { createOidcRealm } from './authc/oidc-realm.ts'
import type { PasswordRealm } from './authc/realms.ts'
import { createReservedRealm } from './authc/reserved-realm.ts'
import { createRoleMappings } from './authc/role-mappings.ts'
import { createRoles } from './authc/roles.ts'
import { createTokenService } from './authc/token-service.ts'
import { PORTAL_ACCOUNT } from './authz/service-accounts.ts'
import { findExposedDemoSecrets, seedDemo } from './demo.ts'
import { systemClock } from './kernel/clock.ts'
import { isJsonObject } from './kernel/json.ts'
import { isLoopbackHost } from './kernel/loopback.ts'
import { randomText } from './kernel/random.ts'
import { createSealer, type Sealer } from './kernel/sealer.ts'
import { createLdapDirectory } from './net/ldap-directory.ts'
import { createOutbound, type Outbound } from './net/outbound.ts'
import { createTlsServer, type TlsServer } from './net/tls-server.ts'
import { type Audit, createAudit } from './observe/audit.ts'
import { describeError, type Log } from './observe/log.ts'
import { createPortal } from './portal/portal.ts'
import { createRemoteSecurityApi } from './portal/remote-security-api.ts'
import type { SecurityApi } from './portal/security-api.ts'
import { createProvider, type OpenIdProvider } from './provider/provider.ts'
import { createRestApp } from './rest/app.ts'
import type { Keystore } from './settings/keystore.ts'
import { rotationRequestOf } from './settings/rotation-request.ts'
import { SettingsError } from './settings/settings-error.ts'
import type { ListenerSettings, Settings, TlsServerSettings } from './settings/settings.ts'
import { createEmbeddedStore, joinEmbeddedStore } from './store/embedded.ts'
import type { WriterChannel } from './store/embedded/writer-channel.ts'
import { createPostgresStore } from './store/postgres.ts'
import type { Store } from './store/store.ts'

/** The version of Elasticsearch whose security API this is: what a client asks for before it speaks. */
const API_VERSION = '9.2.0'

export interface RunningServer {
  /** Where each part listens, as an origin; a part that is switched off is absent. */
  readonly addresses: { readonly security?: string; readonly portal?: string; readonly provider?: string }
  /** Takes no new requests, lets those in flight end, then closes the store. */
  close(): Promise<void>
}

export interface ServerParts {
  readonly settings: Settings
  readonly keystore: Keystore
  readonly log: Log
  /** In a worker: the line to the process that holds the data folder. */
  readonly channel?: WriterChannel
}

/**
 * Starts every part that `node.roles` names, the provider first: a realm fetches its keys from it at once.
 * @throws SettingsError if the settings do not fit what is stored; SecurityError if the data folder cannot be used
 */
export async function startServer(parts: ServerParts): Promise<RunningServer> {
  const { settings, log } = parts
  const { roles } = settings.node
  const addresses: { security?: string; portal?: string; provider?: string } = {}
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const step of closing.splice(0).toReversed()) await step()
  }
  try {
    const sealer = createSealer(settings.secrets)
    const store = await openStore(parts)
    closing.push(() => store.close())
    const clusterUuid = await readClusterUuid(store)
    const audit = openAudit(settings, clusterUuid, log)
    if (audit !== undefined) closing.push(() => audit.close())
    const house: House = {
      settings,
      log,
      audit,
      sealer,
      store,
      clusterUuid,
      directory: createDirectory(settings, store),
    }

    const provider = roles.has('provider') ? await buildProvider(house, closing) : undefined
    if (settings.demo) await seedDemo(store.documents, house.directory)
    await checkExposure(parts, house.directory, provider)

    if (provider !== undefined) addresses.provider = await listen(provider.app, settings.provider)
    let api = openRemoteApi(settings, closing)
    if (roles.has('security')) {
      const { app, asPortal, closeRealms } = await createSecurity(house)
      closing.push(closeRealms, () => app.close())
      addresses.security = await listen(app, settings.http)
      api ??= asPortal
    }
    if (roles.has('portal') && api !== undefined) {
      const tls = openTls(settings, settings.portal.tls, log)
      const portal = await buildPortal(house, api, tls)
      closing.push(
        async () => tls?.close(),
        () => portal.close(),
      )
      addresses.portal = await listen(portal, settings.portal)
    }
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}

function openStore({ settings, log, channel }: ServerParts): Promise<Store> {
  const { node, postgres, secrets } = settings
  if (postgres !== undefined) {
    const fingerprints = secrets.map((secret) => createSealer([secret]).fingerprint)
    return createPostgresStore({
      address: postgres,
      poolSize: postgres.poolSize,
      fingerprints,
      clock: systemClock,
      log,
    })
  }
  const embedded = { directory: node.data, clock: systemClock, log }
  return channel === undefined ? createEmbeddedStore(embedded) : joinEmbeddedStore({ ...embedded, channel })
}

interface House {
  readonly settings: Settings
  readonly log: Log
  /** Absent if the settings do not want one. */
  readonly audit: Audit | undefined
  readonly sealer: Sealer
  readonly store: Store
  readonly clusterUuid: string
  readonly directory: Directory
}

type Directory = ReturnType<typeof createDirectory>

/** The users, roles and role mappings that the store keeps. */
function createDirectory({ bootstrapPassword }: Settings, store: Store) {
  return {
    reserved: createReservedRealm({ store, bootstrapPassword }),
    users: createNativeRealm({ store }),
    roles: createRoles({ store }),
    roleMappings: createRoleMappings({ store }),
    applicationPrivileges: createApplicationPrivileges({ store }),
  }
}

/** @throws SettingsError if a secret of the demo would serve beyond this machine */
async function checkExposure(
  { settings, keystore }: ServerParts,
  { reserved, users }: Directory,
  provider: OpenIdProvider | undefined,
): Promise<void> {
  const exposed = await findExposedDemoSecrets(settings, {
    keystore,
    api: [reserved, users],
    provider: async (name, password) => (await provider?.checkPassword(name, password)) === true,
  })
  if (exposed.length === 0) return
  throw new SettingsError(
    settings.file,
    exposed.map((secret) => ({
      setting: '',
      where: 'demo',
      text: `${secret} is a secret of the demo, and everybody knows it: replace it, or listen on loopback addresses only`,
    })),
  )
}

/** The REST API with its realms, and the way in which the portal of the same process calls it. */
async function createSecurity({ settings, log, audit, sealer, store, clusterUuid, directory }: House) {
  const clock = systemClock
  const tokens = createTokenService({ store, sealer, clock, ...settings.tokens })
  const portalCaller = { secret: randomText(32), authentication: PORTAL }
  const outbounds: Outbound[] = []
  const { roleMappings } = directory
  const passwordRealms = [directory.reserved, directory.users, ...createLdapRealms(settings, roleMappings, log)]
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
  const tls = openTls(settings, settings.http.tls, log)
  const app = createRestApp({
    ...directory,
    tokens,
    authenticator: createAuthenticator({
      realms: passwordRealms,
      tokens,
      internal: portalCaller,
    }),
    authorizer: createAuthorizer(directory),
    oidcLogin: createOidcLogin({ realms, tokens, log }),
    loginExplainer: createLoginExplainer({ realms: settings.oidcRealms, roleMappings: directory.roleMappings, clock }),
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
  await app.ready()
  if (app.server instanceof TlsListener) tls?.follow(app.server)
  const asPortal = createInProcessApi(app, settings.portal.apiAuthorization ?? `Bearer ${portalCaller.secret}`)
  const closeRealms = async () => {
    tls?.close()
    await Promise.all(realms.map((realm) => realm.close()))
    await Promise.all(outbounds.map((outbound) => outbound.close()))
  }
  return { app, asPortal, closeRealms }
}

/** @throws SettingsError if a search filter cannot be used */
function createLdapRealms(
  { file, ldapRealms }: Settings,
  roleMappings: Directory['roleMappings'],
  log: Log,
): PasswordRealm[] {
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

/** @throws SettingsError if a file cannot be used */
function openTls({ file }: Settings, tls: TlsServerSettings | undefined, log: Log): TlsServer | undefined {
  if (tls === undefined) return undefined
  try {
    return createTlsServer({ settings: tls, log })
  } catch (error) {
    throw new SettingsError(file, [{ setting: '', where: tls.prefix.slice(0, -1), text: describeError(error) }])
  }
}

/** The same requests as over the network, without a socket. */
function createInProcessApi(app: FastifyInstance, portalAuthorization: string): SecurityApi {
  return {
    async call({ method, path, as, body, referenceId }) {
      const answer = await app.inject({
        method,
        url: path,
        headers: {
          ...(as === 'portal'
            ? { authorization: portalAuthorization }
            : { ...as.headers, authorization: as.authorization }),
          'x-opaque-id': referenceId,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      })
      const json: unknown = answer.payload === '' ? undefined : JSON.parse(answer.payload)
      return { status: answer.statusCode, body: isJsonObject(json) ? json : undefined }
    },
  }
}

/** The API that the portal is told of, if it is not that of its own process. */
function openRemoteApi({ node, portal }: Settings, closing: (() => Promise<void>)[]): SecurityApi | undefined {
  if (!node.roles.has('portal') || portal.api === undefined) return undefined
  const api = createRemoteSecurityApi({ settings: portal.api, authorization: portal.apiAuthorization ?? '' })
  closing.push(() => api.close())
  return api
}

async function buildProvider(
  { settings, log, audit, sealer, store }: House,
  closing: (() => Promise<void>)[],
): Promise<OpenIdProvider> {
  const tls = openTls(settings, settings.provider.tls, log)
  closing.push(async () => tls?.close())
  const provider = await createProvider({
    settings: settings.provider,
    store,
    sealer,
    clock: systemClock,
    log,
    audit,
    tls: tls?.options,
    rotationRequest: rotationRequestOf(settings.node.data),
  })
  closing.push(() => provider.close())
  if (provider.app.server instanceof TlsListener) tls?.follow(provider.app.server)
  return provider
}

async function buildPortal(
  { settings, log, audit, sealer, store }: House,
  api: SecurityApi,
  tls: TlsServer | undefined,
): Promise<FastifyInstance> {
  // Sessions that outlive a restart need a key that does; the keystore's secret gives one where none is set.
  const encryptionKey =
    settings.portal.encryptionKey ?? Buffer.from(sealer.key('portal encryption')).toString('base64url')
  const app = await createPortal({
    settings: { ...settings.portal, encryptionKey },
    api,
    sessions: store.sessions,
    documents: store.documents,
    tls: tls?.options,
    clock: systemClock,
    log,
    audit,
  })
  if (app.server instanceof TlsListener) tls?.follow(app.server)
  return app
}

function openAudit({ audit, node }: Settings, clusterUuid: string, log: Log): Audit | undefined {
  if (!audit.enabled) return undefined
  const { name, clusterName } = node
  return createAudit({ settings: audit, node: { name, clusterName, clusterUuid }, clock: systemClock, log })
}

/** Made once in the life of a store. */
async function readClusterUuid({ documents }: Store): Promise<string> {
  const { document } = await documents.create('node', 'cluster', { uuid: randomText(16) })
  return typeof document.body['uuid'] === 'string' ? document.body['uuid'] : ''
}

/** @returns the origin to reach it by: on this machine the name that the demo's URLs have */
async function listen(app: FastifyInstance, { host, port }: ListenerSettings): Promise<string> {
  await app.listen({ host, port })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a listener without an address')
  const named = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `${app.server instanceof TlsListener ? 'https' : 'http'}://${isLoopbackHost(named) ? 'localhost' : named}:${address.port}`
}
