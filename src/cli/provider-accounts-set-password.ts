import { setPasswordHash } from '../provider/accounts-document.ts'
import { replaceDurably } from '../settings/durable-file.ts'
import { openAccountsFile } from './accounts-file.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { readNewPassword } from './new-password.ts'
import { STDIN_OPTION } from './secret-input.ts'

export const providerAccountsSetPassword: Command = {
  operands: ['NAME'],
  description:
    'Gives an account of the accounts file another password, and asks for it. Whoever is signed in stays so; remove the\n' +
    'account, or sign out everywhere at the account page, to change that.',
  options: { stdin: STDIN_OPTION, config: CONFIG_OPTION },
  async run(input) {
    const [name = ''] = input.operands
    const passwordHash = await readNewPassword(input)
    // Not before: while a password is typed, somebody else may change the file.
    const { path, text } = await openAccountsFile(input)
    const changed = setPasswordHash(text, path, name, passwordHash)
    if (changed === undefined) throw new CommandError(`there is no account [${name}]`, EXIT.failed)
    await replaceDurably(path, changed)
    console.log(`[${name}] has a new password.`)
  },
}
