/**
 * Builds `dist`: the program and the packages that it uses, bundled into few files, which start in less time and take less
 * memory than the hundreds that they are made from. What was built from the same sources before is left alone.
 *
 *     node build.ts
 */
import type { Plugin } from 'esbuild'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'

const ROOT = import.meta.dirname
const DIST = join(ROOT, 'dist')
/** Written last, so that what was left half built is built again. */
const STAMP = join(DIST, 'built-from')

/**
 * What is loaded in the place of a module. An import of `node:http` reads all that it exports, among it WebSocket, and undici
 * reads the global Headers: either loads Node's own second HTTP client, which no start needs.
 */
const REPLACED: Readonly<Record<string, string>> = {
  'node:http': "module.exports = require('node:http')",
  undici: `
    exports.Agent = require('undici/lib/dispatcher/agent.js')
    exports.ProxyAgent = require('undici/lib/dispatcher/proxy-agent.js')
    exports.buildConnector = require('undici/lib/core/connect.js')
    exports.fetch = require('undici/lib/web/fetch/index.js').fetch`,
}

const REPLACE: Plugin = {
  name: 'replaced modules',
  setup(build) {
    const namespace = 'replaced'
    build.onResolve({ filter: /^(?:node:http|undici)$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: REPLACED[path] ?? '', resolveDir: ROOT }))
  },
}

const sources = digestSources()
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== sources) await buildDist()

async function buildDist(): Promise<void> {
  const { build } = await import('esbuild').catch(() => {
    throw new Error('the build needs the development packages: run `npm ci` without `--omit=dev`')
  })
  const { metafile } = await build({
    absWorkingDir: ROOT,
    // Every file lies two folders below the root, as main.ts does, and the writer where the store looks for it.
    entryPoints: {
      'cli/main': 'src/cli/main.ts',
      'cli/embedded/writer': 'src/store/embedded/writer.ts',
      'cli/embedded/checkpointer': 'src/store/embedded/checkpointer.ts',
    },
    chunkNames: 'cli/[name]-[hash]',
    outdir: DIST,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Names stay: the provider's library goes by those of its classes, and operators by those in stacks.
    // A single character of a comment that is not in Latin-1 would double the memory that a file takes.
    minifyWhitespace: true,
    legalComments: 'none',
    // Native code, which is loaded from its package; `pg` looks for a package that nobody has installed.
    external: ['@node-rs/bcrypt', 'pg-native'],
    banner: { js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);" },
    plugins: [REPLACE],
    metafile: true,
    logLevel: 'warning',
  })
  removeOthers(new Set(Object.keys(metafile.outputs).map((name) => join(ROOT, name))))
  writeFileSync(join(DIST, 'THIRD-PARTY-LICENSES.txt'), buildLicenses(Object.keys(metafile.inputs)))
  writeFileSync(STAMP, sources)
  console.error(styleText('dim', `built ${Object.keys(metafile.outputs).length} files in dist`))
}

/** What an earlier build left. Before, a program that runs may still load from it. */
function removeOthers(built: ReadonlySet<string>): void {
  for (const name of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
    const path = join(DIST, name)
    if (statSync(path).isFile() && !built.has(path)) rmSync(path)
  }
}

/** Of everything that the built files depend on. */
function digestSources(): string {
  const inSrc = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const files = ['build.ts', 'package-lock.json', ...inSrc.map((name) => join('src', name))].toSorted()
  const digest = createHash('sha256')
  for (const file of files)
    digest
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0')
  return digest.digest('hex')
}

/** The licences of the packages that are in the bundle, as they want it. */
function buildLicenses(inputs: readonly string[]): string {
  const folders = inputs.map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0])
  const packages = [...new Set(folders.filter((folder) => folder !== undefined))].toSorted()
  return packages.map(describeLicense).join('\n\n')
}

function describeLicense(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Package
  const file = readdirSync(join(ROOT, folder)).find((candidate) => /^licen[cs]e/i.test(candidate))
  const text = file === undefined ? '' : readFileSync(join(ROOT, folder, file), 'utf8')
  return `${'='.repeat(80)}\n${name} ${version} (${license})\n\n${text}`.trimEnd()
}

interface Package {
  readonly name: string
  readonly version: string
  readonly license: string
}
