/** Reads the relying parties that the settings file registers at the provider. One bad client stops the start. */
import { checkClientUri, type ClientUriContext, findFrontchannelFault } from './client-uri.ts'
import { CLIENT, CLIENT_METADATA, CLIENT_PREFIX } from './provider-client-table.ts'
import { buildKey, type Setting } from './setting.ts'
import type { ProviderClientSettings } from './settings.ts'
import type { Values } from './values.ts'

const GRANT_TYPES = ['authorization_code', 'implicit', 'refresh_token']

/** What the settings of the provider say for all clients. */
interface Shared {
  readonly accessTokenHintMayRedirect: boolean
  readonly allowedHosts: readonly string[]
  readonly responseTypes: readonly string[]
}

export function readProviderClients(values: Values, shared: Shared): ProviderClientSettings[] {
  const clientIds = values.names(CLIENT_PREFIX).map(([clientId = '']) => clientId)
  for (const [clientId = ''] of values.names(CLIENT_PREFIX, 'keystore')) {
    if (clientIds.includes(clientId)) continue
    const text = `found a secret for the client [${clientId}] in the keystore, but this client has no settings`
    values.refuse(CLIENT.secret, [clientId], text)
  }
  return clientIds.map((clientId) => readClient(values, clientId, shared))
}

function readClient(values: Values, clientId: string, shared: Shared): ProviderClientSettings {
  const method = values.get(CLIENT_METADATA.tokenEndpointAuthMethod, clientId) ?? 'client_secret_basic'
  const isPublic = method === 'none'
  const isNative = values.get(CLIENT_METADATA.applicationType, clientId) === 'native'
  checkUris(values, clientId, { mayUseHttp: !isPublic, isNative, allowedHosts: shared.allowedHosts })
  checkFrontchannelUri(values, clientId)
  checkAllowed(values, clientId, CLIENT_METADATA.grantTypes, GRANT_TYPES)
  checkAllowed(values, clientId, CLIENT_METADATA.responseTypes, shared.responseTypes)
  if (!isNative) checkImplicitUris(values, clientId)
  return {
    clientId,
    clientSecret: readSecret(values, clientId, method),
    metadata: readMetadata(values, clientId),
    consent: readConsent(values, clientId, { isPublic, isNative }),
    requirePkce: readRequirePkce(values, clientId, isPublic),
    accessTokenHintMayRedirect:
      values.get(CLIENT.accessTokenHintMayRedirect, clientId) ?? shared.accessTokenHintMayRedirect,
  }
}

function readSecret(values: Values, clientId: string, method: string): string | undefined {
  const secret = values.get(CLIENT.secret, clientId)
  const key = buildKey(CLIENT.secret, [clientId])
  const needsSecret = method !== 'none' && method !== 'private_key_jwt'
  if (needsSecret && secret === undefined)
    values.refuse(CLIENT.secret, [clientId], `Setting [${key}] is required in the keystore with the method [${method}]`)
  if (!needsSecret && secret !== undefined)
    values.refuse(CLIENT.secret, [clientId], `Setting [${key}] is not allowed with the method [${method}]`)
  if (method === 'private_key_jwt' && !values.isSet(CLIENT_METADATA.jwksUri, clientId)) {
    const jwksUri = buildKey(CLIENT_METADATA.jwksUri, [clientId])
    values.refuse(CLIENT_METADATA.jwksUri, [clientId], `Setting [${jwksUri}] is required with the method [${method}]`)
  }
  return secret
}

function readConsent(
  values: Values,
  clientId: string,
  { isPublic, isNative }: { isPublic: boolean; isNative: boolean },
): 'skip' | 'ask' {
  const consent = values.get(CLIENT.consent, clientId)
  // RFC 8252 §8.6: whoever answers on a native client's redirect URI cannot prove to be that client.
  if (isNative && consent === 'skip')
    values.refuse(CLIENT.consent, [clientId], 'Invalid value [skip]: people are always asked for a native client')
  return consent ?? (isPublic || isNative ? 'ask' : 'skip')
}

function readRequirePkce(values: Values, clientId: string, isPublic: boolean): boolean {
  const requirePkce = values.get(CLIENT.requirePkce, clientId) ?? isPublic
  // RFC 9700 §2.1.1.
  if (isPublic && !requirePkce)
    values.refuse(CLIENT.requirePkce, [clientId], 'Invalid value [false]: a public client always needs PKCE')
  return requirePkce
}

function readMetadata(values: Values, clientId: string): ProviderClientSettings['metadata'] {
  const rows: readonly Setting<string | number | boolean | readonly string[] | undefined>[] =
    Object.values(CLIENT_METADATA)
  const metadata: Record<string, string | number | boolean | readonly string[]> = {}
  for (const row of rows) {
    const value = values.get(row, clientId)
    if (value !== undefined) metadata[row.key.slice(CLIENT_PREFIX.length)] = value
  }
  return metadata
}

function checkAllowed(
  values: Values,
  clientId: string,
  row: Setting<readonly string[] | undefined>,
  allowed: readonly string[],
): void {
  for (const value of values.get(row, clientId) ?? []) {
    if (allowed.includes(value)) continue
    const text = `Invalid value [${value}] for [${buildKey(row, [clientId])}]. Allowed values are [${allowed.join(', ')}]`
    values.refuse(row, [clientId], text)
  }
}

/** OpenID Connect Dynamic Client Registration 1.0 §2, `application_type`: tokens go to https only, and not to localhost. */
function checkImplicitUris(values: Values, clientId: string): void {
  const { responseTypes, redirectUris, postLogoutRedirectUris } = CLIENT_METADATA
  const isImplicit = (values.get(responseTypes, clientId) ?? []).some((type) => type !== 'code')
  if (!isImplicit) return
  for (const row of [redirectUris, postLogoutRedirectUris] as const) {
    for (const uri of values.get(row, clientId) ?? []) {
      const { protocol, hostname } = URL.parse(uri) ?? {}
      if (protocol === 'https:' && hostname !== 'localhost') continue
      const expected = 'with response types other than [code] it must be https, and not on localhost'
      values.refuse(row, [clientId], `Invalid value [${uri}] for [${buildKey(row, [clientId])}]: ${expected}`)
    }
  }
}

function checkUris(values: Values, clientId: string, client: Omit<ClientUriContext, 'rule'>): void {
  const { redirectUris, postLogoutRedirectUris, initiateLoginUri, backchannelLogoutUri, jwksUri } = CLIENT_METADATA
  if (values.isSet(redirectUris, clientId) && values.get(redirectUris, clientId).length === 0)
    values.refuse(redirectUris, [clientId], `Setting [${buildKey(redirectUris, [clientId])}] is required`)

  const check = (row: Setting<unknown>, rule: ClientUriContext['rule'], uris: readonly (string | undefined)[]) => {
    for (const uri of uris) {
      if (uri === undefined) continue
      const { problem, warning } = checkClientUri(uri, { ...client, rule })
      const value = `value [${uri}] for [${buildKey(row, [clientId])}]`
      if (problem !== undefined) values.refuse(row, [clientId], `Invalid ${value}: ${problem}`)
      if (warning !== undefined) values.warn(`${value}: ${warning}`)
    }
  }
  check(redirectUris, 'return', values.get(redirectUris, clientId))
  check(postLogoutRedirectUris, 'return', values.get(postLogoutRedirectUris, clientId) ?? [])
  check(initiateLoginUri, 'https', [values.get(initiateLoginUri, clientId)])
  for (const row of [backchannelLogoutUri, jwksUri]) check(row, 'called', [values.get(row, clientId)])
}

function checkFrontchannelUri(values: Values, clientId: string): void {
  const row = CLIENT_METADATA.frontchannelLogoutUri
  const uri = values.get(row, clientId)
  if (uri === undefined) return
  const fault = findFrontchannelFault(uri, values.get(CLIENT_METADATA.redirectUris, clientId))
  if (fault === undefined) return
  values.refuse(row, [clientId], `Invalid value [${uri}] for [${buildKey(row, [clientId])}]: ${fault}`)
}
