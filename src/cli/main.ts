#!/usr/bin/env node
/** `ostiary`: finds the command, runs it, and turns what goes wrong into one message and an exit code. */
import nodeModule from 'node:module'
import { join } from 'node:path'
import { SecurityError } from '../kernel/errors.ts'
import { findNearest } from '../kernel/nearest.ts'
import { KeystoreError } from '../settings/keystore.ts'
import { SettingsError } from '../settings/settings-error.ts'
import { readArguments } from './arguments.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { buildCommandHelp, buildOverview } from './help.ts'
import { printable } from './printable.ts'

interface NamedCommand {
  readonly name: string
  readonly summary: string
  /** Commands are loaded when they are called for, so that the small ones answer at once. */
  readonly load: () => Promise<Command>
}

const COMMANDS: readonly NamedCommand[] = [
  { name: 'start', summary: 'Runs Ostiary.', load: async () => (await import('./start.ts')).start },
  {
    name: 'keystore create',
    summary: 'Makes the keystore.',
    load: async () => (await import('./keystore-create.ts')).keystoreCreate,
  },
  {
    name: 'keystore add',
    summary: 'Puts the value of a secure setting into the keystore.',
    load: async () => (await import('./keystore-add.ts')).keystoreAdd,
  },
  {
    name: 'keystore list',
    summary: 'Prints the names of the settings in the keystore.',
    load: async () => (await import('./keystore-list.ts')).keystoreList,
  },
  {
    name: 'keystore remove',
    summary: 'Takes a setting out of the keystore.',
    load: async () => (await import('./keystore-remove.ts')).keystoreRemove,
  },
  {
    name: 'users hash-password',
    summary: 'Prints the hash of a password.',
    load: async () => (await import('./users-hash-password.ts')).usersHashPassword,
  },
  {
    name: 'certificate',
    summary: 'Makes a certificate authority and a server certificate for a trial.',
    load: async () => (await import('./certificate.ts')).certificate,
  },
  {
    name: 'realm discover',
    summary: "Prints the settings of a realm from its provider's metadata.",
    load: async () => (await import('./realm-discover.ts')).realmDiscover,
  },
  {
    name: 'realm check',
    summary: 'Asks the provider of a realm whether logins can work.',
    load: async () => (await import('./realm-check.ts')).realmCheck,
  },
  {
    name: 'realm explain',
    summary: 'Shows what a login would make of given claims.',
    load: async () => (await import('./realm-explain.ts')).realmExplain,
  },
  {
    name: 'logs find',
    summary: 'Shows the audit lines of a reference id.',
    load: async () => (await import('./logs-find.ts')).logsFind,
  },
  {
    name: 'provider accounts list',
    summary: 'Prints the accounts of the provider.',
    load: async () => (await import('./provider-accounts-list.ts')).providerAccountsList,
  },
  {
    name: 'provider accounts add',
    summary: 'Adds an account to the provider.',
    load: async () => (await import('./provider-accounts-add.ts')).providerAccountsAdd,
  },
  {
    name: 'provider accounts remove',
    summary: 'Removes an account of the provider.',
    load: async () => (await import('./provider-accounts-remove.ts')).providerAccountsRemove,
  },
  {
    name: 'provider accounts set-password',
    summary: 'Gives an account of the provider another password.',
    load: async () => (await import('./provider-accounts-set-password.ts')).providerAccountsSetPassword,
  },
  {
    name: 'provider clients list',
    summary: 'Prints the clients of the provider.',
    load: async () => (await import('./provider-clients-list.ts')).providerClientsList,
  },
  {
    name: 'provider clients check',
    summary: 'Checks the clients of the provider.',
    load: async () => (await import('./provider-clients-check.ts')).providerClientsCheck,
  },
  {
    name: 'provider keys rotate',
    summary: 'Makes new signing keys.',
    load: async () => (await import('./provider-keys-rotate.ts')).providerKeysRotate,
  },
  {
    name: 'backup',
    summary: 'Writes what the embedded store holds to a file.',
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    name: 'restore',
    summary: 'Puts a backup in the place of what the embedded store holds.',
    load: async () => (await import('./restore.ts')).restore,
  },
  { name: 'version', summary: 'Prints the version.', load: async () => (await import('./version.ts')).version },
]

const OLDEST_NODE = 24

hideExperimentalWarnings()
try {
  checkRuntime()
  keepCompiledCode()
  await run(process.argv.slice(2))
} catch (error) {
  // What was started before the failure must not keep the process alive.
  process.exit(await report(error))
}

async function run(args: readonly string[]): Promise<void> {
  const [first = '', second = ''] = args
  if (first === '--version') return run(['version'])
  const command = COMMANDS.find(({ name }) => name.split(' ').every((word, place) => word === args[place]))
  if (command === undefined) return showOverview(first, second)

  const loaded = await command.load()
  const given = readArguments(command.name, loaded, args.slice(command.name.split(' ').length))
  if (given.flags.has('help')) return console.log(buildCommandHelp(command.name, loaded))
  const terminal = { input: process.stdin, output: process.stderr }
  await loaded.run({ ...given, env: process.env, terminal })
}

/** Help where it was asked for; otherwise the refusal of a command that is not there. */
function showOverview(first: string, second: string): void {
  const isHelp = (word: string) => word === '--help' || word === '-h'
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `))
  if (isHelp(first)) return console.log(buildOverview('', COMMANDS))
  if (first === '') throw new CommandError(buildOverview('', COMMANDS).trimEnd(), EXIT.usage)
  if (group.length > 0 && isHelp(second)) return console.log(buildOverview(first, group))

  const given = group.length > 0 && second !== '' ? `${first} ${second}` : first
  const nearest = findNearest(
    given,
    COMMANDS.map(({ name }) => name),
  )
  if (group.length > 0 && second === '') throw new CommandError(buildOverview(first, group).trimEnd(), EXIT.usage)
  const hint = nearest === undefined ? '' : `, did you mean [${nearest}]?`
  throw new CommandError(`ostiary: unknown command [${given}]${hint} (ostiary --help)`, EXIT.usage)
}

/** @returns the exit code */
async function report(error: unknown): Promise<number> {
  if (error instanceof CommandError || error instanceof SettingsError) {
    console.error(error.message.split('\n').map(printable).join('\n'))
    return error instanceof CommandError ? error.exitCode : EXIT.settings
  }
  // What was foreseen, or what the system says (an address in use), is for the operator; a stack is for whoever mends
  // the program.
  const isForeseen = error instanceof KeystoreError || error instanceof SecurityError
  const isOfSystem = (reason: unknown) => reason instanceof Error && 'syscall' in reason
  const isSystem = isOfSystem(error) || (error instanceof Error && isOfSystem(error.cause))
  const { describeError } = await import('../observe/log.ts')
  console.error(isForeseen || isSystem ? describeError(error) : error)
  return EXIT.failed
}

/** An older runtime would fail later, with a text that tells nobody why. */
function checkRuntime(): void {
  const { node } = process.versions
  if (Number.parseInt(node, 10) < OLDEST_NODE)
    throw new CommandError(`ostiary needs Node.js ${OLDEST_NODE} or newer, this is ${node}`, EXIT.failed)
}

/**
 * Beside the code that it is made from, for whoever may write there: the next start takes less time and memory. Threads and
 * workers learn of it by the environment.
 */
function keepCompiledCode(): void {
  const directory = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'ostiary')
  // Not by name: an older runtime that has none could not tell that it is too old.
  const { status } = nodeModule.enableCompileCache(directory)
  if (status === nodeModule.constants.compileCacheStatus.ENABLED) process.env['NODE_COMPILE_CACHE'] = directory
}

/** Node's own notes about its younger parts are of no use to who runs the program. Other warnings stay. */
function hideExperimentalWarnings(): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') console.error(`${warning.name}: ${warning.message}`)
  })
}
