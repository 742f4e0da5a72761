import { createKeystore } from '../settings/keystore.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION, keystoreOf } from './config-option.ts'

export const keystoreCreate: Command = {
  operands: [],
  description:
    'Makes the keystore beside the settings file, with a fresh ostiary.secret in it. Its password is what the\n' +
    'environment variable OSTIARY_KEYSTORE_PASSWORD says, or empty; every later start needs the same.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const { file } = await createKeystore(keystoreOf(input))
    console.log(`created ${file}`)
  },
}
