import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { SettingsError } from '../../../src/settings/settings-error.ts'
import { readSettingsFile } from '../../../src/settings/settings-file.ts'

function read(yaml: string): [key: string, found: unknown, where: string][] {
  const directory = mkdtempSync(join(tmpdir(), 'ostiary-settings-'))
  try {
    writeFileSync(join(directory, 'ostiary.yml'), yaml)
    return readSettingsFile(join(directory, 'ostiary.yml')).map(({ key, found, where }) => [key, found, where])
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function problemsOf(yaml: string): [setting: string, where: string, text: string][] {
  try {
    read(yaml)
    return []
  } catch (error) {
    assert.ok(error instanceof SettingsError)
    return error.problems.map(({ setting, where, text }) => [setting, where, text])
  }
}

test('dotted and nested names are the same, in any mixture, with the line of each', () => {
  assert.deepEqual(read('a.b.c: x\na:\n  b.d: y\n  b:\n    e.f: z\n'), [
    ['a.b.c', 'x', 'line 1'],
    ['a.b.d', 'y', 'line 3'],
    ['a.b.e.f', 'z', 'line 5'],
  ])
})

test('values are the texts as they were written', () => {
  assert.deepEqual(read(`a: 007\nb: true\nc: '1e3'\nd: 1e3\ne:\nf: [1, 'two', 0x3]\ng: |\n  line\n`), [
    ['a', '007', 'line 1'],
    ['b', 'true', 'line 2'],
    ['c', '1e3', 'line 3'],
    ['d', '1e3', 'line 4'],
    ['e', null, 'line 5'],
    ['f', ['1', 'two', '0x3'], 'line 6'],
    ['g', 'line\n', 'line 7'],
  ])
})

test('an empty file and a file of comments have no settings', () => {
  assert.deepEqual(read(''), [])
  assert.deepEqual(read('# nothing\n'), [])
})

test('bad YAML is refused with its line', () => {
  const [problem] = problemsOf('a: 1\nb: [1, 2\nc: 3\n')
  assert.equal(problem?.[1], 'line 3')
  assert.match(problem?.[2] ?? '', /^this is no valid YAML: Flow sequence in block collection must be sufficiently/)
})

test('a tab as indentation is refused with its line', () => {
  const [problem] = problemsOf('a:\n\tb: 1\n')
  assert.equal(problem?.[1], 'line 2')
  assert.match(problem?.[2] ?? '', /^this is no valid YAML: Tabs are not allowed as indentation/)
})

test('what is YAML and yet no setting is refused with its line', () => {
  assert.deepEqual(problemsOf('- a\n- b\n'), [
    ['', 'line 1', 'expected settings such as [http.port: 9200], found something else'],
  ])
  assert.deepEqual(problemsOf('a: 1\nb:\n  - c: 1\n'), [
    ['b', 'line 2', 'expected a list of plain values, found something else in it'],
  ])
  assert.deepEqual(problemsOf('a: &x 1\nb: *x\n'), [['b', 'line 2', 'expected the value itself, found a YAML alias']])
  assert.deepEqual(problemsOf('? [a]\n: 1\n'), [['', 'line 1', 'expected the name of a setting, found something else']])
})

test('a file that is not there or too large is refused', () => {
  assert.throws(() => readSettingsFile('/nowhere/ostiary.yml'), {
    name: 'SettingsError',
    message:
      "One problem with the settings of /nowhere/ostiary.yml:\n  file: it cannot be read: ENOENT: no such file or directory, stat '/nowhere/ostiary.yml'",
  })
  assert.deepEqual(problemsOf(`# ${'x'.repeat(1024 * 1024)}\n`), [
    ['', 'file', 'it cannot be read: it is larger than 1048576 bytes'],
  ])
})
