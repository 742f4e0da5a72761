/** The ways to sign in, as the settings and the address asked for choose among them. Pure. */
import type { PortalProviderSettings, PortalSettings } from '../settings/settings.ts'
import { isHostOf } from './own-origin.ts'

type Choice = Pick<PortalSettings, 'providers' | 'selector'>

/** Whether user name and password are asked for on our own page. */
export function usesForm({ type }: PortalProviderSettings): boolean {
  return type !== 'oidc'
}

export function findProvider({ providers }: Choice, name: string | null): PortalProviderSettings | undefined {
  return providers.find((provider) => provider.name === name)
}

/** The one that a sign-in starts with: the hint's if it names one, else the first in order. */
export function startProvider(settings: Choice, hint: string | null): PortalProviderSettings | undefined {
  return findProvider(settings, hint) ?? settings.providers[0]
}

/** Whether a sign-in begins with the login page: there is a choice, or a form to fill in. */
export function beginsAtLoginPage(settings: Choice, hint: string | null = null): boolean {
  const provider = startProvider(settings, hint)
  return settings.selector || provider === undefined || usesForm(provider)
}

export function isShownInSelector(provider: PortalProviderSettings, { selector }: Choice): boolean {
  return provider.showInSelector && (usesForm(provider) || selector)
}

/** @param host of the page, as the request names it; the scheme is known to the browser only */
export function isOfferedOn({ origins }: PortalProviderSettings, host: string): boolean {
  return origins.length === 0 || origins.some((origin) => isHostOf(origin, host))
}
