/** The table of all settings: what the reader, the keystore's commands and the reference page go by. */
import { ANONYMOUS } from './anonymous-settings.ts'
import { AUDIT, AUDIT_IGNORE } from './audit-settings.ts'
import { LDAP } from './ldap-realm-table.ts'
import { HTTP, HTTP_TLS, NODE } from './node-settings.ts'
import { CLAIM_PATTERNS, CLAIMS, OP, REALM, RP } from './oidc-realm-table.ts'
import { OUTBOUND } from './outbound-settings.ts'
import { PORTAL_API } from './portal-api-table.ts'
import { PORTAL_HTTP, PORTAL_IGNORED } from './portal-http-table.ts'
import { PORTAL, PORTAL_TLS, PROVIDER_ENTRY } from './portal-table.ts'
import { CLIENT, CLIENT_METADATA } from './provider-client-table.ts'
import { PROVIDER, PROVIDER_TLS, RESOURCE, ROUTES, TTL } from './provider-table.ts'
import type { Setting } from './setting.ts'
import { STORE } from './store-settings.ts'
import { TOKENS } from './token-settings.ts'

export interface SettingsGroup {
  readonly title: string
  readonly settings: readonly Setting<unknown>[]
}

export const SETTINGS_GROUPS: readonly SettingsGroup[] = [
  { title: 'The node', settings: Object.values(NODE) },
  { title: 'The store', settings: Object.values(STORE) },
  {
    title: 'The security API',
    settings: [
      ...Object.values(HTTP),
      ...Object.values(HTTP_TLS),
      ...Object.values(TOKENS),
      ...Object.values(ANONYMOUS),
    ],
  },
  { title: 'The audit log', settings: [...Object.values(AUDIT), ...Object.values(AUDIT_IGNORE)] },
  { title: 'OpenID Connect realms: the realm', settings: Object.values(REALM) },
  { title: 'OpenID Connect realms: the relying party', settings: Object.values(RP) },
  { title: 'OpenID Connect realms: the provider', settings: Object.values(OP) },
  { title: 'OpenID Connect realms: claims', settings: [...Object.values(CLAIMS), ...Object.values(CLAIM_PATTERNS)] },
  { title: 'OpenID Connect realms: calls to the provider', settings: Object.values(OUTBOUND) },
  { title: 'LDAP realms', settings: Object.values(LDAP) },
  { title: 'The portal', settings: Object.values(PORTAL) },
  { title: 'The portal: TLS', settings: Object.values(PORTAL_TLS) },
  { title: 'The portal: HTTP', settings: Object.values(PORTAL_HTTP) },
  { title: 'The portal: the security API', settings: Object.values(PORTAL_API) },
  { title: 'The portal: ways to sign in', settings: Object.values(PROVIDER_ENTRY) },
  { title: 'The portal: accepted without effect', settings: Object.values(PORTAL_IGNORED) },
  { title: 'The provider', settings: [...Object.values(PROVIDER), ...Object.values(ROUTES), ...Object.values(TTL)] },
  { title: 'The provider: TLS', settings: Object.values(PROVIDER_TLS) },
  { title: 'The provider: resource servers', settings: Object.values(RESOURCE) },
  { title: 'The provider: clients', settings: [...Object.values(CLIENT_METADATA), ...Object.values(CLIENT)] },
]

export const SETTINGS_TABLE: readonly Setting<unknown>[] = SETTINGS_GROUPS.flatMap((group) => group.settings)
