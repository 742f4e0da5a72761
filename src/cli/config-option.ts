import { keystoreFileOf, type KeystoreLocation } from '../settings/keystore.ts'
import type { CommandInput } from './command.ts'

const DEFAULT_FILE = 'config/ostiary.yml'

/** The option of every command that needs the settings or the keystore beside them. */
export const CONFIG_OPTION = { value: 'FILE', description: `The settings file; ${DEFAULT_FILE} if absent.` }

export function settingsFileOf({ values }: CommandInput): string {
  return values.get('config') ?? DEFAULT_FILE
}

export function keystoreOf(input: CommandInput): KeystoreLocation {
  return { file: keystoreFileOf(settingsFileOf(input)), password: input.env['OSTIARY_KEYSTORE_PASSWORD'] ?? '' }
}
