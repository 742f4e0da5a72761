import { chmod, chown, readFile, rename, stat } from 'node:fs/promises'
import { writeDurably } from '../settings/durable-file.ts'
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

/**
 * Whole or not at all; for its owner alone, and its group if that could read it before. A provider that runs reads it
 * within seconds.
 */
export async function saveAccountsFile(path: string, text: string): Promise<void> {
  const before = await stat(path).catch(() => undefined)
  await writeDurably(path, text, async (written) => {
    // An administrator may write what the program's own user must be able to read, be it by its group.
    if (before !== undefined && process.getuid?.() === 0) await chown(written, before.uid, before.gid)
    if (before !== undefined && before.gid === (await stat(written)).gid) await chmod(written, before.mode & 0o640)
    await rename(written, path)
  })
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
