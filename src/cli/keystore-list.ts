import { openKeystore } from '../settings/keystore.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION, keystoreOf } from './config-option.ts'

export const keystoreList: Command = {
  operands: [],
  description: 'Prints the names of the settings in the keystore, one a line. Never a value.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const keystore = await openKeystore(keystoreOf(input))
    for (const name of keystore.names()) console.log(name)
  },
}
