/**
 * The test command. `quick`: unit, store and API tests. Otherwise everything. First it makes sure that the programs of
 * Debian which serve as counterparts are there. Nothing is skipped: what is missing and cannot be installed ends the run.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'

const COUNTERPARTS = [
  { program: '/usr/lib/postgresql', packages: ['postgresql'], modes: ['quick', 'full'] },
  { program: '/usr/bin/glewlwyd', packages: ['glewlwyd'], modes: ['quick', 'full'] },
  { program: '/usr/bin/tinyproxy', packages: ['tinyproxy-bin'], modes: ['quick', 'full'] },
  { program: '/usr/sbin/slapd', packages: ['slapd'], modes: ['quick', 'full'] },
  { program: '/usr/bin/gcc', packages: ['gcc'], modes: ['full'] },
  { program: '/usr/include/stdlib.h', packages: ['libc6-dev'], modes: ['full'] },
  { program: '/usr/bin/chromium', packages: ['chromium', 'fonts-liberation'], modes: ['full'] },
  {
    program: '/usr/lib/apache2/modules/mod_auth_openidc.so',
    packages: ['apache2-bin', 'libapache2-mod-auth-openidc'],
    modes: ['full'],
  },
]
const QUICK = ['test/unit/**/*.test.ts', 'test/store/**/*.test.ts', 'test/api/**/*.test.ts']
const FULL = [...QUICK, 'test/browser/**/*.test.ts', 'test/crash/**/*.test.ts']
/** What hangs fails, and is named: ten times what the slowest test takes, and three times all of them. */
const TEST_LIMIT_MS = 180_000
const RUN_LIMIT_MS = 1_800_000

const [mode = 'full', ...only] = process.argv.slice(2)
installCounterparts()
const files = only.length > 0 ? only : globSync(mode === 'quick' ? QUICK : FULL).toSorted()
if (files.length === 0) throw new Error('no test file found')
spawnSync(process.execPath, ['build.ts'], { stdio: 'inherit' })
// Files that are named, as the long crash suite, take the time they take.
const limited = only.length === 0
const run = spawnSync(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-concurrency=2',
    ...(limited ? [`--test-timeout=${TEST_LIMIT_MS}`] : []),
    ...files,
  ],
  // What is started as a whole is what an operator starts. A test file that runs alone starts the sources.
  {
    stdio: 'inherit',
    timeout: limited ? RUN_LIMIT_MS : undefined,
    env: { ...process.env, OSTIARY_TEST_MAIN: 'dist/cli/main.js' },
  },
)
if (run.error !== undefined) console.error(`The tests did not end: ${run.error.message}`)
process.exitCode = run.status ?? 1

function installCounterparts(): void {
  const needed = COUNTERPARTS.filter(({ modes }) => modes.includes(mode))
  const missing = needed.filter(({ program }) => !existsSync(program)).flatMap(({ packages }) => packages)
  if (missing.length === 0) return
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log(`installing for the tests: ${missing.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] }
    spawnSync('apt-get', ['update', '-qq'], quiet)
    if (spawnSync('apt-get', ['install', '-y', '-qq', ...missing], quiet).status === 0) return
  }
  console.error(`The tests need these Debian packages: sudo apt-get install -y ${missing.join(' ')}`)
  process.exit(1)
}
