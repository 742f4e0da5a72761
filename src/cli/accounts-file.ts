import { readFile } from 'node:fs/promises'
import { openOrCreateKeystore } from '../settings/keystore.ts'
import { readSettings } from '../settings/read-settings.ts'
import { CommandError, type CommandInput, EXIT } from './command.ts'
import { keystoreOf, settingsFileOf } from './config-option.ts'

/** The accounts file of the provider that the settings name. */
export interface AccountsFile {
  readonly path: string
  /** Empty if there is no file yet. */
  readonly text: string
}

/** @throws CommandError if the accounts are the users of the security API, or the file cannot be read */
export async function openAccountsFile(input: CommandInput): Promise<AccountsFile> {
  const keystore = await openOrCreateKeystore(keystoreOf(input))
  const { provider } = readSettings({ file: settingsFileOf(input), env: input.env, keystore })
  if (provider.accountsSource === 'native') {
    const text =
      'provider.accounts.source is [native]: the accounts are the users of the security API (/_security/user)'
    throw new CommandError(text, EXIT.settings)
  }
  return { path: provider.accountsPath, text: await readText(provider.accountsPath) }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
