import { createOutbound } from '../net/outbound.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { formatFinding } from './finding.ts'
import { checkRealm } from './realm-checks.ts'
import { readRealmSettings } from './realm-settings.ts'

export const realmCheck: Command = {
  operands: ['NAME'],
  description:
    'Asks the provider of a realm, as it is now, whether logins can work: TLS, metadata, issuer, clock, endpoints, keys,\n' +
    'client credentials and redirect URI. Nobody is logged in. Ends with 1 if there is a problem.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const [name = ''] = input.operands
    const { realm, settings } = await readRealmSettings(name, input)
    const outbound = createOutbound(realm.http)
    let problems = 0
    try {
      const now = () => Date.now() / 1000
      for await (const finding of checkRealm({ settings: realm, directory: settings.directory, outbound, now })) {
        console.log(formatFinding(finding))
        if (finding.verdict === 'problem') problems += 1
      }
    } finally {
      await outbound.close()
    }
    const count = problems === 1 ? 'One problem' : `${problems} problems`
    if (problems > 0) throw new CommandError(`\n${count}: logins with the realm [${name}] will fail.`, EXIT.failed)
    console.log(`\nNothing stands in the way of logins with the realm [${name}].`)
  },
}
