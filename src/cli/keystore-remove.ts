import { findNearest } from '../kernel/nearest.ts'
import { openKeystore } from '../settings/keystore.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { CONFIG_OPTION, keystoreOf } from './config-option.ts'

export const keystoreRemove: Command = {
  operands: ['NAME'],
  description: 'Takes a setting out of the keystore. It is effective at the next start.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const [name = ''] = input.operands
    const keystore = await openKeystore(keystoreOf(input))
    if (!keystore.remove(name)) {
      const nearest = findNearest(name, keystore.names())
      const hint = nearest === undefined ? '' : `, did you mean [${nearest}]?`
      throw new CommandError(`[${name}] is not in the keystore${hint}`, EXIT.failed)
    }
    await keystore.save()
  },
}
