import { readFile } from 'node:fs/promises'
import { CommandError, type CommandInput, EXIT } from './command.ts'
import { readSettingsOf } from './settings-input.ts'

/** The accounts file of the provider that the settings name. */
export interface AccountsFile {
  readonly path: string
  /** Empty if there is no file yet. */
  readonly text: string
}

/** @throws CommandError if the accounts are the users of the security API, or the file cannot be read */
export async function openAccountsFile(input: CommandInput): Promise<AccountsFile> {
  const { provider } = await readSettingsOf(input)
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
