/** That every acceptance scenario of the portal, and every attack that it must withstand, has a test of its name. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'

const root = join(import.meta.dirname, '../..')
const { scenarios, attacks } = JSON.parse(readFileSync(join(root, 'vectors/portal-acceptance.json'), 'utf8')) as {
  scenarios: Record<string, number>
  attacks: number[]
}
const tested = new Set(
  globSync('{api,browser}/portal-*.test.ts', { cwd: root })
    .concat(globSync('unit/portal/*.test.ts', { cwd: root }))
    .flatMap((file) => Array.from(readFileSync(join(root, file), 'utf8').matchAll(/^\s*test\(\s*['`]([A-H]-?\d+) /gm)))
    .map(([, name]) => name),
)

test('every scenario has a test that begins with its number', () => {
  const wanted = Object.entries(scenarios).flatMap(([letter, last]) =>
    Array.from({ length: last }, (_, index) => `${letter}${index + 1}`),
  )
  assert.deepEqual(
    wanted.filter((name) => !tested.has(name)),
    [],
  )
})

test('every attack has a test that begins with its number', () => {
  const wanted = attacks.map((number) => `A-${number}`)
  assert.deepEqual(
    wanted.filter((name) => !tested.has(name)),
    [],
  )
})
