import { putDemoSecrets } from '../demo.ts'
import { createLog, type Log } from '../observe/log.ts'
import { type RunningServer, startServer } from '../server.ts'
import { openOrCreateKeystore } from '../settings/keystore.ts'
import { readDemo, readSettings } from '../settings/read-settings.ts'
import type { Command } from './command.ts'
import { CONFIG_OPTION, keystoreOf, settingsFileOf } from './config-option.ts'
import { readVersion } from './version.ts'
import { buildWelcome } from './welcome.ts'

export const start: Command = {
  operands: [],
  description:
    'Runs the parts that node.roles names, until SIGINT or SIGTERM; requests in flight are answered first. A second\n' +
    'signal ends it at once. Without a keystore beside the settings file, one is made.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    const sources = { file: settingsFileOf(input), env: input.env }
    const isDemo = readDemo(sources)
    const keystore = await openOrCreateKeystore(keystoreOf(input))
    if (isDemo) await putDemoSecrets(keystore)
    const settings = readSettings({ ...sources, keystore })
    const log = createLog(settings.node.logLevel)
    for (const warning of settings.warnings) log.warn(warning)

    const server = await startServer({ settings, keystore, log })
    stopOnSignal(server, log)
    console.log(buildWelcome(readVersion(), settings, server.addresses))
  },
}

/** What `npm` and the terminal send for one Ctrl-C arrives twice within this time, in milliseconds. */
const SAME_SIGNAL = 500

function stopOnSignal(server: RunningServer, log: Log): void {
  let since: number | undefined
  const stop = async (exitCode: number) => {
    if (since !== undefined && performance.now() - since < SAME_SIGNAL) return
    if (since !== undefined) process.exit(exitCode)
    since = performance.now()
    try {
      await server.close()
      process.exit(0)
    } catch (error) {
      log.error({ err: error }, 'stopping failed')
      process.exit(1)
    }
  }
  process.on('SIGINT', () => void stop(130))
  process.on('SIGTERM', () => void stop(143))
}
