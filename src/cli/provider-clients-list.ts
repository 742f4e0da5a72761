import type { ProviderClientSettings } from '../settings/settings.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { readSettingsOf } from './settings-input.ts'

export const providerClientsList: Command = {
  operands: [],
  description:
    'Prints the clients that the settings register at the provider: id, how each proves itself, and where it may return to.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const { provider } = await readSettingsOf(input)
    for (const client of provider.clients) console.log(describeClient(client))
  },
}

function describeClient({ clientId, metadata, consent }: ProviderClientSettings): string {
  const method = metadata['token_endpoint_auth_method'] ?? 'client_secret_basic'
  const lines = [clientId, `  ${String(method)}, consent: ${consent}`]
  for (const name of ['redirect_uris', 'post_logout_redirect_uris']) {
    const uris = metadata[name]
    if (Array.isArray(uris)) for (const uri of uris) lines.push(`  ${name}: ${uri}`)
  }
  return lines.join('\n')
}
