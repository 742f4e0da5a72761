import type { Environment } from '../settings/environment.ts'

/** A command of `ostiary`: data that the help shows, and what it does. */
export interface Command {
  /** What follows the command's name in its first line of help, without the options. */
  readonly operands: readonly string[]
  /** Some sentences for its help. */
  readonly description: string
  readonly options: Readonly<Record<string, CommandOption>>
  run(input: CommandInput): Promise<void>
}

export interface CommandOption {
  /** The name of its value in the help; absent for a flag. */
  readonly value?: string
  readonly description: string
}

export interface CommandInput {
  readonly flags: ReadonlySet<string>
  /** The values of the options that take one. */
  readonly values: ReadonlyMap<string, string>
  readonly operands: readonly string[]
  readonly env: Environment
  readonly terminal: Terminal
}

export interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}

/** Ends the command with a line for the person at the terminal and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/** 2: the command line is wrong. 78: the settings are (`EX_CONFIG` of sysexits.h). */
export const EXIT = { failed: 1, usage: 2, settings: 78 } as const
