import type { Command } from './command.ts'
import { readNewPassword } from './new-password.ts'
import { STDIN_OPTION } from './secret-input.ts'

export const usersHashPassword: Command = {
  operands: [],
  description:
    "Prints the bcrypt hash of a password, for `password_hash` in the provider's accounts file or in the user API.",
  options: { stdin: STDIN_OPTION },
  async run(input) {
    console.log(await readNewPassword(input))
  },
}
