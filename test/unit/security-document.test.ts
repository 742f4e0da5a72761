/** docs/security.md promises what holds against each attack. Each promise has a test that carries its number, in each part. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import test from 'node:test'

const ROOT = join(import.meta.dirname, '../..')
const TESTS = join(ROOT, 'test')
type Part = 'portal' | 'provider' | 'security'

/** Which part a file of tests is about; vectors are about that whose tests read them. */
function partOf(file: string): Part {
  if (/portal|whole-loop|browser\/pages/.test(file)) return 'portal'
  return /provider|end-session|guarded-fetch|client-address|apache/.test(file) ? 'provider' : 'security'
}

/** The numbers in the names of tests: in their code outside comments, and in the names of vectors. */
function collectNumbers(): Map<string, Set<Part>> {
  const found = new Map<string, Set<Part>>()
  const add = (text: string, part: Part) => {
    for (const [number] of text.matchAll(/\bA-\d+\b/g)) found.set(number, (found.get(number) ?? new Set()).add(part))
  }
  for (const file of globSync('**/*.test.ts', { cwd: TESTS })) {
    const code = readFileSync(join(TESTS, file), 'utf8').replaceAll(/\/\*[^]*?\*\/|^ *\/\/.*$/gm, '')
    add(code, partOf(file))
  }
  for (const file of globSync('vectors/**/*.json', { cwd: TESTS })) {
    for (const [, name = ''] of readFileSync(join(TESTS, file), 'utf8').matchAll(/"name": ("(?:[^"\\]|\\.)*")/g))
      add(name, partOf(relative('vectors', file)))
  }
  const consumers = JSON.parse(readFileSync(join(TESTS, 'vectors/hostile/consumers.json'), 'utf8')) as Record<
    string,
    { threats: string[] }[]
  >
  for (const [edge, rows] of Object.entries(consumers))
    for (const { threats } of rows) add(threats.join(' '), edge === 'api' ? 'security' : (edge as Part))
  return found
}

const document = readFileSync(join(ROOT, 'docs/security.md'), 'utf8')
const rows = [...document.matchAll(/^\| (A-\d+) \|.*\| ([^|]+) \|$/gm)].map(([, number = '', parts = '']) => ({
  number,
  parts,
}))
const numbers = collectNumbers()

test('the document has its rows', () => assert.ok(rows.length >= 49))

for (const { number, parts } of rows)
  test(`the promise ${number} of docs/security.md has a test of its number for: ${parts}`, () => {
    const tested = numbers.get(number) ?? new Set()
    assert.ok(tested.size > 0, 'no test has this number')
    const demanded = parts === 'all' ? [] : parts.split(', ')
    const missing = demanded.filter(
      (part) => !tested.has(part === 'realm' || part === 'API' ? 'security' : (part as Part)),
    )
    assert.deepEqual(missing, [])
  })

test('every number that a test carries is a promise of the document, or told to be missing there', () => {
  for (const number of numbers.keys()) assert.match(document, new RegExp(`\\b${number}\\b`))
})
