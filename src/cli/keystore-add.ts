import { openKeystore } from '../settings/keystore.ts'
import { SETTINGS_TABLE } from '../settings/table.ts'
import { describeUnknown, findSetting } from '../settings/values.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { CONFIG_OPTION, keystoreOf } from './config-option.ts'
import { readSecret, STDIN_OPTION } from './secret-input.ts'

export const keystoreAdd: Command = {
  operands: ['NAME'],
  description: 'Puts the value of a secure setting into the keystore. It is effective at the next start.',
  options: {
    stdin: STDIN_OPTION,
    force: { description: 'Replaces a value that is there already.' },
    config: CONFIG_OPTION,
  },
  async run(input) {
    const [name = ''] = input.operands
    checkName(name)
    const keystore = await openKeystore(keystoreOf(input))
    if (keystore.get(name) !== undefined && !input.flags.has('force'))
      throw new CommandError(`[${name}] is in the keystore already: --force replaces it`, EXIT.failed)
    keystore.set(name, await readSecret(`Value of ${name}`, input))
    await keystore.save()
  },
}

function checkName(name: string): void {
  const secure = SETTINGS_TABLE.filter((setting) => setting.secure)
  if (findSetting(name, secure) !== undefined) return
  if (findSetting(name, SETTINGS_TABLE) === undefined) throw new CommandError(describeUnknown(name, secure), EXIT.usage)
  throw new CommandError(`[${name}] is no secure setting: it belongs in the settings file`, EXIT.usage)
}
