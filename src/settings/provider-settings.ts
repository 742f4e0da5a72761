import { resolve } from 'node:path'
import { readProviderClients } from './provider-clients.ts'
import { PROVIDER, PROVIDER_TLS, ROUTES, TTL } from './provider-table.ts'
import { buildKey, type Setting } from './setting.ts'
import type { ProviderRoute, ProviderSettings } from './settings.ts'
import { readTls } from './tls-settings.ts'
import type { Values } from './values.ts'

export function readProvider(values: Values, directory: string): ProviderSettings {
  const routes = readEach(values, ROUTES)
  checkRoutes(values, routes)
  const accessTokenHintMayRedirect = values.get(PROVIDER.accessTokenHintMayRedirect)
  const allowedHosts = values.get(PROVIDER.allowedHosts)
  return {
    issuer: values.get(PROVIDER.issuer),
    host: values.get(PROVIDER.host),
    port: values.get(PROVIDER.port),
    routes,
    accountsSource: values.get(PROVIDER.accountsSource),
    accountsPath: resolve(directory, values.get(PROVIDER.accountsPath)),
    clients: readProviderClients(values, { accessTokenHintMayRedirect, allowedHosts }),
    allowedHosts,
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

function readEach<Name extends string, T>(values: Values, rows: Readonly<Record<Name, Setting<T>>>): Record<Name, T> {
  const entries = Object.entries<Setting<T>>(rows).map(([name, row]) => [name, values.get(row)])
  return Object.fromEntries(entries) as Record<Name, T>
}

function checkRoutes(values: Values, routes: Readonly<Record<ProviderRoute, string>>): void {
  const names = Object.keys(ROUTES) as ProviderRoute[]
  for (const [route, same] of Map.groupBy(names, (name) => routes[name])) {
    const [first, second] = same
    if (first === undefined || second === undefined) continue
    const [a, b] = [buildKey(ROUTES[first], []), buildKey(ROUTES[second], [])]
    values.refuse(ROUTES[second], [], `[${a}] and [${b}] have the same path [${route}]`)
  }
}
