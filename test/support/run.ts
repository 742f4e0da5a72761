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

const [mode = 'full', ...only] = process.argv.slice(2)
installCounterparts()
const files = only.length > 0 ? only : globSync(mode === 'quick' ? QUICK : FULL).toSorted()
if (files.length === 0) throw new Error('no test file found')
spawnSync(process.execPath, ['build.ts'], { stdio: 'inherit' })
const run = spawnSync(
  process.execPath,
  ['--disable-warning=ExperimentalWarning', '--test', '--test-concurrency=2', ...files],
  // What is started as a whole is what an operator starts. A test file that runs alone starts the sources.
  { stdio: 'inherit', env: { ...process.env, OSTIARY_TEST_MAIN: 'dist/cli/main.js' } },
)
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
