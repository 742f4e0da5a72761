import { CommandError, type CommandInput, EXIT } from './command.ts'
import { readSettingsOf } from './settings-input.ts'

/**
 * The data folder of the embedded store.
 * @throws CommandError if the settings name another store; SettingsError, KeystoreError
 */
export async function readDataFolder(input: CommandInput): Promise<string> {
  const { node, postgres } = await readSettingsOf(input)
  if (postgres === undefined) return node.data
  throw new CommandError('store.type is [postgres]: back the database up with its own tools', EXIT.settings)
}
