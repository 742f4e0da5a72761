import { openKeystore } from '../settings/keystore.ts'
import { readEntries, readSettings } from '../settings/read-settings.ts'
import type { Settings } from '../settings/settings.ts'
import type { CommandInput } from './command.ts'
import { keystoreOf, settingsFileOf } from './config-option.ts'

/**
 * The settings and their secrets, for the commands that make nothing: whoever runs one of them need not be the user who
 * must be able to read a new keystore. A settings file that is not there is told before the keystore is missed beside it.
 * @throws SettingsError, KeystoreError
 */
export async function readSettingsOf(input: CommandInput): Promise<Settings> {
  const sources = { file: settingsFileOf(input), env: input.env }
  const entries = readEntries(sources)
  const keystore = await openKeystore(keystoreOf(input))
  return readSettings({ ...sources, keystore, entries })
}
