import { randomText } from '../kernel/random.ts'
import { addAccount } from '../provider/accounts-document.ts'
import { replaceDurably } from '../settings/durable-file.ts'
import { openAccountsFile } from './accounts-file.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { readNewPassword } from './new-password.ts'
import { STDIN_OPTION } from './secret-input.ts'

export const providerAccountsAdd: Command = {
  operands: ['NAME'],
  description:
    'Adds an account to the accounts file of the provider, and asks for its password. A running provider knows it within\n' +
    'seconds. Its subject is random, so that whoever gets a name after somebody else is another person to applications.',
  options: {
    'full-name': { value: 'TEXT', description: 'The claim name.' },
    email: { value: 'ADDRESS', description: 'The claim email.' },
    groups: { value: 'LIST', description: 'The claim groups: names, separated by commas.' },
    sub: { value: 'SUBJECT', description: 'A subject of your own.' },
    stdin: STDIN_OPTION,
    config: CONFIG_OPTION,
  },
  async run(input) {
    const [name = ''] = input.operands
    const { values } = input
    const [fullName, email, groups] = ['full-name', 'email', 'groups'].map((option) => values.get(option))
    const passwordHash = await readNewPassword(input)
    // Not before: while a password is typed, somebody else may change the file.
    const { path, text } = await openAccountsFile(input)
    const account = {
      name,
      passwordHash,
      subject: values.get('sub') ?? randomText(16),
      claims: {
        ...(fullName !== undefined && { name: fullName }),
        ...(email !== undefined && { email }),
        ...(groups !== undefined && { groups: groups.split(',').map((group) => group.trim()) }),
      },
    }
    const changed = addAccount(text, path, account)
    if (changed === undefined) throw new CommandError(`there is an account [${name}] already`, EXIT.failed)
    await replaceDurably(path, changed)
    console.log(`[${name}] can sign in, as the subject [${account.subject}].`)
  },
}
