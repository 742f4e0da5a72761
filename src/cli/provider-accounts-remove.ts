import { removeAccount } from '../provider/accounts-document.ts'
import { replaceDurably } from '../settings/durable-file.ts'
import { openAccountsFile } from './accounts-file.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'

export const providerAccountsRemove: Command = {
  operands: ['NAME'],
  description:
    'Removes an account from the accounts file of the provider. A running provider ends its sessions and tokens within\n' +
    'seconds, and tells the applications.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const [name = ''] = input.operands
    const { path, text } = await openAccountsFile(input)
    const changed = removeAccount(text, path, name)
    if (changed === undefined) throw new CommandError(`there is no account [${name}]`, EXIT.failed)
    await replaceDurably(path, changed)
    console.log(`[${name}] is removed.`)
  },
}
