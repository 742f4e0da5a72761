/** The rules between realms: each has a place and a name of its own, and who looks users up must find some. */
import { LDAP } from './ldap-realm-table.ts'
import { REALM } from './oidc-realm-table.ts'
import type { Setting } from './setting.ts'
import type { Settings } from './settings.ts'
import type { Values } from './values.ts'

/** Realms that are always there. */
const BUILT_IN = ['default_native', 'reserved']

interface Link {
  readonly type: 'oidc' | 'ldap'
  readonly name: string
  readonly order: number
  readonly row: Setting<unknown>
}

export function checkRealmChain(values: Values, settings: Pick<Settings, 'oidcRealms' | 'ldapRealms'>): void {
  const chain: Link[] = [
    ...settings.oidcRealms.map(({ name, order }) => ({ type: 'oidc' as const, name, order, row: REALM.order })),
    ...settings.ldapRealms.map(({ name, order }) => ({ type: 'ldap' as const, name, order, row: LDAP.order })),
  ]
  for (const [order, same] of Map.groupBy(chain, (link) => link.order)) {
    const second = same.find(({ type }, at) => at > 0 && type === 'ldap')
    // OpenID Connect realms among themselves are looked at where they are read; absent orders are told as such.
    if (second === undefined || same.some(({ row, name }) => !values.isSet(row, name))) continue
    const names = same.map(({ type, name }) => `${type}.${name}`).join(', ')
    values.refuse(
      second.row,
      [second.name],
      `Found multiple realms configured with the same order [${order}]: [${names}]`,
    )
  }
  for (const [name, same] of Map.groupBy(chain, (link) => link.name)) {
    const [, second] = same
    if (second === undefined) continue
    const names = same.map(({ type }) => `${type}.${name}`).join(', ')
    values.refuse(second.row, [name], `Found multiple realms configured with the same name: [${names}]`)
  }
  checkDelegation(values, settings)
}

/** Who vouches for a user by another realm needs one that knows users itself. */
function checkDelegation(
  values: Values,
  { oidcRealms, ldapRealms }: Pick<Settings, 'oidcRealms' | 'ldapRealms'>,
): void {
  const known = new Set([...BUILT_IN, ...[...oidcRealms, ...ldapRealms].map(({ name }) => name)])
  for (const { name, authorizationRealms } of oidcRealms)
    for (const wanted of authorizationRealms) {
      const delegating = oidcRealms.find((realm) => realm.name === wanted && realm.authorizationRealms.length > 0)
      if (!known.has(wanted)) {
        const text = `configured authorization realm [${wanted}] does not exist (or is not enabled)`
        values.refuse(REALM.authorizationRealms, [name], text)
      } else if (delegating !== undefined) {
        const others = delegating.authorizationRealms.join(', ')
        const text = `cannot use realm [oidc/${wanted}] as an authorization realm - it is already delegating authorization to [${others}]`
        values.refuse(REALM.authorizationRealms, [name], text)
      }
    }
}
