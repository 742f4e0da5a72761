/** Every module, rule and trap that the provider's tests must name is named by one. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import vectors from '../../vectors/provider-names.json' with { type: 'json' }

const TESTS = join(import.meta.dirname, '../..')
const sources = ['api', 'browser', 'unit/provider']
  .flatMap((folder) => readdirSync(join(TESTS, folder)).map((file) => join(TESTS, folder, file)))
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')

/** The texts that tests are named by: those of `test(…)`, and those of the tables that tests are made from. */
const named = new Set(
  [...sources.matchAll(/(?:\btest\(\s*|^\s*\[?\s*)(['"`])((?:\\.|(?!\1).)*)\1/gm)].flatMap(
    ([, , text = '']) => text.match(/[A-Za-z][\w-]*/g) ?? [],
  ),
)

for (const [plan, names] of Object.entries(vectors)) {
  if (typeof names === 'string') continue
  test(`${plan}: ${names.length} names, each of a test`, () => {
    assert.deepEqual(
      names.filter((name) => !named.has(name)),
      [],
    )
  })
}
