import { restore as restoreBackup } from '../store/embedded/backup.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { readDataFolder } from './embedded-store.ts'

export const restore: Command = {
  operands: ['FILE'],
  description:
    'Puts a backup in the place of what the embedded store holds. The program must not run. Users, roles and role\n' +
    'mappings are then as they were; everybody has to sign in again, since the backup does not know who has signed out\n' +
    'after it was made. The keystore of that time must be beside the settings file.',
  options: {
    config: CONFIG_OPTION,
    'keep-logins': {
      description: 'Leaves the logins of the backup alive. For a move, with a backup made after the last stop.',
    },
  },
  async run(input) {
    const [file = ''] = input.operands
    const keepLogins = input.flags.has('keep-logins')
    restoreBackup(await readDataFolder(input), file, { keepLogins })
    console.log(`restored ${file}. ${keepLogins ? 'Its logins are alive' : 'Everybody has to sign in again'}`)
  },
}
