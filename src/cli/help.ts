import type { Command } from './command.ts'

/** The help of one command. */
export function buildCommandHelp(name: string, command: Command): string {
  const options = Object.entries(command.options).map(
    ([option, { value, description }]) =>
      [value === undefined ? `--${option}` : `--${option} ${value}`, description] as const,
  )
  const rows = [...options, ['-h, --help', 'Shows this help.'] as const]
  const usage = ['ostiary', name, ...command.operands, '[options]'].join(' ')
  return [`Usage: ${usage}`, '', command.description, '', 'Options:', ...buildColumns(rows), ''].join('\n')
}

/** The overview of commands, of all or of one group. */
export function buildOverview(group: string, commands: readonly { name: string; summary: string }[]): string {
  const usage = ['ostiary', ...(group === '' ? [] : [group]), 'COMMAND', '[options]'].join(' ')
  const rows = commands.map(({ name, summary }) => [name, summary] as const)
  const more = 'Each command has its own help: ostiary COMMAND --help'
  return [`Usage: ${usage}`, '', 'Commands:', ...buildColumns(rows), '', more, ''].join('\n')
}

function buildColumns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
