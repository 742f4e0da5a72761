/**
 * The configured clients: checked at start, and brought into the form that the library takes. Our own flags stay beside
 * the metadata, where no registration can ever set them.
 */
import { type ClientMetadata, errors, type Provider } from 'oidc-provider'
import { SecurityError } from '../kernel/errors.ts'
import type { Log } from '../observe/log.ts'
import { SettingsError, type SettingsProblem } from '../settings/settings-error.ts'
import type { ProviderClientSettings } from '../settings/settings.ts'
import { CLIENT_URIS, isPlainRemote } from './client-uri.ts'

export type Client = InstanceType<Provider['Client']>

/** OpenID Connect Dynamic Client Registration 1.0 §2: a client without authentication is public. */
export function isPublic(client: ProviderClientSettings): boolean {
  return client.metadata['token_endpoint_auth_method'] === 'none'
}

export function buildClientMetadata(client: ProviderClientSettings): ClientMetadata {
  const { clientId, clientSecret, metadata } = client
  return {
    // A relying party that is told of a logout should be able to tell which one (Back-Channel Logout 1.0 §2.2).
    ...(metadata['backchannel_logout_uri'] !== undefined && { backchannel_logout_session_required: true }),
    ...metadata,
    client_id: clientId,
    ...(clientSecret !== undefined && { client_secret: clientSecret }),
  }
}

/** @throws SettingsError with every fault of every client */
export async function checkClients(
  clients: readonly ProviderClientSettings[],
  library: Provider,
  log: Log,
): Promise<void> {
  const problems: SettingsProblem[] = []
  for (const client of clients) {
    const prefix = `provider.clients.${client.clientId}`
    const found = faultsOfUris(client)
    for (const { name, text } of found) problems.push({ setting: `${prefix}.${name}`, where: 'settings', text })
    if (found.length > 0) continue
    try {
      await library.Client.validate(buildClientMetadata(client))
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error
      problems.push({ setting: prefix, where: 'settings', text: error.error_description ?? error.message })
    }
    for (const uri of urisOf(client, 'redirect_uris').filter((uri) => isPlainRemote(uri))) {
      log.warn(`[${prefix}.redirect_uris] ${uri} is not protected by TLS`)
    }
  }
  if (problems.length > 0) throw new SettingsError('the provider', problems)
}

function faultsOfUris(client: ProviderClientSettings): { name: string; text: string }[] {
  const kind = { confidential: !isPublic(client), native: client.metadata['application_type'] === 'native' }
  return Object.entries(CLIENT_URIS).flatMap(([name, faultOf]) =>
    urisOf(client, name).flatMap((uri) => {
      const fault = faultOf(uri, kind)
      return fault === undefined ? [] : [{ name, text: `${uri} ${fault}` }]
    }),
  )
}

function urisOf(client: ProviderClientSettings, name: string): string[] {
  const value = client.metadata[name]
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]).map(String)
}

/** The living client of this id. Metadata that no longer fit make the library throw: no such client then. */
export async function findClient(library: Provider, id: string): Promise<Client | undefined> {
  try {
    return await library.Client.find(id)
  } catch (error) {
    if (error instanceof SecurityError) throw error
    return undefined
  }
}
