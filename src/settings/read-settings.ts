/**
 * Reads all settings at start: the file, what the environment overrides, and the secrets of the keystore. The order of
 * reading is the order in which problems are told; all of them are told at once.
 */
import { basename, dirname, resolve } from 'node:path'
import { isLoopbackHost } from '../kernel/loopback.ts'
import { readAnonymous } from './anonymous-settings.ts'
import { readAudit } from './audit-settings.ts'
import type { Entry } from './entry.ts'
import { type Environment, readEnvironment } from './environment.ts'
import type { Keystore } from './keystore.ts'
import { readLdapRealms } from './ldap-realm-settings.ts'
import { HTTP, NODE, readHttp, readNode, readSecrets } from './node-settings.ts'
import { readOidcRealms } from './oidc-realm-settings.ts'
import { readPortal } from './portal-settings.ts'
import { PORTAL, PROVIDER_ENTRY } from './portal-table.ts'
import { readProvider } from './provider-settings.ts'
import { checkRealmChain } from './realm-chain.ts'
import { SettingsError } from './settings-error.ts'
import { readSettingsFile } from './settings-file.ts'
import type { Settings } from './settings.ts'
import { readPostgres } from './store-settings.ts'
import { SETTINGS_TABLE } from './table.ts'
import { readTokens, TOKENS } from './token-settings.ts'
import { createValues, type Values } from './values.ts'

/** Where the settings come from. */
export interface SettingsSources {
  /** Path of the settings file. */
  readonly file: string
  readonly env: Environment
  readonly keystore: Pick<Keystore, 'file' | 'names' | 'get'>
  /** What `readEntries` has read from the file and the environment before. */
  readonly entries?: readonly Entry[]
}

/** The paths of the portal that an OpenID Provider may send a browser back to. */
const CALLBACK_PATH = /\/api\/security\/oidc\/(?:callback|implicit)$/

/** @throws SettingsError with all problems */
export function readSettings({ file, env, keystore, entries: written }: SettingsSources): Settings {
  const path = resolve(file)
  const directory = dirname(path)
  const secrets = keystore
    .names()
    .map((key) => ({ key, found: keystore.get(key) ?? null, source: 'keystore' as const, where: 'keystore' }))
  const entries = [...(written ?? readEntries({ file, env })), ...secrets]
  const values = createValues(entries, SETTINGS_TABLE, basename(path))

  const places = { directory, fileName: basename(path), keystoreFile: keystore.file }
  const node = readNode(values, directory)
  const http = readHttp(values, directory)
  const settings: Settings = {
    directory,
    file: path,
    demo: values.get(NODE.demo),
    node,
    postgres: readPostgres(values, directory),
    http,
    tokens: readTokens(values, http.tls !== undefined),
    anonymous: readAnonymous(values),
    audit: readAudit(values, { directory, data: node.data }),
    oidcRealms: readOidcRealms(values, places),
    ldapRealms: readLdapRealms(values, places),
    portal: readPortal(values, directory),
    provider: readProvider(values, directory),
    secrets: readSecrets(values),
    bootstrapPassword: values.get(NODE.bootstrapPassword),
    warnings: values.warnings,
  }
  checkRealmChain(values, settings)
  checkTokenService(values, settings)
  checkApiAddress(values, settings)
  checkPortalsApi(values, settings)
  if (values.problems.length > 0) throw new SettingsError(path, values.problems)
  return settings
}

/**
 * What the file and the environment say, before anything is made of it.
 * @throws SettingsError if the file cannot be read
 */
export function readEntries({ file, env }: Pick<SettingsSources, 'file' | 'env'>): Entry[] {
  return [...readSettingsFile(resolve(file)), ...readEnvironment(env, SETTINGS_TABLE)]
}

/** Whether the demo is asked for; what is wrong with that is left for `readSettings` to tell. */
export function readDemo(entries: readonly Entry[]): boolean {
  const demo = entries.filter(({ key }) => key === NODE.demo.key)
  return createValues(demo, SETTINGS_TABLE, '').get(NODE.demo)
}

function checkTokenService(values: Values, { oidcRealms, tokens }: Settings): void {
  if (oidcRealms.length === 0 || tokens.enabled) return
  const text = `OpenID Connect Realm requires that the token service be enabled (${TOKENS.enabled.key})`
  values.refuse(TOKENS.enabled, [], text)
}

/** RFC 6750 §5.3: bearer tokens never travel unencrypted. */
function checkApiAddress(values: Values, { node, http, tokens, oidcRealms }: Settings): void {
  if (!node.roles.has('security') || http.tls !== undefined || isLoopbackHost(http.host)) return
  if (!tokens.enabled && oidcRealms.length === 0) return
  const reason = 'the API has no TLS, so tokens and passwords would travel unencrypted'
  const expected = 'set [xpack.security.http.ssl.enabled] to [true], or use a loopback address such as [127.0.0.1]'
  values.refuse(HTTP.host, [], `[http.host] is [${http.host}], but ${reason}: ${expected}`)
}

/** The portal asks the API of its own process, unless it is told of another one. */
function checkPortalsApi(values: Values, { node, portal, oidcRealms }: Settings): void {
  if (!node.roles.has('portal') || portal.api !== undefined) return
  if (!node.roles.has('security')) {
    const text = '[node.roles] has [portal] without [security], whose API the portal needs: beside it, or where'
    values.refuse(NODE.roles, [], `${text} [elasticsearch.hosts] says`)
  }

  for (const { type, name, realm: realmName } of portal.providers) {
    if (realmName === undefined) continue
    const realm = oidcRealms.find((candidate) => candidate.name === realmName)
    const isListed = values.isSet(PORTAL.listRealm)
    if (realm === undefined) {
      const text = `the realm [${realmName}] of the provider [${type}.${name}] is not configured, or not enabled`
      if (isListed) values.refuse(PORTAL.listRealm, [], text)
      else values.refuse(PROVIDER_ENTRY.realm, [type, name], text)
    } else if (!CALLBACK_PATH.test(realm.rp.redirectUri)) {
      const expected = '[/api/security/oidc/callback] or [/api/security/oidc/implicit]'
      values.warn(
        `the portal signs in with the realm [${realmName}], but its [rp.redirect_uri] does not end with ${expected}`,
      )
    }
  }
}
