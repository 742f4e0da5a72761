/**
 * Wires settings, store and the three parts into one running program, and takes it apart again.
 */
import type { FastifyInstance } from 'fastify'
import { findExposedDemoSecrets, seedDemo } from './demo.ts'
import { systemClock } from './kernel/clock.ts'
import { randomText } from './kernel/random.ts'
import { createSealer } from './kernel/sealer.ts'
import { followTls, listen, type Listener, openTls } from './listener.ts'
import type { TlsServer } from './net/tls-server.ts'
import { createTrust } from './net/trust.ts'
import { type Audit, createAudit } from './observe/audit.ts'
import type { Log } from './observe/log.ts'
import { createPortal } from './portal/portal.ts'
import { createRemoteSecurityApi } from './portal/remote-security-api.ts'
import type { SecurityApi } from './portal/security-api.ts'
import { createProvider, type OpenIdProvider } from './provider/provider.ts'
import { createDirectory, createSecurity, type Directory, type House } from './security.ts'
import type { Keystore } from './settings/keystore.ts'
import { rotationRequestOf } from './settings/rotation-request.ts'
import { SettingsError } from './settings/settings-error.ts'
import type { ListenerSettings, Settings } from './settings/settings.ts'
import { createEmbeddedStore, joinEmbeddedStore } from './store/embedded.ts'
import type { WriterChannel } from './store/embedded/writer-channel.ts'
import type { Store } from './store/store.ts'

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
 * Starts every part that `node.roles` names, the provider first: the realms fetch their keys from it as soon as all answer.
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
  const open = async (app: Listener, listener: ListenerSettings, prefix: 'http' | 'server' | 'provider') => {
    const { address, release } = await listen(app, listener).catch((cause: unknown) => {
      throw new Error(`cannot listen where [${prefix}.host] and [${prefix}.port] say`, { cause })
    })
    closing.push(async () => release())
    return address
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

    if (provider !== undefined) addresses.provider = await open(provider.app, settings.provider, 'provider')
    let whenReady: (() => void) | undefined
    let api = openRemoteApi(settings, closing)
    if (roles.has('security')) {
      const { app, asPortal, closeRealms, prefetch } = await createSecurity(house)
      whenReady = prefetch
      closing.push(closeRealms, () => app.close())
      addresses.security = await open(app, settings.http, 'http')
      api ??= asPortal
    }
    if (roles.has('portal') && api !== undefined) {
      const tls = openTls(settings, settings.portal.tls, log)
      const portal = await buildPortal(house, api, tls)
      closing.push(
        async () => tls?.close(),
        () => portal.close(),
      )
      addresses.portal = await open(portal, settings.portal, 'server')
    }
    // Not before: whoever waits for the parts would wait for this as well.
    whenReady?.()
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openStore({ settings, log, channel }: ServerParts): Promise<Store> {
  const { node, postgres, secrets } = settings
  if (postgres !== undefined) {
    // What only some settings need is loaded for these.
    const { createPostgresStore } = await import('./store/postgres.ts')
    const fingerprints = secrets.map((secret) => createSealer([secret]).fingerprint)
    return createPostgresStore({
      address: { ...postgres, ssl: postgres.ssl && createTrust(postgres.ssl, postgres.ssl.tls) },
      poolSize: postgres.poolSize,
      fingerprints,
      clock: systemClock,
      log,
    })
  }
  const embedded = { directory: node.data, clock: systemClock, log }
  return channel === undefined ? createEmbeddedStore(embedded) : joinEmbeddedStore({ ...embedded, channel })
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
  followTls(provider.app, tls)
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
  followTls(app, tls)
  return app
}

function openAudit({ audit, node }: Settings, clusterUuid: string, log: Log): Audit | undefined {
  if (!audit.enabled) return undefined
  const { name, clusterName } = node
  return createAudit({ settings: audit, node: { name, clusterName, clusterUuid }, clock: systemClock, log })
}

/** Made once in the life of a store. */
async function readClusterUuid({ documents }: Store): Promise<string> {
  const known = await documents.get('node', 'cluster')
  const { body } = known ?? (await documents.create('node', 'cluster', { uuid: randomText(16) })).document
  return typeof body['uuid'] === 'string' ? body['uuid'] : ''
}
