import { openOrCreateKeystore } from '../settings/keystore.ts'
import { readSettings } from '../settings/read-settings.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION, keystoreOf, settingsFileOf } from './config-option.ts'

export const providerClientsCheck: Command = {
  operands: [],
  description: 'Checks the clients of the provider as the start does, and prints what deserves a look.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const keystore = await openOrCreateKeystore(keystoreOf(input))
    const { provider, warnings } = readSettings({ file: settingsFileOf(input), env: input.env, keystore })
    for (const warning of warnings) console.log(warning)
    console.log(`${provider.clients.length} clients are in order.`)
  },
}
