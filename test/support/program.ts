/**
 * The program as a user runs it: a process of its own, a folder of its own with a copy of `config/`, and ports that are
 * free. The tests talk to it over the network and by signals only.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKeystore, keystoreFileOf } from '../../src/settings/keystore.ts'
import { type Addresses, findAddresses, withAddresses } from './addresses.ts'

export const ROOT = join(import.meta.dirname, '../..')
/** `npm test` names the built program; in the sources nothing has to be built. */
export const MAIN = process.env['OSTIARY_TEST_MAIN'] ?? 'src/cli/main.ts'
const DEADLINE = 30_000
/** Also for a machine that has much else to do. */
const START_DEADLINE = 120_000
/** What was compiled once is not compiled again: the programs of the tests start in two thirds of the time. */
const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(tmpdir(), 'ostiary-compile-cache') }

export interface ProgramOptions {
  /** Changes the settings file, whose ports have been replaced already. */
  readonly settings?: (yaml: string, addresses: Addresses) => string
  readonly environment?: Readonly<Record<string, string>>
  /** Its first file, from the root of the repository. */
  readonly main?: string
  /** A command that runs it, as `taskset --cpu-list 0`. */
  readonly launcher?: readonly string[]
  /** Put into the keystore before the first start; the demo adds those of its own that are missing. */
  readonly secrets?: Readonly<Record<string, string>>
}

export interface Program extends Addresses {
  /** Holds `config/` and `data/`. */
  readonly directory: string
  readonly settingsFile: string
  /** The number of its process. */
  pid(): number
  /** Everything that it has printed until now, in all its runs. */
  output(): string
  /** Starts it and waits until every part answers. @throws Error with its output if it ends instead */
  start(): Promise<void>
  /** Starts it and waits until it has ended by itself, as a refused start does. */
  run(): Promise<{ code: number | null; output: string }>
  /** Reads its standard output no more, and closes the pipe. */
  stopReading(): void
  /** Asks it to end. @returns its exit code, `null` if it had to be killed */
  stop(signal?: 'SIGTERM' | 'SIGINT' | 'SIGHUP'): Promise<number | null>
  /** `kill -9`. */
  kill(): Promise<void>
  /** Ends it for good and removes its folder. */
  remove(): Promise<void>
}

/** Prepares the program without starting it. The caller owes a `remove()`. */
export async function createProgram(options: ProgramOptions = {}): Promise<Program> {
  const { main = MAIN } = options
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-'))
  const settingsFile = join(directory, 'config/ostiary.yml')
  const addresses = await findAddresses()
  await cp(join(ROOT, 'config'), join(directory, 'config'), {
    recursive: true,
    filter: (path) => !path.endsWith('.keystore'),
  })
  const yaml = withAddresses(await readFile(settingsFile, 'utf8'), addresses)
  await writeFile(settingsFile, options.settings?.(yaml, addresses) ?? yaml)
  if (options.secrets !== undefined) await fillKeystore(settingsFile, options.secrets)

  const outputs: string[] = []
  let child: ChildProcess | undefined

  function launch(): ChildProcess {
    if (child !== undefined && !hasEnded(child)) throw new Error('it is running already')
    const { environment, launcher } = options
    const script = [main, 'start', '--config', settingsFile]
    child = startProcess(script, environment, (text) => outputs.push(text), launcher)
    return child
  }

  return {
    ...addresses,
    directory,
    settingsFile,
    pid: () => child?.pid ?? 0,
    output: () => outputs.join(''),
    async start() {
      const started = launch()
      try {
        for (const part of ['api', 'portal', 'provider'] as const) await waitUntilAnswers(addresses[part], started)
      } catch (cause) {
        await endProcess(started, 'SIGKILL')
        throw new Error(`the program did not start:\n${outputs.join('')}`, { cause })
      }
    },
    async run() {
      const before = outputs.length
      const code = await waitForEnd(launch())
      return { code, output: outputs.slice(before).join('') }
    },
    stop: async (signal = 'SIGTERM') => (child === undefined ? null : endProcess(child, signal)),
    async kill() {
      if (child !== undefined) await endProcess(child, 'SIGKILL')
    },
    stopReading: () => void child?.stdout?.destroy(),
    async remove() {
      if (child !== undefined) await endProcess(child, 'SIGKILL')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Prepares and starts it. The caller owes a `remove()`. */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const program = await createProgram(options)
  try {
    await program.start()
  } catch (error) {
    await program.remove()
    throw error
  }
  return program
}

async function fillKeystore(settingsFile: string, secrets: Readonly<Record<string, string>>): Promise<void> {
  const keystore = await createKeystore({ file: keystoreFileOf(settingsFile), password: '' })
  for (const [name, value] of Object.entries(secrets)) keystore.set(name, value)
  await keystore.save()
}

/** Starts a script of the repository in a process of its own, which ends with this one at the latest. */
export function startProcess(
  script: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  print: (text: string) => void = () => {},
  launcher: readonly string[] = [],
): ChildProcess {
  const [command = process.execPath, ...args] = [
    ...launcher,
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    ...script,
  ]
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...COMPILE_CACHE, ...process.env, ...environment },
    stdio: 'pipe',
  })
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', print)
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  child.once('exit', () => process.removeListener('exit', killWithUs))
  return child
}

/** @returns its exit code, `null` if it had to be killed */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (hasEnded(child)) return child.exitCode
  child.kill(signal)
  return waitForEnd(child)
}

async function waitForEnd(child: ChildProcess): Promise<number | null> {
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE)
  await once(child, 'close')
  clearTimeout(timer)
  return child.exitCode
}

/** Waits until `address` answers HTTP, whatever it says. @throws Error if the process ends before */
export async function waitUntilAnswers(address: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_DEADLINE
  for (;;) {
    if (hasEnded(child)) throw new Error(`it has ended with ${child.exitCode ?? child.signalCode}`)
    try {
      const answer = await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(2000) })
      await answer.body?.cancel()
      return
    } catch (cause) {
      if (Date.now() > deadline) throw new Error(`nothing answers at ${address}`, { cause })
      await sleep(5)
    }
  }
}

/** A start is over when the first worker is ready. @param count of those that got ready in all runs until now */
export async function waitForWorkers(program: Pick<Program, 'output'>, count: number): Promise<void> {
  const deadline = Date.now() + START_DEADLINE
  while (program.output().split('a worker is ready').length <= count) {
    if (Date.now() > deadline) throw new Error(`not all workers are ready:\n${program.output()}`)
    await sleep(20)
  }
}

/** The processes that a process has started. */
export function listChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.split(' ').filter(Boolean).map(Number)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
