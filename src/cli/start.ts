import cluster from 'node:cluster'
import { setFlagsFromString } from 'node:v8'
import { putDemoSecrets } from '../demo.ts'
import { createLog, type Log } from '../observe/log.ts'
import type { RunningServer, ServerParts } from '../server.ts'
import { openOrCreateKeystore } from '../settings/keystore.ts'
import { readDemo, readEntries, readSettings } from '../settings/read-settings.ts'
import { type Command, CommandError } from './command.ts'
import { CONFIG_OPTION, keystoreOf, settingsFileOf } from './config-option.ts'
import { readVersion } from './version.ts'
import { buildWelcome } from './welcome.ts'

export const start: Command = {
  operands: [],
  description:
    'Runs the parts that node.roles names, until SIGINT, SIGTERM or SIGHUP; requests in flight are answered first. A\n' +
    'second signal ends it at once. Without a keystore beside the settings file, one is made.',
  options: { config: CONFIG_OPTION },
  async run(input) {
    leaveParserAsItIs()
    outliveReaders()
    const sources = { file: settingsFileOf(input), env: input.env }
    const entries = readEntries(sources)
    const keystore = await openOrCreateKeystore(keystoreOf(input))
    if (readDemo(entries)) await putDemoSecrets(keystore)
    const settings = readSettings({ ...sources, keystore, entries })
    const log = createLog(settings.node.logLevel)
    const parts = { settings, keystore, log }
    if (cluster.isWorker) return runWorker(parts)
    for (const warning of settings.warnings) log.warn(warning)

    const server = await startServerOrWorkers(parts)
    const stop = createStop(server, log)
    process.on('SIGINT', () => stop(130))
    process.on('SIGTERM', () => stop(143))
    process.on('SIGHUP', () => stop(129))
    console.log(buildWelcome(readVersion(), settings, server.addresses))
  },
}

/**
 * What reads the output may go away before this program does, as a log collector that is started anew, or the terminal.
 * The door stays open; standard error is told once, if anybody reads that.
 */
function outliveReaders(): void {
  const outlive = (stream: NodeJS.WriteStream, tell: () => void) => {
    let isTold = false
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
      if (!isTold) tell()
      isTold = true
    })
  }
  outlive(process.stdout, () =>
    console.error('Nobody reads the standard output any more: what the log says now is lost.'),
  )
  outlive(process.stderr, () => undefined)
}

/**
 * undici reads HTTP with WebAssembly. After a handful of answers V8 would optimise it, which takes a tenth of a second and
 * 16 MB that the system does not get back, for answers so short that a login costs the same.
 */
function leaveParserAsItIs(): void {
  setFlagsFromString('--no-wasm-tier-up --no-wasm-dynamic-tiering')
}

/** The process that starts workers serves nothing, so it loads nothing of what serves. */
async function startServerOrWorkers(parts: ServerParts): Promise<RunningServer> {
  if (parts.settings.node.workers === 1) return (await import('../server.ts')).startServer(parts)
  const { startWorkers, WorkerError } = await import('../workers.ts')
  return startWorkers(parts).catch((error: unknown) => {
    throw error instanceof WorkerError ? new CommandError(error.message, error.exitCode) : error
  })
}

/** A worker ends when the process that started it says so. What a terminal sends reaches both, and is not for it. */
async function runWorker(parts: ServerParts): Promise<void> {
  const { channelToHolder, serveAsWorker } = await import('../workers.ts')
  const { startServer } = await import('../server.ts')
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
  const server = await startServer({ ...parts, channel: channelToHolder() })
  const stop = createStop(server, parts.log)
  process.on('SIGTERM', () => stop(143))
  serveAsWorker(server, () => stop(143))
}

/** What `npm` and the terminal send for one Ctrl-C arrives twice within this time, in milliseconds. */
const SAME_SIGNAL = 500

/** @returns to be called for each signal, with the exit code for the second */
function createStop(server: RunningServer, log: Log): (exitCode: number) => void {
  let since: number | undefined
  return (exitCode) => {
    if (since !== undefined && performance.now() - since < SAME_SIGNAL) return
    if (since !== undefined) process.exit(exitCode)
    since = performance.now()
    void close()
  }

  async function close(): Promise<void> {
    try {
      await server.close()
      process.exit(0)
    } catch (error) {
      log.error({ err: error }, 'stopping failed')
      process.exit(1)
    }
  }
}
