/** `npm ci` refuses a lockfile that lacks a package which some other platform would install. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'node:test'

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>
}

test('the lockfile names the packages of every platform, so that npm ci works anywhere', () => {
  const file = resolve(import.meta.dirname, '../../package-lock.json')
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as Lockfile
  const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
  assert.ok(wanted.length > 0)
  const known = Object.keys(packages)
  const missing = wanted.filter((name) => !known.some((place) => place.endsWith(`node_modules/${name}`)))
  assert.deepEqual(missing, [])
})
