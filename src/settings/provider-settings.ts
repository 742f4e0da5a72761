import { resolve } from 'node:path'
import { readProviderClients } from './provider-clients.ts'
import { PROVIDER, PROVIDER_SCOPES, PROVIDER_TLS, RESOURCE, RESOURCE_PREFIX, ROUTES, TTL } from './provider-table.ts'
import { buildKey, type Setting } from './setting.ts'
import type { ProviderResourceSettings, ProviderRoute, ProviderSettings } from './settings.ts'
import { readTls } from './tls-settings.ts'
import type { Values } from './values.ts'

export function readProvider(values: Values, directory: string): ProviderSettings {
  const routes = readEach(values, ROUTES)
  checkRoutes(values, routes)
  const accessTokenHintMayRedirect = values.get(PROVIDER.accessTokenHintMayRedirect)
  const allowedHosts = values.get(PROVIDER.allowedHosts)
  const responseTypes = values.get(PROVIDER.responseTypes)
  return {
    issuer: values.get(PROVIDER.issuer),
    host: values.get(PROVIDER.host),
    port: values.get(PROVIDER.port),
    routes,
    accountsSource: values.get(PROVIDER.accountsSource),
    accountsPath: resolve(directory, values.get(PROVIDER.accountsPath)),
    clients: readProviderClients(values, { accessTokenHintMayRedirect, allowedHosts, responseTypes }),
    responseTypes,
    allowedHosts,
    resources: readResources(values),
    registration: readRegistration(values),
    tls: readTls(values, PROVIDER_TLS, directory),
    trustedProxies: values.get(PROVIDER.trustedProxies),
    keys: {
      rotateEvery: values.get(PROVIDER.keysRotateEvery),
      announce: values.get(PROVIDER.keysAnnounce),
      retain: values.get(PROVIDER.keysRetain),
    },
    ttl: readEach(values, TTL),
    endSession: {
      enabled: values.get(PROVIDER.endSessionEnabled),
      accessTokenHintMayRedirect,
      strictErrors: values.get(PROVIDER.strictErrors),
      headlessLogout: values.get(PROVIDER.headlessLogout),
      hintRetention: values.get(PROVIDER.hintRetention),
    },
  }
}

function readResources(values: Values): ProviderResourceSettings[] {
  return values.names(RESOURCE_PREFIX).map(([identifier = '']) => {
    const scope = values.get(RESOURCE.scope, identifier)
    // RFC 8707 §2: an absolute URI without a fragment.
    if (!URL.canParse(identifier) || identifier.includes('#'))
      values.refuse(RESOURCE.scope, [identifier], `[${identifier}] must be an absolute URI without a fragment`)
    const foreign = scope.split(' ').filter((name) => PROVIDER_SCOPES.includes(name))
    if (foreign.length > 0)
      values.refuse(RESOURCE.scope, [identifier], `[${foreign.join(', ')}] cannot be a scope of a resource server`)
    return { identifier, scope, accessTokenFormat: values.get(RESOURCE.accessTokenFormat, identifier) }
  })
}

function readRegistration(values: Values): ProviderSettings['registration'] {
  const { registrationEnabled, registrationToken, registrationOpen } = PROVIDER
  const enabled = values.get(registrationEnabled)
  const initialAccessToken = values.get(registrationToken)
  const open = values.get(registrationOpen)
  const names = `[${registrationToken.key}] in the keystore, or [${registrationOpen.key}: true]`
  if (enabled && !open && !values.isSet(registrationToken)) values.refuse(registrationEnabled, [], `It needs ${names}`)
  if (open && values.isSet(registrationToken)) values.refuse(registrationOpen, [], `Only one is allowed: ${names}`)
  if (enabled && open) values.warn(`[${registrationOpen.key}] lets anybody register clients`)
  return { enabled, initialAccessToken }
}

function readEach<Name extends string, T>(values: Values, rows: Readonly<Record<Name, Setting<T>>>): Record<Name, T> {
  const entries = Object.entries<Setting<T>>(rows).map(([name, row]) => [name, values.get(row)])
  return Object.fromEntries(entries) as Record<Name, T>
}

/** Paths that no setting changes: pages, their style and scripts, the metadata. All that is below them is taken too. */
const OWN_PATHS = [
  '/account',
  '/interaction',
  '/ui',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
]

/** The provider answers a path in any letter case. */
function checkRoutes(values: Values, routes: Readonly<Record<ProviderRoute, string>>): void {
  const names = Object.keys(ROUTES) as ProviderRoute[]
  for (const [route, same] of Map.groupBy(names, (name) => routes[name].toLowerCase())) {
    const [first, second] = same
    if (first === undefined || second === undefined) continue
    const [a, b] = [buildKey(ROUTES[first], []), buildKey(ROUTES[second], [])]
    values.refuse(ROUTES[second], [], `[${a}] and [${b}] have the same path [${route}]`)
  }
  // These have further paths below them.
  const parents = [routes.authorization, routes.endSession, routes.registration].map((route) => `${route}/`)
  const taken = [...OWN_PATHS.flatMap((path) => [path, `${path}/`]), ...parents].map((path) => path.toLowerCase())
  for (const name of names) {
    const route = routes[name].toLowerCase()
    const isTaken = taken.some((path) => (path.endsWith('/') ? route.startsWith(path) : route === path))
    if (isTaken) values.refuse(ROUTES[name], [], `the provider needs the path [${routes[name]}] for itself`)
  }
}
