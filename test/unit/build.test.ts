/** `npm start` runs what `build.ts` makes of the sources. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ROOT, startProgram } from '../support/program.ts'

/** The repository as the build sees it, in a folder of the test's own. */
function copyRepository(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-build-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of ['build.ts', 'package.json', 'package-lock.json', 'src'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

function run(folder: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

test('what is built is of the sources as they are now, and is built once', (t) => {
  const folder = copyRepository(t)
  const builtAt = () => statSync(join(folder, 'dist/built-from')).mtimeMs
  run(folder, 'build.ts')
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  assert.equal(run(folder, 'dist/cli/main.js', 'version'), `${version}\n`)

  const first = builtAt()
  run(folder, 'build.ts')
  assert.equal(builtAt(), first)

  appendFileSync(join(folder, 'src/cli/version.ts'), "console.log('changed')\n")
  run(folder, 'build.ts')
  assert.equal(run(folder, 'dist/cli/main.js', 'version'), `changed\n${version}\n`)
  assert.equal(globSync('dist/cli/version-*.js', { cwd: folder }).length, 1, 'what was built before is gone')

  // Node.js keeps a source with a single other character in twice the memory.
  const isAscii = (text: string) => !/[^\0-\x7f]/.test(text)
  const wide = globSync('dist/**/*.js', { cwd: folder }).filter(
    (file) => !isAscii(readFileSync(join(folder, file), 'utf8')),
  )
  assert.deepEqual(wide, [])
})

test('where nothing can be written, the build says so in a line', (t) => {
  const folder = copyRepository(t)
  writeFileSync(join(folder, 'dist'), '')
  const { status, stderr } = spawnSync(process.execPath, ['build.ts'], { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /^the sources have changed, and \S+dist cannot be written: .*EEXIST.*\n$/)
})

test('what is built has one HTTP client: that of Node.js is loaded by no start and by no answer', async (t) => {
  const folder = copyRepository(t)
  run(folder, 'build.ts')
  // Its threads tell it too.
  const tell = "data:text/javascript,process.on('exit',()=>console.log(process.moduleLoadList.join()))"
  const main = join(folder, 'dist/cli/main.js')
  const program = await startProgram({ main, environment: { NODE_OPTIONS: `--import ${tell}` } })
  t.after(() => program.remove())
  const pages = [program.portal, program.api, program.provider, `${program.provider}/.well-known/openid-configuration`]
  for (const page of pages) await (await fetch(page)).text()
  await program.stop()
  const loaded = new Set(program.output().match(/(?<=NativeModule )[\w/]+/g))
  assert.ok(loaded.has('http'))
  for (const other of ['internal/deps/undici/undici', 'http2', 'internal/webstreams/readablestream'])
    assert.ok(!loaded.has(other), other)
})
