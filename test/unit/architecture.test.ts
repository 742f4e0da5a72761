/** The rooms of `src` import only their own floor's and lower rooms, without cycles between rooms. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import test from 'node:test'

const SRC = resolve(import.meta.dirname, '../../src')
const EDGE = ['kernel', 'oidc', 'authz', 'store', 'net', 'settings', 'observe', 'pages', 'authc']

/** What each room may import beside itself. The reasons are in docs/architecture.md. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  oidc: ['kernel'],
  authz: ['kernel'],
  pages: ['kernel'],
  pkcs12: [],
  store: ['kernel'],
  net: ['kernel', 'pkcs12', 'settings/settings.ts'],
  settings: ['kernel', 'pkcs12'],
  observe: ['kernel', 'authz/name-pattern.ts', 'settings/settings.ts'],
  authc: ['kernel', 'oidc', 'authz', 'observe', 'store/store.ts', 'net', 'settings/settings.ts'],
  rest: EDGE,
  portal: EDGE,
  provider: EDGE,
  cli: [
    'kernel',
    'settings',
    'net',
    'oidc',
    'authz',
    'observe/log.ts',
    'store/embedded/backup.ts',
    'authc/password.ts',
    'authc/login-explanation.ts',
    'provider/accounts-document.ts',
    'provider/accounts-file.ts',
    'server.ts',
    'workers.ts',
    'demo.ts',
  ],
  'listener.ts': ['kernel', 'net', 'settings', 'observe'],
  'security.ts': [
    'kernel',
    'authz',
    'store/store.ts',
    'net',
    'settings',
    'observe',
    'authc',
    'rest',
    'portal/security-api.ts',
    'listener.ts',
  ],
  'server.ts': [
    'kernel',
    'store',
    'net',
    'settings',
    'observe',
    'portal',
    'provider',
    'demo.ts',
    'listener.ts',
    'security.ts',
  ],
  'workers.ts': ['kernel', 'observe/log.ts', 'settings/settings.ts', 'store', 'server.ts'],
  'demo.ts': ['kernel', 'store/store.ts', 'settings', 'authz', 'authc'],
}

const files = globSync('**/*.ts', { cwd: SRC })

for (const file of files) {
  const room = file.split('/')[0] ?? file
  test(`src/${file} imports only what the room ${room} may import`, () => {
    const allowed = MAY_IMPORT[room]
    assert.ok(allowed, `the room ${room} has no floor`)
    for (const target of importsOf(file)) {
      const fits = [room, ...allowed].some((place) => target === place || target.startsWith(`${place}/`))
      assert.ok(fits, `src/${file} must not import src/${target}`)
    }
  })
}

test('no folder is called util, helper, common or shared, and no file is a barrel', () => {
  for (const file of files) {
    assert.doesNotMatch(file, /(^|\/)(utils?|helpers?|common|shared)(\/|\.ts$)/)
    assert.doesNotMatch(file, /(^|\/)index\.ts$/)
    assert.doesNotMatch(readFileSync(join(SRC, file), 'utf8'), /^export \* from|^export default/m, file)
  }
})

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '')
  return specifiers.map((specifier) => relative(SRC, join(SRC, dirname(file), specifier)))
}
