import { backUp } from '../store/embedded/backup.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { readDataFolder } from './embedded-store.ts'

export const backup: Command = {
  operands: ['FILE'],
  description:
    'Writes what the embedded store holds at this moment to a new file, which only its owner can read. The program may\n' +
    'run meanwhile. The keystore is not in it: keep a copy of that elsewhere.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const [file = ''] = input.operands
    backUp(await readDataFolder(input), file)
    console.log(`written ${file}. The keystore is not in it`)
  },
}
