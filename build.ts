/**
 * Builds `dist`: the program and the packages that it uses, bundled into few files, which start in less time and take less
 * memory than the hundreds that they are made from. What was built from the same sources before is left alone.
 *
 *     node build.ts
 */
import type { Plugin } from 'esbuild'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { styleText } from 'node:util'

const ROOT = import.meta.dirname
const DIST = join(ROOT, 'dist')
/** Removed first and written last, so that what was left half built is built again. */
const STAMP = join(DIST, 'built-from')

/** What an import of a package of Node.js means where all that it exports would be loaded as well. */
const REPLACED_IMPORTS: Readonly<Record<string, string>> = {
  // Among it is WebSocket, and with that Node's own second HTTP client.
  'node:http': "module.exports = require('node:http')",
  // No start waits for a call to somebody else. The whole of undici would read the global Headers: again that client.
  undici: `
    const load = (name, get) => Object.defineProperty(exports, name, { get, enumerable: true })
    load('Agent', () => require('undici/lib/dispatcher/agent.js'))
    load('ProxyAgent', () => require('undici/lib/dispatcher/proxy-agent.js'))
    load('buildConnector', () => require('undici/lib/core/connect.js'))
    load('fetch', () => require('undici/lib/web/fetch/index.js').fetch)`,
}

const LEFT_OUT = "throw new Error('this is left out of the build')"

/** What packages require, and is of no use here. */
const REPLACED: Readonly<Record<string, string>> = {
  // Nothing speaks HTTP/2. The constants are read all the same.
  'node:http2': 'exports.constants = {}',
  // Fastify's, for requests that tests make up, and for schemas (see without-schemas.ts).
  'light-my-request': LEFT_OUT,
  '@fastify/ajv-compiler': LEFT_OUT,
  '@fastify/fast-json-stringify-compiler': LEFT_OUT,
  // There are 2,500 media types. Those of the provider's answers:
  'mime-db': `module.exports = ${JSON.stringify(listMediaTypes(['html', 'json', 'txt', 'bin']))}`,
}

/** Koa asks of each answer whether it is one of these, whose classes come with Node's second HTTP client and HTTP/2. */
const BODIES_OF_FETCH = /\w+ instanceof (?:ReadableStream|Blob|Response)\b/g

const REPLACE: Plugin = {
  name: 'replaced modules',
  setup(build) {
    const namespace = 'replaced'
    build.onLoad({ filter: /[\\/]koa[\\/]lib[\\/](?:application|response)\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(BODIES_OF_FETCH, 'false'),
    }))
    build.onResolve({ filter: namesOf(REPLACED_IMPORTS) }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace } : undefined,
    )
    build.onResolve({ filter: namesOf(REPLACED) }, ({ path }) => ({ path, namespace }))
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: REPLACED_IMPORTS[path] ?? REPLACED[path] ?? '',
      resolveDir: ROOT,
    }))
  },
}

const sources = digestSources()
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== sources) await buildDist()

async function buildDist(): Promise<void> {
  const { build } = await import('esbuild').catch(() =>
    fail('the build needs the development packages: run `npm ci` without `--omit=dev`'),
  )
  prepareDist()
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
    minifyWhitespace: true,
    legalComments: 'none',
    // Native code, which is loaded from its package; `pg` looks for a package that nobody has installed.
    external: ['@node-rs/bcrypt', 'pg-native'],
    banner: { js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);" },
    plugins: [REPLACE],
    metafile: true,
    logLevel: 'warning',
  })
  const built = Object.keys(metafile.outputs).map((name) => join(ROOT, name))
  built.forEach(keepToAscii)
  removeOthers(new Set(built))
  writeFileSync(join(DIST, 'THIRD-PARTY-LICENSES.txt'), buildLicenses(Object.keys(metafile.inputs)))
  writeFileSync(STAMP, sources)
  console.error(styleText('dim', `built ${Object.keys(metafile.outputs).length} files in dist`))
}

function prepareDist(): void {
  try {
    mkdirSync(DIST, { recursive: true })
    accessSync(DIST, constants.W_OK)
    rmSync(STAMP, { force: true })
  } catch (error) {
    fail(`the sources have changed, and ${DIST} cannot be written: run \`npm run build\` as who may (${String(error)})`)
  }
}

function fail(text: string): never {
  console.error(text)
  process.exit(1)
}

/** With a single other character, which esbuild leaves in templates with a tag, a file takes twice the memory. */
function keepToAscii(path: string): void {
  const text = readFileSync(path, 'utf8')
  const escaped = text.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  if (escaped !== text) writeFileSync(path, escaped)
}

/** What an earlier build left. Before, a program that runs may still load from it. */
function removeOthers(built: ReadonlySet<string>): void {
  for (const name of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
    const path = join(DIST, name)
    if (statSync(path).isFile() && !built.has(path)) rmSync(path)
  }
}

function namesOf(replaced: Readonly<Record<string, string>>): RegExp {
  return new RegExp(`^(?:${Object.keys(replaced).join('|')})$`)
}

/** By their file extensions. */
function listMediaTypes(extensions: readonly string[]): object {
  const all = createRequire(import.meta.url)('mime-db') as Record<string, { extensions?: string[] }>
  const isOurs = (type: { extensions?: string[] }) => type.extensions?.some((one) => extensions.includes(one))
  return Object.fromEntries(Object.entries(all).filter(([, type]) => isOurs(type)))
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
