import { hashPassword } from '../authc/password.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { readSecret, STDIN_OPTION } from './secret-input.ts'

const MIN_LENGTH = 6

export const usersHashPassword: Command = {
  operands: [],
  description:
    "Prints the bcrypt hash of a password, for `password_hash` in the provider's accounts file or in the user API.",
  options: { stdin: STDIN_OPTION },
  async run(input) {
    const password = await readSecret('Password', input)
    if (password.length < MIN_LENGTH)
      throw new CommandError(`passwords must be at least [${MIN_LENGTH}] characters long`, EXIT.usage)
    console.log(await hashPassword(password))
  },
}
