import { isLoopbackHost } from '../kernel/loopback.ts'
import { readPortalProviders } from './portal-providers.ts'
import { readApiAuthorization, readRemoteApi } from './portal-api-settings.ts'
import { PORTAL_API } from './portal-api-table.ts'
import { CUSTOM_HEADER_PREFIX, PORTAL_HTTP, PORTAL_IGNORED } from './portal-http-table.ts'
import { PORTAL, PORTAL_TLS } from './portal-table.ts'
import { buildKey } from './setting.ts'
import type { PortalSettings } from './settings.ts'
import { readTls } from './tls-settings.ts'
import type { Values } from './values.ts'

/** Reads the portal: the rules between its settings, and what works but deserves a warning. */
export function readPortal(values: Values, directory: string): PortalSettings {
  const { providers, isList } = readPortalProviders(values)
  const publicBaseUrl = values.get(PORTAL.publicBaseUrl)
  const tls = readTls(values, PORTAL_TLS, directory)
  const isSecure = tls !== undefined || publicBaseUrl?.startsWith('https:') === true
  const portal: PortalSettings = {
    host: values.get(PORTAL.host),
    port: values.get(PORTAL.port),
    name: values.get(PORTAL.name),
    basePath: values.get(PORTAL.basePath) ?? '',
    rewriteBasePath: values.get(PORTAL.rewriteBasePath),
    tls,
    publicBaseUrl,
    providers,
    selector:
      values.get(PORTAL.selector) ?? (!isList && providers.filter((provider) => provider.showInSelector).length > 1),
    encryptionKey: values.get(PORTAL.encryptionKey),
    cookieName: values.get(PORTAL.cookieName),
    // With TLS of our own there is no reason against it.
    secureCookies: tls !== undefined || (values.get(PORTAL.secureCookies) ?? isSecure),
    sameSiteCookies: values.get(PORTAL.sameSiteCookies),
    cleanupInterval: values.get(PORTAL.cleanupInterval),
    loginAssistanceMessage: values.get(PORTAL.loginAssistanceMessage),
    loginHelp: values.get(PORTAL.loginHelp),
    accessAgreement: values.get(PORTAL.accessAgreement),
    maxSessions: values.get(PORTAL.maxSessions),
    headerSchemes: readHeaderSchemes(values, providers),
    passedHeaders: values.get(PORTAL_API.requestHeadersWhitelist).map((name) => name.toLowerCase()),
    xsrf: {
      disableProtection: values.get(PORTAL_HTTP.disableProtection),
      allowlist: values.get(PORTAL_HTTP.allowlist),
    },
    customHeaders: readCustomHeaders(values),
    embedding: !values.get(PORTAL_HTTP.disableEmbedding),
    strictTransportSecurity: values.get(PORTAL_HTTP.strictTransportSecurity),
    api: readRemoteApi(values, directory),
    apiAuthorization: readApiAuthorization(values),
  }
  checkBasePath(values, portal)
  checkCookie(values, portal)
  if (portal.maxSessions !== undefined && portal.headerSchemes.length > 0)
    values.warn(
      '[xpack.security.session.concurrentSessions.maxSessions] does not limit calls with an [Authorization] header',
    )
  warnOfOldNames(values)
  return portal
}

function readHeaderSchemes(values: Values, providers: PortalSettings['providers']): string[] {
  if (!values.get(PORTAL_HTTP.httpEnabled)) return []
  const schemes = new Set(values.get(PORTAL_HTTP.schemes).map((scheme) => scheme.toLowerCase()))
  if (values.get(PORTAL_HTTP.autoSchemes))
    for (const { type } of providers) schemes.add(type === 'basic' ? 'basic' : 'bearer')
  return [...schemes]
}

function readCustomHeaders(values: Values): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name = ''] of values.names(CUSTOM_HEADER_PREFIX)) {
    const value = values.get(PORTAL_HTTP.customHeader, name)
    if (value !== undefined) headers[name.toLowerCase()] = value
  }
  return headers
}

function warnOfOldNames(values: Values): void {
  if (values.isSet(PORTAL.sessionTimeout))
    values.warn('[xpack.security.sessionTimeout] is an old name: better [xpack.security.session.idleTimeout]')
  for (const row of Object.values(PORTAL_IGNORED)) {
    const [names] = row.key.includes('<') ? values.names(row.key.slice(0, row.key.indexOf('<'))) : [[]]
    if (names !== undefined && values.isSet(row, ...names)) values.warn(`[${buildKey(row, names)}] has no effect here`)
  }
}

function checkBasePath(values: Values, { basePath, rewriteBasePath, publicBaseUrl }: PortalSettings): void {
  if (rewriteBasePath && basePath === '')
    values.refuse(PORTAL.rewriteBasePath, [], 'cannot use [rewriteBasePath] when [basePath] is not specified')
  if (publicBaseUrl === undefined) return
  const path = new URL(publicBaseUrl).pathname.replace(/\/$/, '')
  if (path !== basePath)
    values.refuse(PORTAL.publicBaseUrl, [], `[publicBaseUrl] must contain the [basePath]: ${path} !== ${basePath}`)
}

function checkCookie(values: Values, portal: PortalSettings): void {
  const { secureCookies, sameSiteCookies, cookieName, basePath, host } = portal
  if (sameSiteCookies === 'None' && !secureCookies)
    values.refuse(PORTAL.sameSiteCookies, [], '"SameSite: None" requires Secure connection')
  // RFC 6265bis §4.1.3: the prefixes are promises that the browser checks.
  if (/^__(?:Host|Secure)-/i.test(cookieName) && !secureCookies)
    values.refuse(PORTAL.cookieName, [], `the name [${cookieName}] requires [xpack.security.secureCookies: true]`)
  if (/^__Host-/i.test(cookieName) && basePath !== '')
    values.refuse(PORTAL.cookieName, [], `the name [${cookieName}] requires the path [/], but [server.basePath] is set`)

  if (sameSiteCookies === 'Strict')
    values.warn(
      '[xpack.security.sameSiteCookies] is [Strict]: the return from an OpenID Provider arrives without the cookie',
    )
  if (!secureCookies && !isLoopbackHost(host))
    values.warn('[xpack.security.secureCookies] is [false] on an address that other machines can reach')
}
