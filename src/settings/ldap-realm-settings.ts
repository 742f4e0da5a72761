/** Reads the LDAP realms: the rules between the settings of a realm. */
import { isLoopbackHost } from '../kernel/loopback.ts'
import { readClientTls } from './client-tls-settings.ts'
import { LDAP, LDAP_PREFIX, LDAP_TLS } from './ldap-realm-table.ts'
import type { SettingsPlaces } from './oidc-realm-settings.ts'
import { buildKey } from './setting.ts'
import type { LdapRealmSettings } from './settings.ts'
import type { Values } from './values.ts'

/** @returns the enabled realms, in ascending order */
export function readLdapRealms(values: Values, places: SettingsPlaces): LdapRealmSettings[] {
  checkSecrets(values, places)
  return values
    .names(LDAP_PREFIX)
    .map(([realm = '']) => realm)
    .filter((realm) => values.get(LDAP.enabled, realm))
    .map((realm) => readRealm(values, realm, places.directory))
    .toSorted((a, b) => a.order - b.order)
}

/** A password of a realm that is not there is a realm whose name is misspelt. */
function checkSecrets(values: Values, { fileName, keystoreFile }: SettingsPlaces): void {
  const realms = new Set(values.names(LDAP_PREFIX).map(([realm = '']) => realm))
  for (const [realm = ''] of values.names(LDAP_PREFIX, 'keystore')) {
    if (realms.has(realm)) continue
    const found = `found settings for the realm [${realm}] (with type [ldap]) in the secure settings (${keystoreFile})`
    values.refuse(LDAP.order, [realm], `${found}, but this realm does not have any settings in ${fileName}.`)
  }
}

function readRealm(values: Values, name: string, directory: string): LdapRealmSettings {
  warnOfPlainText(values, name)
  // Only `false` can be read.
  values.get(LDAP.followReferrals, name)
  return {
    name,
    order: values.get(LDAP.order, name),
    urls: values.get(LDAP.url, name),
    bind: readBind(values, name),
    users: {
      base: values.get(LDAP.userBase, name),
      scope: values.get(LDAP.userScope, name),
      filter: readUserFilter(values, name),
    },
    groups: readGroups(values, name),
    attributes: {
      fullName: values.get(LDAP.userFullName, name),
      email: values.get(LDAP.userEmail, name),
      groups: values.get(LDAP.userGroups, name),
      metadata: values.get(LDAP.metadata, name),
    },
    unmappedGroupsAsRoles: values.get(LDAP.unmappedGroupsAsRoles, name),
    connectTimeout: values.get(LDAP.connectTimeout, name),
    readTimeout: values.get(LDAP.readTimeout, name) ?? values.get(LDAP.searchTimeout, name),
    searchTimeout: values.get(LDAP.searchTimeout, name),
    cacheTtl: values.get(LDAP.cacheTtl, name),
    trust: readClientTls(values, LDAP_TLS, { names: [name], directory }),
  }
}

function readBind(values: Values, realm: string): LdapRealmSettings['bind'] {
  const dn = values.get(LDAP.bindDn, realm)
  const password = values.get(LDAP.bindPassword, realm)
  if (dn === undefined) return undefined
  if (password !== undefined) return { dn, password }
  const [dnKey, passwordKey] = [LDAP.bindDn, LDAP.bindPassword].map((row) => buildKey(row, [realm]))
  values.refuse(LDAP.bindPassword, [realm], `[${dnKey}] is set, so [${passwordKey}] is required in the keystore`)
  return undefined
}

function readUserFilter(values: Values, realm: string): string {
  const attribute = values.get(LDAP.userAttribute, realm)
  if (attribute === undefined) return values.get(LDAP.userFilter, realm)
  if (values.isSet(LDAP.userFilter, realm)) {
    const [a, b] = [LDAP.userAttribute, LDAP.userFilter].map((row) => buildKey(row, [realm]))
    values.refuse(LDAP.userAttribute, [realm], `search attribute setting [${a}] cannot be combined with [${b}]`)
  }
  return `(${attribute}={0})`
}

function readGroups(values: Values, realm: string): LdapRealmSettings['groups'] {
  const base = values.get(LDAP.groupBase, realm)
  if (base === undefined) return undefined
  return {
    base,
    scope: values.get(LDAP.groupScope, realm),
    filter: values.get(LDAP.groupFilter, realm),
    userAttribute: values.get(LDAP.groupUserAttribute, realm),
  }
}

/** RFC 4513 §6.3.4: a simple bind shows the password to whoever is on the way. */
function warnOfPlainText(values: Values, realm: string): void {
  const open = values.get(LDAP.url, realm).find((url) => {
    const { protocol, hostname } = new URL(url)
    return protocol === 'ldap:' && !isLoopbackHost(hostname)
  })
  if (open !== undefined) values.warn(`the realm [${realm}] sends passwords to [${open}] unencrypted: use [ldaps://]`)
}
