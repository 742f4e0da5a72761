/**
 * The demo (`demo: true`): accounts, roles and secrets that everybody knows, put in at first start so that the whole loop
 * runs from a fresh clone, and the check that none of them serves beyond this machine.
 */
import type { NativeRealm } from './authc/native-realm.ts'
import type { PasswordRealm } from './authc/realms.ts'
import type { RoleMappings } from './authc/role-mappings.ts'
import type { Roles } from './authc/roles.ts'
import { readUserRequest } from './authc/user-request.ts'
import { readRoleDescriptor } from './authz/role-descriptor.ts'
import { readRoleMapping } from './authz/role-mapping.ts'
import type { JsonObject } from './kernel/json.ts'
import { isLoopbackHost } from './kernel/loopback.ts'
import type { Keystore } from './settings/keystore.ts'
import type { Settings } from './settings/settings.ts'
import type { Documents } from './store/store.ts'

/** Known to everybody: entries of the keystore. */
const SECRETS: Readonly<Record<string, string>> = {
  'bootstrap.password': 'elastic-demo',
  'xpack.security.authc.realms.oidc.oidc1.rp.client_secret': 'portal-demo-secret-of-more-than-32-bytes',
  'provider.clients.portal.client_secret': 'portal-demo-secret-of-more-than-32-bytes',
  'xpack.security.authc.realms.oidc.oidc2.rp.client_secret': 'custom-web-app-demo-secret-of-more-than-32-bytes',
  'provider.clients.custom-web-app.client_secret': 'custom-web-app-demo-secret-of-more-than-32-bytes',
}

/** Known to everybody: accounts of the API, and of the provider's accounts file. */
export const DEMO_ACCOUNTS = {
  api: { elastic: 'elastic-demo', facilitator: 'facilitator-demo' },
  provider: { alice: 'alice-demo', bob: 'bob-demo' },
} as const

/** As the body of the API's own call would have them. */
const ROLES: Readonly<Record<string, JsonObject>> = {
  'facilitator-role': { cluster: ['manage_oidc', 'manage_token'] },
  example_role: { cluster: ['monitor'] },
  finance_data: { indices: [{ names: ['finance-*'], privileges: ['read'] }] },
}

const USERS: Readonly<Record<string, JsonObject>> = {
  facilitator: { password: DEMO_ACCOUNTS.api.facilitator, roles: ['facilitator-role'] },
}

const ROLE_MAPPINGS: Readonly<Record<string, JsonObject>> = {
  'oidc-example': { roles: ['example_role'], enabled: true, rules: { field: { 'realm.name': 'oidc1' } } },
  'oidc-finance': {
    roles: ['finance_data'],
    enabled: true,
    rules: { all: [{ field: { 'realm.name': 'oidc1' } }, { field: { groups: 'finance-team' } }] },
  },
  'oidc-custom-web-app': { roles: ['example_role'], enabled: true, rules: { field: { 'realm.name': 'oidc2' } } },
}

/** Adds the demo's secrets to the keystore where it has no entry of that name. */
export async function putDemoSecrets(keystore: Keystore): Promise<void> {
  const missing = Object.entries(SECRETS).filter(([name]) => keystore.get(name) === undefined)
  if (missing.length === 0) return
  for (const [name, value] of missing) keystore.set(name, value)
  await keystore.save()
}

/** Puts the demo's roles, users and role mappings in, once in the life of a store: what an operator removes stays removed. */
export async function seedDemo(
  documents: Documents,
  parts: { users: NativeRealm; roles: Roles; roleMappings: RoleMappings },
): Promise<void> {
  if ((await documents.get('node', 'demo')) !== undefined) return
  for (const [name, body] of Object.entries(ROLES)) await parts.roles.put(name, readRoleDescriptor(name, body))
  for (const [name, body] of Object.entries(USERS)) await parts.users.putUser(name, readUserRequest(name, body))
  for (const [name, body] of Object.entries(ROLE_MAPPINGS))
    await parts.roleMappings.put(name, readRoleMapping(name, body))
  await documents.create('node', 'demo', { seeded: true })
}

/**
 * What of the demo would serve beyond this machine: nothing while every listener is on a loopback address.
 * @returns the names of the settings and accounts whose secret everybody knows
 */
export async function findExposedDemoSecrets(
  settings: Settings,
  parts: {
    keystore: Keystore
    api: readonly PasswordRealm[]
    provider: (name: string, password: string) => Promise<boolean>
  },
): Promise<string[]> {
  const { roles } = settings.node
  const listeners = [
    roles.has('security') && settings.http.host,
    roles.has('portal') && settings.portal.host,
    roles.has('provider') && settings.provider.host,
  ]
  if (listeners.every((host) => host === false || isLoopbackHost(host))) return []

  const exposed = Object.entries(SECRETS)
    .filter(([name, value]) => parts.keystore.get(name) === value)
    .map(([name]) => `the keystore's [${name}]`)
  for (const [name, password] of Object.entries(DEMO_ACCOUNTS.api)) {
    const accepted = await Promise.all(parts.api.map((realm) => realm.authenticate(name, password)))
    if (accepted.some((user) => user !== undefined)) exposed.push(`the password of the API's user [${name}]`)
  }
  for (const [name, password] of Object.entries(DEMO_ACCOUNTS.provider)) {
    if (await parts.provider(name, password)) exposed.push(`the password of the provider's account [${name}]`)
  }
  return exposed
}
