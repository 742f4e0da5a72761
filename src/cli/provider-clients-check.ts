import { createGuardedFetch } from '../net/guarded-fetch.ts'
import { checkClient } from './client-checks.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { formatFinding } from './finding.ts'
import { readSettingsOf } from './settings-input.ts'

export const providerClientsCheck: Command = {
  operands: [],
  description:
    'Checks the clients of the provider as the start does, and asks them: whether those that are told of a logout answer and\n' +
    'refuse a made-up token, whether their keys can be had, and whether the addresses that browsers are sent to answer from\n' +
    'here. Nobody is signed out. Ends with 1 if there is a problem.',
  options: { offline: { description: 'Asks nobody.' }, config: CONFIG_OPTION },
  async run(input) {
    const { provider, warnings } = await readSettingsOf(input)
    for (const warning of warnings) console.log(warning)
    const { clients } = provider
    console.log(
      `${clients.length === 1 ? 'One client is' : `${clients.length} clients are`} in order, by the settings.`,
    )
    if (input.flags.has('offline')) return

    const calls = createGuardedFetch(provider)
    let problems = 0
    try {
      for (const client of clients) {
        console.log(`\n${client.clientId}`)
        for await (const finding of checkClient(client, calls)) {
          console.log(formatFinding(finding))
          if (finding.verdict === 'problem') problems += 1
        }
      }
    } finally {
      await calls.close()
    }
    if (problems > 0)
      throw new CommandError(`\n${problems === 1 ? 'One problem' : `${problems} problems`}.`, EXIT.failed)
  },
}
