/**
 * The OpenID Provider: signs people in, issues tokens, and ends sessions for good. Built on the library `oidc-provider`,
 * with our own storage, accounts, pages and end-session endpoint. It refuses to build a URL from anything but its issuer,
 * to end a session without the person's word, and to lead anywhere that was not registered.
 *
 * Rules: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0, Back-Channel Logout 1.0; RFC 6749, RFC 7636,
 * RFC 9207, RFC 9700.
 */
import type { TlsOptions } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../kernel/clock.ts'
import { createHostList } from '../kernel/host-list.ts'
import type { Sealer } from '../kernel/sealer.ts'
import type { Audit } from '../observe/audit.ts'
import type { Log } from '../observe/log.ts'
import { listPageRoutes } from '../pages/page-file.ts'
import { onceScript } from '../pages/once-script.ts'
import { stylesheet } from '../pages/style.ts'
import { SettingsError } from '../settings/settings-error.ts'
import type { ProviderSettings } from '../settings/settings.ts'
import type { Store } from '../store/store.ts'
import { addAccountRoutes, type AccountForm } from './account-routes.ts'
import { createAccounts } from './accounts.ts'
import { createAdapterFactory } from './adapter.ts'
import { addAuthorizationRoutes } from './authorization-routes.ts'
import { createBrowserSessions } from './browser-session.ts'
import { createClientCalls } from './client-calls.ts'
import { checkClients, type Client, findClient } from './clients.ts'
import { buildCookieNames } from './cookies.ts'
import type { Dialog } from './end-session-decision.ts'
import { addConfirmRoute } from './end-session-confirm.ts'
import { addEndSessionRoutes } from './end-session-routes.ts'
import { createHintReader } from './hints.ts'
import { addInteractionRoutes, type InteractionForm } from './interaction-routes.ts'
import { watchKeys } from './key-watch.ts'
import { createJwtAccessTokens, type ReadJwtAccessToken } from './jwt-access-tokens.ts'
import { createLibrary, type ProviderFetch } from './library.ts'
import { createListener } from './listener.ts'
import { createLoginThrottle } from './login-throttle.ts'
import { createParkedForms } from './parked-forms.ts'
import { createNativeAccounts } from './native-accounts.ts'
import { createNotices } from './notices.ts'
import { framesScript, submitScript } from './page-scripts.ts'
import { loadProviderKeys, type ProviderKeys } from './provider-keys.ts'
import { ACCOUNT_PATH } from './paths.ts'
import { createProviderAudit } from './provider-audit.ts'
import { createProviderPages } from './provider-pages.ts'
import { createSessionEnd } from './session-end.ts'
import { createTickets } from './tickets.ts'

export interface ProviderParts {
  readonly settings: ProviderSettings
  readonly store: Store
  readonly sealer: Sealer
  readonly clock: Clock
  readonly log: Log
  readonly audit?: Audit | undefined
  /** Absent: plain HTTP. */
  readonly tls?: TlsOptions | undefined
  /** A file whose being there asks for new keys. */
  readonly rotationRequest?: string
  /** Calls to relying parties. */
  readonly fetch?: ProviderFetch
}

export interface OpenIdProvider {
  /** Ready to listen. */
  readonly app: FastifyInstance
  /** Whether somebody could sign in with these. */
  checkPassword(name: string, password: string): Promise<boolean>
  close(): Promise<void>
}

/** What the library tells of registrations. */
const REGISTRATION_EVENTS = {
  'registration_create.success': 'client_registered',
  'registration_update.success': 'client_changed',
  'registration_delete.success': 'client_removed',
} as const

/** @throws SettingsError if the issuer, a client or the accounts file is faulty */
export async function createProvider(parts: ProviderParts): Promise<OpenIdProvider> {
  const { settings, store, sealer, clock, log } = parts
  const { artefacts, documents } = store
  const audit = createProviderAudit(parts.audit)
  checkIssuer(settings.issuer)
  if (settings.issuer.startsWith('http:')) log.warn('the provider speaks plain http, which is for this machine only')

  const keyParts = { documents, sealer, clock, policy: settings.keys }
  const firstKeys = await loadProviderKeys(keyParts)
  const accounts =
    settings.accountsSource === 'native'
      ? createNativeAccounts({ store, clock })
      : await createAccounts({ path: settings.accountsPath, log })
  const endSessionPath = settings.routes.endSession
  const pages = createProviderPages({ endSessionPath: settings.endSession.enabled ? endSessionPath : undefined })
  const adapter = createAdapterFactory({
    artefacts,
    sealer,
    clock,
    log,
    hintRetention: settings.endSession.hintRetention,
    findAccount: (subject) => accounts.findBySubject(subject),
  })
  const calls = createClientCalls(settings)
  const fetch = parts.fetch ?? calls.fetch
  // The library takes its keys when it is made: with other keys comes another one. Requests in flight end on the old.
  const build = (keys: ProviderKeys) => {
    const made = createLibrary({ settings, adapter, keys, accounts, pages, fetch, log })
    const emitter: NodeJS.EventEmitter = made
    for (const [event, how] of Object.entries(REGISTRATION_EVENTS))
      emitter.on(event, (_ctx: unknown, client: Client) => audit.registration({ client: client.clientId, how }))
    const readJwtAccessToken = createJwtAccessTokens(settings.issuer, keys.signing)
    return { library: made, handle: made.callback(), readJwtAccessToken }
  }
  let current = build(firstKeys)
  const library = () => current.library
  const readJwtAccessToken: ReadJwtAccessToken = (token) => current.readJwtAccessToken(token)
  await checkClients(settings.clients, current.library)

  const notices = createNotices({ library, artefacts, sealer, clock, log, audit })
  const sessionEnd = createSessionEnd({
    library,
    issuer: settings.issuer,
    notices,
    artefacts,
    sealer,
    audit,
  })
  accounts.onRemoval(async (subjects) => {
    for (const subject of subjects) await sessionEnd.endAccount(subject)
  })
  const parkedForms = createParkedForms({ artefacts, sealer, clock, log })
  const flags = new Map(settings.clients.map((client) => [client.clientId, client]))
  const endSessionParts = {
    path: endSessionPath,
    strictErrors: settings.endSession.strictErrors,
    headlessLogout: settings.endSession.headlessLogout,
    authorizationUrl: new URL(settings.routes.authorization, settings.issuer).href,
    hints: createHintReader({
      library,
      readJwtAccessToken,
      mayRedirect: (clientId) =>
        flags.get(clientId)?.accessTokenHintMayRedirect ?? settings.endSession.accessTokenHintMayRedirect,
    }),
    sessions: createBrowserSessions({ library, readJwtAccessToken, artefacts, sealer, clock }),
    sessionEnd,
    tickets: createTickets<Dialog>({ form: 'end-session', artefacts, sealer, clock }),
    parkedForms,
    accounts,
    pages,
    audit,
    findClient: async (clientId: string) => {
      const client = await findClient(library(), clientId)
      return (
        client && { name: client.clientName ?? clientId, postLogoutRedirectUris: client.postLogoutRedirectUris ?? [] }
      )
    },
  }

  const app = createListener({
    issuer: settings.issuer,
    pages,
    cookies: buildCookieNames(settings.issuer.startsWith('https:')),
    endSessionPath,
    jwksPath: settings.routes.jwks,
    trustedProxies: createHostList(settings.trustedProxies),
    tls: parts.tls,
    library: (request, response) => current.handle(request, response),
    log,
    routes: (own, handToLibrary) => {
      for (const file of [stylesheet, onceScript, submitScript, framesScript])
        for (const { path, cacheControl } of listPageRoutes(file))
          own.get(path, async (_request, reply) =>
            reply.type(file.type).header('cache-control', cacheControl).send(file.content),
          )
      addAuthorizationRoutes(own, { path: settings.routes.authorization, parkedForms, handToLibrary })
      addInteractionRoutes(own, {
        library,
        accounts,
        tickets: createTickets<InteractionForm>({ form: 'interaction', artefacts, sealer, clock }),
        throttle: createLoginThrottle(clock),
        pages,
        log,
        audit,
      })
      addAccountRoutes(own, {
        ...endSessionParts,
        tickets: createTickets<AccountForm>({ form: 'account', artefacts, sealer, clock }),
        clientName: async (clientId) => (await endSessionParts.findClient(clientId))?.name ?? clientId,
        signedOutPath: settings.endSession.enabled ? `${endSessionPath}/success` : ACCOUNT_PATH,
      })
      // Switched off, only the change of account in the middle of a login still needs the form.
      if (settings.endSession.enabled) addEndSessionRoutes(own, endSessionParts)
      else addConfirmRoute(own, endSessionParts)
    },
  })

  const keyWatch = watchKeys({
    keys: keyParts,
    version: firstKeys.version,
    request: parts.rotationRequest,
    onChange: (keys) => void (current = build(keys)),
    log,
  })
  return {
    app,
    checkPassword: async (name, password) => (await accounts.verify(name, password)) !== undefined,
    async close() {
      accounts.close()
      await keyWatch.close()
      await app.close()
      await notices.close()
      await calls.close()
    },
  }
}

function checkIssuer(issuer: string): void {
  const text = `[${issuer}] must have no path: all routes of the provider begin at the root of its host`
  if (new URL(issuer).pathname === '/') return
  throw new SettingsError('the provider', [{ setting: 'provider.issuer', where: 'settings', text }])
}
