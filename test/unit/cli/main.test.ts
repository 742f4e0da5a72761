import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import test from 'node:test'
import { createConfigFolder, runCommand } from '../../support/command.ts'

const COMMANDS = [
  'start',
  'keystore create',
  'keystore add',
  'keystore list',
  'keystore remove',
  'users hash-password',
  'logs find',
  'realm explain',
  'realm check',
  'realm discover',
  'provider accounts list',
  'provider accounts add',
  'provider accounts remove',
  'provider accounts set-password',
  'provider clients list',
  'provider clients check',
  'provider keys rotate',
  'backup',
  'restore',
  'version',
]

test('the help names every command', async () => {
  for (const option of ['--help', '-h']) {
    const { code, out, err } = await runCommand([option])
    assert.equal(code, 0)
    assert.equal(err, '')
    for (const command of COMMANDS) assert.match(out, new RegExp(`^  ${command} +[A-Z].*\\.$`, 'm'))
  }
})

test('every command has its own help', async () => {
  for (const command of COMMANDS) {
    const { code, out, err } = await runCommand([...command.split(' '), '--help'])
    assert.equal(err, '', command)
    assert.equal(code, 0, command)
    assert.match(out, new RegExp(`^Usage: ostiary ${command} .*\\[options\\]\\n\\n[A-Z]`), command)
  }
})

test('a group of commands has its own help', async () => {
  const { code, out } = await runCommand(['keystore', '--help'])
  assert.equal(code, 0)
  assert.match(out, /^Usage: ostiary keystore COMMAND/)
  assert.doesNotMatch(out, /hash-password/)
})

test('without a command the help comes as an error', async () => {
  for (const args of [[], ['keystore']]) {
    const { code, out, err } = await runCommand(args)
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /^Usage: ostiary .*COMMAND/)
  }
})

const REFUSED: [args: string, line: string][] = [
  ['strat', 'ostiary: unknown command [strat], did you mean [start]? (ostiary --help)'],
  ['frobnicate', 'ostiary: unknown command [frobnicate] (ostiary --help)'],
  ['keystore ad', 'ostiary: unknown command [keystore ad], did you mean [keystore add]? (ostiary --help)'],
  ['version --loud', "ostiary version: Unknown option '--loud' (ostiary version --help)"],
  ['version 2', 'ostiary version: unexpected argument [2] (ostiary version --help)'],
  [
    'keystore list --config',
    "ostiary keystore list: Option '--config <value>' argument missing (ostiary keystore list --help)",
  ],
  ['keystore add', 'ostiary keystore add: NAME is missing (ostiary keystore add --help)'],
  ['keystore add a b', 'ostiary keystore add: unexpected argument [b] (ostiary keystore add --help)'],
]
for (const [args, line] of REFUSED)
  test(`ostiary ${args}: refused with one clear line`, async () => {
    assert.deepEqual(await runCommand(args.split(' ')), { code: 2, out: '', err: `${line}\n` })
  })

test('the version is that of the package', async () => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  for (const command of ['version', '--version'])
    assert.deepEqual(await runCommand([command]), { code: 0, out: `${version}\n`, err: '' })
})

test('an older runtime is told so in one line, before anything that it lacks is used', async () => {
  const older = [
    "Object.defineProperty(process.versions, 'node', { value: '20.20.2' })",
    "process.getBuiltinModule('module').enableCompileCache = undefined",
  ].join(';')
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` }
  const { code, err } = await runCommand(['version'], { env })
  assert.equal(err, 'ostiary needs Node.js 24 or newer, this is 20.20.2\n')
  assert.equal(code, 1)
})

test('a start with unusable settings tells all problems without a stack, and makes no data folder', async (t) => {
  const { directory, config } = createConfigFolder(t)
  writeFileSync(config, 'http.prot: 9200\nhttp.port: many\n')
  const { code, out, err } = await runCommand(['start', '--config', config])
  assert.deepEqual([code, out], [78, ''])
  assert.equal(
    err,
    `2 problems with the settings of ${directory}/ostiary.yml:\n` +
      '  line 1: unknown setting [http.prot] did you mean [http.port]?\n' +
      '  line 2: Failed to parse value [many] for setting [http.port]: expected a whole number from 0 to 65535\n',
  )
})

test('a start without its settings file names it, and makes no keystore in its place', async (t) => {
  const { directory, config } = createConfigFolder(t)
  const { code, err } = await runCommand(['start', '--config', config])
  assert.equal(code, 78)
  assert.match(err, new RegExp(`^One problem with the settings of ${config}:\n  file: it cannot be read: ENOENT`))
  assert.equal(
    (await runCommand(['keystore', 'create', '--config', config])).out,
    `created ${directory}/ostiary.keystore\n`,
  )
})

test('what node says about its younger parts is not shown, its other warnings are', async () => {
  const warn = "process.emitWarning('young','ExperimentalWarning');process.emitWarning('old','DeprecationWarning')"
  const preload = `data:text/javascript,${encodeURIComponent(`setTimeout(()=>{${warn}},300)`)}`
  const { code, err } = await runCommand(['version'], { env: { NODE_OPTIONS: `--import=${preload}` } })
  assert.deepEqual([code, err], [0, 'DeprecationWarning: old\n'])
})
