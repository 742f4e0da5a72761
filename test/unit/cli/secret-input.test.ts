import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import test from 'node:test'
import { readKnownSecret, readSecret } from '../../../src/cli/secret-input.ts'

/** A terminal at which somebody types these texts, each after the next question. */
function createTerminal(typed: readonly string[]) {
  const answers = [...typed]
  const shown: string[] = []
  const modes: boolean[] = []
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode(mode: boolean) {
      modes.push(mode)
      return input
    },
  })
  const output = {
    write(text: string) {
      shown.push(text)
      if (text.endsWith(': ')) setImmediate(() => input.write(answers.shift() ?? ''))
    },
  }
  const terminal = { input, output } as unknown as { input: NodeJS.ReadStream; output: NodeJS.WriteStream }
  return { terminal, shown, modes }
}

function read(typed: readonly string[], by = readSecret) {
  const { terminal, shown, modes } = createTerminal(typed)
  const given = { flags: new Set<string>(), values: new Map<string, string>(), operands: [], env: {} }
  return { secret: by('Password', { ...given, terminal }), shown, modes }
}

test('a secret is typed twice and never shown', async () => {
  const { secret, shown, modes } = read(['geheim\r', 'geheim\r'])
  assert.equal(await secret, 'geheim')
  assert.deepEqual(shown, ['Password: ', '\n', 'Password, once more: ', '\n'])
  assert.deepEqual(modes, [true, false, true, false])
})

test('a secret that is known elsewhere is typed once', async () => {
  const { secret, shown } = read(['geheim\r'], readKnownSecret)
  assert.equal(await secret, 'geheim')
  assert.deepEqual(shown, ['Password: ', '\n'])
})

test('backspace takes the last letter back', async () => {
  assert.equal(await read(['geheimx\u007f\n', 'xy\b\b\bgeheim\u0004']).secret, 'geheim')
})

test('two different values are refused', async () => {
  await assert.rejects(read(['geheim\r', 'geheum\r']).secret, { message: 'the two values differ', exitCode: 2 })
})

test('an empty value is refused', async () => {
  await assert.rejects(read(['\r', '\r']).secret, { message: 'the value is empty', exitCode: 2 })
})

test('Ctrl-C cancels, and the terminal is as before', async () => {
  const { secret, modes } = read(['geh\u0003'])
  await assert.rejects(secret, { message: 'cancelled', exitCode: 1 })
  assert.deepEqual(modes, [true, false])
})
