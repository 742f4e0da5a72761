import { hashPassword } from '../authc/password.ts'
import { CommandError, type CommandInput, EXIT } from './command.ts'
import { readSecret } from './secret-input.ts'

const MIN_LENGTH = 6

/** Asks for a new password. @returns its hash. @throws CommandError if it is too short */
export async function readNewPassword(input: CommandInput): Promise<string> {
  const password = await readSecret('Password', input)
  if (password.length < MIN_LENGTH)
    throw new CommandError(`passwords must be at least [${MIN_LENGTH}] characters long`, EXIT.usage)
  return hashPassword(password)
}
