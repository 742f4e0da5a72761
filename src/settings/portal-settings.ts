import { isLoopbackHost } from '../kernel/loopback.ts'
import { readPortalProviders } from './portal-providers.ts'
import { PORTAL } from './portal-table.ts'
import type { PortalSettings } from './settings.ts'
import type { Values } from './values.ts'

/** Reads the portal: the rules between its settings, and what works but deserves a warning. */
export function readPortal(values: Values): PortalSettings {
  const { providers, isList } = readPortalProviders(values)
  const publicBaseUrl = values.get(PORTAL.publicBaseUrl)
  const portal: PortalSettings = {
    host: values.get(PORTAL.host),
    port: values.get(PORTAL.port),
    name: values.get(PORTAL.name),
    basePath: values.get(PORTAL.basePath) ?? '',
    publicBaseUrl,
    providers,
    selector:
      values.get(PORTAL.selector) ?? (!isList && providers.filter((provider) => provider.showInSelector).length > 1),
    encryptionKey: values.get(PORTAL.encryptionKey),
    cookieName: values.get(PORTAL.cookieName),
    secureCookies: values.get(PORTAL.secureCookies) ?? publicBaseUrl?.startsWith('https:') === true,
    sameSiteCookies: values.get(PORTAL.sameSiteCookies),
    cleanupInterval: values.get(PORTAL.cleanupInterval),
    loginAssistanceMessage: values.get(PORTAL.loginAssistanceMessage),
    loginHelp: values.get(PORTAL.loginHelp),
  }
  checkBasePath(values, portal)
  checkCookie(values, portal)
  return portal
}

function checkBasePath(values: Values, { basePath, publicBaseUrl }: PortalSettings): void {
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
