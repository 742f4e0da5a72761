import { access, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { rotationRequestOf } from '../settings/rotation-request.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { readSettingsOf } from './settings-input.ts'

/** Longer than a running provider takes to look. */
const WAIT_MS = 15_000
const STEP_MS = 250

export const providerKeysRotate: Command = {
  operands: [],
  description:
    'Makes new signing keys. They are published at once, sign after `provider.keys.announce`, and the keys of today\n' +
    'verify for `provider.keys.retain` after that. A running provider takes the request within seconds; otherwise the\n' +
    'next start does.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const { node, provider } = await readSettingsOf(input)
    if (!node.roles.has('provider')) throw new CommandError('node.roles does not have [provider]', EXIT.settings)
    const isFolder = await stat(node.data).then(
      (found) => found.isDirectory(),
      () => false,
    )
    if (!isFolder) throw new CommandError(`there are no keys yet: nothing has run on ${node.data}`, EXIT.failed)

    const request = rotationRequestOf(node.data)
    await writeFile(request, '', { mode: 0o600 })
    for (let waited = 0; waited < WAIT_MS; waited += STEP_MS) {
      await sleep(STEP_MS)
      if (await isGone(request)) {
        const hours = Math.ceil(provider.keys.announce / 3600)
        return console.log(`New keys are published. They sign in ${hours} h; an earlier rotation under way goes on.`)
      }
    }
    console.log('No provider is running on this data folder. The next start makes and publishes the new keys.')
  },
}

function isGone(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    () => true,
  )
}
