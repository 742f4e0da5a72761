import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { type Command, CommandError, type CommandInput, EXIT } from './command.ts'

/**
 * Reads what follows a command's name.
 * @throws CommandError with one line that names what is not understood
 */
export function readArguments(
  name: string,
  command: Command,
  args: readonly string[],
): Pick<CommandInput, 'flags' | 'values' | 'operands'> {
  const options: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' } }
  for (const [option, { value }] of Object.entries(command.options))
    options[option] = { type: value === undefined ? 'boolean' : 'string' }
  const parsed = parse(name, args, options)
  const given = Object.entries(parsed.values)
  const values = new Map(given.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  const flags = new Set(given.filter(([, value]) => value === true).map(([flag]) => flag))

  const { positionals } = parsed
  const missing = command.operands[positionals.length]
  const surplus = positionals[command.operands.length]
  if (missing !== undefined && !flags.has('help')) throw usageError(name, `${missing} is missing`)
  if (surplus !== undefined) throw usageError(name, `unexpected argument [${surplus}]`)
  return { flags, values, operands: positionals }
}

interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
}

function parse(name: string, args: readonly string[], options: ParseArgsOptionsConfig): Parsed {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true }) as Parsed
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // Its first sentence; the rest explains node's own syntax.
    throw usageError(name, error.message.split(/\.\s|\n/)[0] ?? '')
  }
}

function usageError(name: string, text: string): CommandError {
  return new CommandError(`ostiary ${name}: ${text} (ostiary ${name} --help)`, EXIT.usage)
}
