import { type FileAccount, readAccounts } from '../provider/accounts-file.ts'
import { openAccountsFile } from './accounts-file.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'

export const providerAccountsList: Command = {
  operands: [],
  description:
    'Prints the accounts in the accounts file of the provider: name, subject, and what applications get to know.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const { path, text } = await openAccountsFile(input)
    for (const account of readAccounts(text, path)) console.log(describeAccount(account))
  },
}

function describeAccount({ name, subject, enabled, claims }: FileAccount): string {
  const told = Object.entries(claims).map(([claim, value]) => `  ${claim}: ${describe(value)}`)
  return [name, `  sub: ${subject}`, ...(enabled ? [] : ['  disabled']), ...told].join('\n')
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
