import { openKeystore } from '../settings/keystore.ts'
import { readSettings } from '../settings/read-settings.ts'
import { CommandError, type CommandInput, EXIT } from './command.ts'
import { keystoreOf, settingsFileOf } from './config-option.ts'

/**
 * The data folder of the embedded store.
 * @throws CommandError if the settings name another store; SettingsError, KeystoreError
 */
export async function readDataFolder(input: CommandInput): Promise<string> {
  const keystore = await openKeystore(keystoreOf(input))
  const { node, postgres } = readSettings({ file: settingsFileOf(input), env: input.env, keystore })
  if (postgres === undefined) return node.data
  throw new CommandError('store.type is [postgres]: back the database up with its own tools', EXIT.settings)
}
