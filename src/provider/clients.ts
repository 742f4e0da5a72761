/**
 * The clients: those of the settings, in the form that the library takes. Our own flags stay beside the metadata, where no
 * registration can ever set them.
 */
import { type ClientMetadata, errors, type Provider } from 'oidc-provider'
import { SecurityError } from '../kernel/errors.ts'
import { SettingsError, type SettingsProblem } from '../settings/settings-error.ts'
import type { ProviderClientSettings } from '../settings/settings.ts'
import type { FrameClient } from './logout-frames.ts'

export type Client = InstanceType<Provider['Client']>

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

/** How a client is told of a logout by a frame; `undefined` if it has a better way, or none. */
export function readFrameClient({ clientId, backchannelLogoutUri, ...client }: Client): FrameClient | undefined {
  const { frontchannel_logout_uri: uri, frontchannel_logout_session_required: sessionRequired } =
    client as unknown as Readonly<Record<string, unknown>>
  if (typeof uri !== 'string' || backchannelLogoutUri !== undefined) return undefined
  return { clientId, uri, sessionRequired: sessionRequired === true }
}

/** The URLs of configured clients that the provider calls itself. */
export function listCalledUrls(clients: readonly ProviderClientSettings[]): Set<string> {
  const uris = clients.flatMap(({ metadata }) => [metadata['backchannel_logout_uri'], metadata['jwks_uri']])
  return new Set(uris.filter((uri) => typeof uri === 'string').map((uri) => new URL(uri).href))
}

/**
 * Makes the library judge the clients now; by itself it would at their first use.
 * @throws SettingsError with what is wrong with each
 */
export async function checkClients(clients: readonly ProviderClientSettings[], library: Provider): Promise<void> {
  const problems: SettingsProblem[] = []
  for (const client of clients) {
    try {
      await library.Client.validate(buildClientMetadata(client))
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error
      const text = error.error_description ?? error.message
      problems.push({ setting: `provider.clients.${client.clientId}`, where: 'settings', text })
    }
  }
  if (problems.length > 0) throw new SettingsError('the provider', problems)
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
