import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createProgram } from '../support/program.ts'

/** Starts the program with changed settings, and expects it to refuse. @returns what it printed */
async function refuseStart(t: TestContext, settings: (yaml: string) => string): Promise<string> {
  const program = await createProgram({ settings })
  t.after(() => program.remove())
  const { code, output } = await program.run()
  assert.equal(code, 78, output)
  assert.doesNotMatch(output, /^\s+at /m, 'a stack is no help to whoever wrote the settings')
  return output
}

test('a mandatory setting that is missing is named in full', async (t) => {
  const output = await refuseStart(t, (yaml) => yaml.replace(/^ {2}rp\.client_id: 'portal'$/m, ''))
  assert.match(
    output,
    /The configuration setting \[xpack\.security\.authc\.realms\.oidc\.oidc1\.rp\.client_id\] is required/,
  )
})

test('a realm without an order is refused', async (t) => {
  const output = await refuseStart(t, (yaml) => yaml.replace(/^ {2}order: 2$/m, ''))
  assert.match(output, /'order' is a mandatory parameter for realm config/)
})

test('an unknown setting is named with its line, and the one that was probably meant', async (t) => {
  const output = await refuseStart(t, (yaml) => `cluster.nmae: x\n${yaml}`)
  assert.match(output, /line 1: unknown setting \[cluster\.nmae\] did you mean \[cluster\.name\]\?/)
})

test('a value of the wrong kind is named with what is expected', async (t) => {
  const output = await refuseStart(t, (yaml) => yaml.replace(/^http\.port: .*$/m, 'http.port: many'))
  assert.match(output, /line \d+: .*\[many\].*\[http\.port\]/)
})

test('YAML that cannot be read is named with its line', async (t) => {
  const output = await refuseStart(t, (yaml) => `cluster.name: good\nnode.name: a: b\n${yaml}`)
  assert.match(output, /ostiary\.yml/)
  assert.match(output, /line 2: this is no valid YAML/)
})

test('a secret in the settings file is refused, and not repeated', async (t) => {
  const output = await refuseStart(t, (yaml) => `bootstrap.password: not-to-be-printed\n${yaml}`)
  assert.match(output, /\[bootstrap\.password\] is a secure setting/)
  assert.doesNotMatch(output, /not-to-be-printed/)
})

test('everything that is wrong is said at once', async (t) => {
  const output = await refuseStart(t, (yaml) =>
    `cluster.nmae: x\n${yaml}`
      .replace(/^http\.port: .*$/m, 'http.port: many')
      .replace(/^ {2}rp\.client_id: 'portal'$/m, ''),
  )
  for (const named of ['cluster.nmae', 'http.port', 'oidc1.rp.client_id']) {
    assert.ok(output.includes(named), `${named} is not named in:\n${output}`)
  }
})
