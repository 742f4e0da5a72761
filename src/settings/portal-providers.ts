/** Reads the ways to sign in at the portal, in Kibana's words: the settings per provider, or the old list of types. */
import { PORTAL_HTTP } from './portal-http-table.ts'
import { PORTAL, PROVIDER_ENTRY, PROVIDER_ENTRY_PREFIX } from './portal-table.ts'
import type { PortalProviderSettings } from './settings.ts'
import type { Values } from './values.ts'

type ProviderType = PortalProviderSettings['type']

const FORM_DESCRIPTION = 'Log in with username and password'
const FORM_ICON = 'key'
const SINGLE_TYPES = ['basic', 'token'] as const

/** @returns the enabled providers in ascending order, and whether they come from the list */
export function readPortalProviders(values: Values): { providers: PortalProviderSettings[]; isList: boolean } {
  const entries = values.names(PROVIDER_ENTRY_PREFIX)
  const types = readTypes(values)
  if (types !== undefined && entries.length > 0) {
    const text = '[xpack.security.authc.providers] is a list and has settings below it: expected one of the two forms'
    values.refuse(PORTAL.providerTypes, [], text)
  }
  if (types !== undefined) return { providers: readList(values, types), isList: true }

  refuseListRealm(values)
  if (entries.length === 0)
    return {
      providers: [buildProvider(values, { type: 'basic', name: 'basic', order: 0, realm: undefined })],
      isList: false,
    }
  const providers = entries.flatMap(([type = '', name = '']) => readEntry(values, type, name))
  checkTogether(values, providers)
  if (providers.length === 0 && !values.get(PORTAL_HTTP.httpEnabled)) {
    const text = 'No authentication provider is configured. Verify "xpack.security.authc.*" config value.'
    values.refuse(PROVIDER_ENTRY.enabled, [...(entries[0] ?? [])], text)
  }
  return { providers: providers.toSorted((a, b) => a.order - b.order), isList: false }
}

/** The list of types, under its name or its old one. */
function readTypes(values: Values): readonly string[] | undefined {
  const renamed = values.get(PORTAL.authProviders)
  if (renamed === undefined) return values.get(PORTAL.providerTypes)
  values.warn('[xpack.security.authProviders] is an old name: better [xpack.security.authc.providers]')
  return values.get(PORTAL.providerTypes) ?? renamed
}

function readIdleTimeout(values: Values): number {
  const renamed = values.get(PORTAL.sessionTimeout)
  return renamed === undefined || values.isSet(PORTAL.idleTimeout) ? values.get(PORTAL.idleTimeout) : renamed
}

function readEntry(values: Values, type: string, name: string): PortalProviderSettings[] {
  const names = [type, name]
  const enabled = values.get(PROVIDER_ENTRY.enabled, ...names)
  if (!isProviderType(type)) {
    const text = `Unsupported authentication provider name: ${type}.`
    if (enabled) values.refuse(PROVIDER_ENTRY.order, names, text)
    else values.warn(text)
    return []
  }
  if (!enabled) return []

  const provider = buildProvider(values, {
    type,
    name,
    order: values.get(PROVIDER_ENTRY.order, ...names),
    realm: values.get(PROVIDER_ENTRY.realm, ...names),
  })
  const path = `authc.providers.1.${type}.${name}`
  const hasRealm = values.isSet(PROVIDER_ENTRY.realm, ...names)
  if (type === 'oidc' && !hasRealm)
    values.refuse(PROVIDER_ENTRY.realm, names, `[${path}.realm]: expected value of type [string] but got [undefined]`)
  if (type !== 'oidc' && hasRealm)
    values.refuse(PROVIDER_ENTRY.realm, names, `[${path}.realm]: a value wasn't expected to be present`)
  if (type !== 'oidc' && !provider.showInSelector)
    values.refuse(
      PROVIDER_ENTRY.showInSelector,
      names,
      `\`${type}\` provider only supports \`true\` in \`showInSelector\`.`,
    )
  if (name === '__http__') values.refuse(PROVIDER_ENTRY.order, names, 'Provider name "__http__" is reserved.')
  return [provider]
}

/** What the two forms tell in different ways, and the rest from the settings or their defaults. */
function buildProvider(
  values: Values,
  entry: Pick<PortalProviderSettings, 'type' | 'name' | 'order' | 'realm'>,
): PortalProviderSettings {
  const { type, name } = entry
  const names = [type, name]
  const isForm = type !== 'oidc'
  return {
    ...entry,
    description:
      values.get(PROVIDER_ENTRY.description, ...names) ?? (isForm ? FORM_DESCRIPTION : `Log in with oidc/${name}`),
    hint: values.get(PROVIDER_ENTRY.hint, ...names),
    icon: values.get(PROVIDER_ENTRY.icon, ...names) ?? (isForm ? FORM_ICON : undefined),
    showInSelector: values.get(PROVIDER_ENTRY.showInSelector, ...names),
    idleTimeout: values.get(PROVIDER_ENTRY.idleTimeout, ...names) ?? readIdleTimeout(values),
    lifespan: values.get(PROVIDER_ENTRY.lifespan, ...names) ?? values.get(PORTAL.lifespan),
    accessAgreement: values.get(PROVIDER_ENTRY.accessAgreement, ...names) ?? values.get(PORTAL.accessAgreement),
    origins: values.get(PROVIDER_ENTRY.origin, ...names) ?? [],
  }
}

/** Rules over all enabled providers. */
function checkTogether(values: Values, providers: readonly PortalProviderSettings[]): void {
  const withOrder = providers.filter(({ type, name }) => values.isSet(PROVIDER_ENTRY.order, type, name))
  for (const [order, same] of Map.groupBy(withOrder, (provider) => provider.order))
    refuseSame(values, same, `Found multiple providers configured with the same order "${order}"`)
  for (const [name, same] of Map.groupBy(providers, (provider) => provider.name))
    refuseSame(values, same, `Found multiple providers configured with the same name "${name}"`)
  for (const type of SINGLE_TYPES) {
    const [, second] = providers.filter((provider) => provider.type === type)
    if (second === undefined) continue
    values.refuse(PROVIDER_ENTRY.order, [type, second.name], `Only one "${type}" provider can be configured.`)
  }
  warnOfTwoForms(values, providers)
}

function refuseSame(values: Values, same: readonly PortalProviderSettings[], text: string): void {
  const [, second] = same
  if (second === undefined) return
  const keys = same.map(({ type, name }) => `xpack.security.authc.providers.${type}.${name}`)
  values.refuse(PROVIDER_ENTRY.order, [second.type, second.name], `${text}: [${keys.join(', ')}]`)
}

function readList(values: Values, listed: readonly string[]): PortalProviderSettings[] {
  values.warn('[xpack.security.authc.providers] as a list is the old form: better set each provider by its name')
  const types = [...new Set(listed)]
  for (const type of types)
    if (!isProviderType(type))
      values.refuse(PORTAL.providerTypes, [], `Unsupported authentication provider name: ${type}.`)
  if (types.length === 0) {
    const text = 'No authentication provider is configured. Verify "xpack.security.authc.*" config value.'
    values.refuse(PORTAL.providerTypes, [], text)
  }

  if (!types.includes('oidc')) refuseListRealm(values)
  else if (!values.isSet(PORTAL.listRealm))
    values.refuse(PORTAL.listRealm, [], '[authc.oidc.realm]: expected value of type [string] but got [undefined]')

  const providers = types.filter(isProviderType).map((type, place) =>
    buildProvider(values, {
      type,
      name: type,
      order: place,
      realm: type === 'oidc' ? values.get(PORTAL.listRealm) : undefined,
    }),
  )
  warnOfTwoForms(values, providers)
  return providers
}

function refuseListRealm(values: Values): void {
  if (values.isSet(PORTAL.listRealm))
    values.refuse(PORTAL.listRealm, [], "[authc.oidc]: a value wasn't expected to be present")
}

function warnOfTwoForms(values: Values, providers: readonly PortalProviderSettings[]): void {
  if (SINGLE_TYPES.every((type) => providers.some((provider) => provider.type === type)))
    values.warn('both a "basic" and a "token" provider are configured, which ask for the same: one of them is enough')
}

function isProviderType(type: string): type is ProviderType {
  return type === 'oidc' || type === 'basic' || type === 'token'
}
