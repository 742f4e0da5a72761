import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rename, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { callApi, ELASTIC } from '../support/api-call.ts'
import {
  createProgram,
  endProcess,
  type Program,
  type ProgramOptions,
  ROOT,
  waitUntilAnswers,
} from '../support/program.ts'

async function prepare(t: TestContext, options: ProgramOptions = {}): Promise<Program> {
  const program = await createProgram(options)
  t.after(() => program.remove())
  return program
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} lets a request that is under way finish, takes no new ones, and ends with 0`, async (t) => {
    const program = await prepare(t)
    await program.start()

    const body = JSON.stringify({ grant_type: 'client_credentials' })
    const underWay = request(new URL('/_security/oauth2/token', program.api), {
      method: 'POST',
      headers: {
        authorization: ELASTIC,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        expect: '100-continue',
      },
    })
    underWay.flushHeaders()
    await once(underWay, 'continue')
    const stopped = program.stop(signal)
    await waitUntilRefused(program.api)

    const answered = once(underWay, 'response')
    underWay.end(body)
    const [answer] = (await answered) as [NodeJS.ReadableStream & { statusCode: number }]
    assert.equal(answer.statusCode, 200)
    answer.resume()
    assert.equal(await stopped, 0)
  })
}

test('a signal to npm reaches the program that it runs', async (t) => {
  const program = await prepare(t)
  const args = ['run', '--silent', 'ostiary', '--', 'start', '--config', program.settingsFile]
  const npm = spawn('npm', args, { cwd: ROOT, stdio: 'ignore', detached: true })
  t.after(() => {
    try {
      process.kill(-(npm.pid ?? 0), 'SIGKILL')
    } catch {
      // All have ended, as they should.
    }
  })
  await waitUntilAnswers(program.api, npm)
  assert.equal(await endProcess(npm, 'SIGTERM'), 0)
  await waitUntilRefused(program.api)
})

test('connections that have not asked anything do not hold up the end', async (t) => {
  const program = await prepare(t)
  await program.start()
  const ends = [program.api, program.portal, program.provider].map(async (address) => {
    const { hostname, port } = new URL(address)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    return socket
  })
  const sockets = await Promise.all(ends)
  // Each listener has taken its connection once it has answered one that came later.
  await Promise.all(
    [program.api, program.portal, program.provider].map((address) => fetch(address, { redirect: 'manual' })),
  )
  const closed = sockets.map((socket) => once(socket.resume(), 'close'))
  assert.equal(await program.stop('SIGTERM'), 0)
  await Promise.all(closed)
})

test('it goes on when nobody reads its log any more, and says so on standard error once', async (t) => {
  const program = await prepare(t, { settings: (yaml) => `${yaml}\nnode.workers: 1\n` })
  await program.start()
  program.stopReading()
  const body = { realm: 'oidc2', redirect_uri: 'https://nobody.example/', state: 'unknown', nonce: 'unknown' }
  for (let times = 0; times < 8; times++) {
    const refused = await callApi(program.api, '/_security/oidc/authenticate', { authorization: ELASTIC, body })
    assert.equal(refused.status, 401)
  }
  assert.equal(await program.stop(), 0)
  assert.equal(program.output().match(/Nobody reads the standard output any more/g)?.length, 1)
})

test('the start prints the three addresses and the demo accounts', async (t) => {
  const program = await prepare(t)
  await program.start()
  const output = program.output()
  for (const address of [program.api, program.portal, program.provider]) {
    assert.ok(output.includes(new URL(address).port), `${address} is not in the output:\n${output}`)
  }
  for (const account of ['alice', 'bob', 'elastic', 'facilitator']) assert.match(output, new RegExp(`\\b${account}\\b`))
})

for (const setting of ['server.host', 'provider.host']) {
  test(`demo secrets are refused when [${setting}] is reachable from other machines`, async (t) => {
    const program = await prepare(t, {
      settings: (yaml) => yaml.replace(`${setting}: 127.0.0.1`, `${setting}: 0.0.0.0`),
    })
    const { code, output } = await program.run()
    assert.equal(code, 78)
    for (const secret of ['bootstrap.password', 'facilitator', 'alice']) {
      assert.ok(output.includes(secret), `[${secret}] is not named in:\n${output}`)
    }
    assert.doesNotMatch(output, /elastic-demo|facilitator-demo|alice-demo|demo-secret/)
  })
}

test('--config names the settings file, and relative paths in it start at its folder', async (t) => {
  const program = await prepare(t, {
    settings: (yaml) => `${yaml.replace('../data', 'here')}\ncluster.name: elsewhere\n`,
  })
  await program.start()
  const root = await callApi(program.api, '/', { authorization: ELASTIC })
  assert.equal(root.body['cluster_name'], 'elsewhere')
  assert.ok((await readdir(join(program.directory, 'config/here'))).length > 0)
})

test('a settings file that is not there is named', async (t) => {
  const program = await prepare(t)
  await rename(program.settingsFile, `${program.settingsFile}.away`)
  const { code, output } = await program.run()
  assert.equal(code, 78)
  assert.ok(output.includes(program.settingsFile), output)
})

test('the environment overrides the settings file', async (t) => {
  const program = await prepare(t, {
    settings: (yaml) => `${yaml}\ncluster.name: from-file\n`,
    environment: { OSTIARY_SETTING_CLUSTER_NAME: 'from-environment' },
  })
  await program.start()
  const root = await callApi(program.api, '/', { authorization: ELASTIC })
  assert.equal(root.body['cluster_name'], 'from-environment')
})

test('an environment variable that names no setting is refused', async (t) => {
  const program = await prepare(t, { environment: { OSTIARY_SETTING_CLUSTER_NAMES: 'x' } })
  const { code, output } = await program.run()
  assert.equal(code, 78)
  assert.match(output, /OSTIARY_SETTING_CLUSTER_NAMES/)
  assert.match(output, /unknown setting \[cluster\.names\]/)
})

test('nobody else on the machine can read the data folder or the keystore', async (t) => {
  const program = await prepare(t)
  await program.start()
  const data = join(program.directory, 'data')
  assert.equal((await stat(data)).mode & 0o777, 0o700)
  const files = (await readdir(data)).filter((name) => name.startsWith('ostiary.db'))
  assert.ok(files.length > 0)
  for (const file of [join(program.directory, 'config/ostiary.keystore'), ...files.map((name) => join(data, name))]) {
    assert.equal((await stat(file)).mode & 0o777, 0o600, `${file} is open to others`)
  }
})

test('a second program on the same data folder is refused, and told which process has it', async (t) => {
  const first = await prepare(t)
  await first.start()
  const second = await prepare(t, {
    settings: (yaml) => yaml.replace('../data', join(first.directory, 'data')),
  })
  const { code, output } = await second.run()
  assert.equal(code, 1)
  assert.match(output, new RegExp(`\\b${first.pid()}\\b`))
  assert.equal((await callApi(first.api, '/', { authorization: ELASTIC })).status, 200)
})

test('a data folder whose program was killed can be used again at once', async (t) => {
  const program = await prepare(t)
  await program.start()
  await program.kill()
  await program.start()
  assert.equal((await callApi(program.api, '/', { authorization: ELASTIC })).status, 200)
})

async function waitUntilRefused(address: string): Promise<void> {
  const { hostname: host, port } = new URL(address)
  for (let attempt = 0; attempt < 1000; attempt++) {
    const socket = connect({ host, port: Number(port) })
    try {
      await once(socket, 'connect')
    } catch {
      return
    } finally {
      socket.destroy()
    }
    await sleep(10)
  }
  throw new Error(`${address} still takes connections`)
}
