import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { SettingsError } from '../../../src/settings/settings-error.ts'
import { readSettingsFile } from '../../../src/settings/settings-file.ts'

function read(yaml: string | Buffer): [key: string, found: unknown, where: string][] {
  const directory = mkdtempSync(join(tmpdir(), 'ostiary-settings-'))
  try {
    writeFileSync(join(directory, 'ostiary.yml'), yaml)
    return readSettingsFile(join(directory, 'ostiary.yml')).map(({ key, found, where }) => [key, found, where])
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function problemsOf(yaml: string | Buffer): [setting: string, where: string, text: string][] {
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

test('one line out of its column is one problem, however many follow it', () => {
  const all = ['a:', '  b: 1', ' c: 2', '  d: 3', '  e: 4', 'f:', '  g: 1', '\th: 2', '  i: 3', '']
  const text = 'this is no valid YAML: All mapping items must start at the same column'
  assert.deepEqual(problemsOf(all.join('\n')), [
    ['', 'line 3', text],
    ['', 'line 8', 'this is no valid YAML: Tabs are not allowed as indentation'],
  ])
})

test('slips that a parser has no words for are told with the way out', () => {
  assert.deepEqual(problemsOf('a: 1\n---\nb: 2\n'), [
    ['', 'line 2', 'a second document begins here: put everything into one, without a line [---] in between'],
  ])
  assert.match(problemsOf('a:1\nb: 2\n')[0]?.[2] ?? '', /is a colon, or the blank after it, missing\?/)
  assert.match(problemsOf('a: b: c\n')[0]?.[2] ?? '', /needs quotes/)
  assert.deepEqual(problemsOf('a: 1\nb: !include c\n'), [
    ['', 'line 2', 'this is no valid YAML: Unresolved tag: !include'],
  ])
})

test('text that is not UTF-8 is refused with its line', () => {
  const text = 'the file is not UTF-8 here: save it in that encoding'
  assert.deepEqual(problemsOf(Buffer.from('a: 1\nb: M\u00fcller\n', 'latin1')), [['', 'line 2', text]])
  assert.deepEqual(problemsOf(Buffer.from('\ufeffa: 1\n', 'utf16le')).at(0), ['', 'line 1', text])
})

test('a variable in a value is refused with what sets it', () => {
  const advice = 'the environment variable [OSTIARY_SETTING_NODE_NAME] sets the whole value'
  assert.deepEqual(problemsOf('node.name: a-${HOSTNAME}\n'), [
    ['node.name', 'line 1', `[a-\${HOSTNAME}] has a variable in it, which nothing replaces: ${advice}`],
  ])
  const inList = problemsOf("a_b.c: [x, '${X}']\n")
  assert.match(inList[0]?.[2] ?? '', /OSTIARY_SETTING_A__B_C/)
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
