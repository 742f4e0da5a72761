/** Several processes on one port of each part and one data folder. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { basic, bearer, ELASTIC, FACILITATOR, text } from '../support/api-call.ts'
import { signInByApi } from '../support/oidc-login.ts'
import { createProgram, listChildren, type Program, waitForWorkers } from '../support/program.ts'

const COUNT = 2
const XHR = { 'kbn-xsrf': 'true' }
const ME = '/internal/security/me'
const ROUNDS = 20
/** Looks after which both workers know by heart who it is. */
const LOOKS = 3
const withWorkers = (yaml: string) => {
  const providers = 'xpack.security.authc.providers:\n'
  return `${yaml.replace(providers, `${providers}  token.token1:\n    order: 7\n`)}\nnode.workers: ${COUNT}\n`
}

let program: Program
before(async () => {
  program = await createProgram({ settings: withWorkers })
  await program.start()
  await waitForWorkers(program, COUNT)
})
after(() => program.remove())

test('a revocation that one worker has acknowledged holds in the other at once, and the start is told once', async (t) => {
  const [here, there] = await connectToEach(t)
  for (let round = 0; round < ROUNDS; round += 1) {
    const token = await here('/_security/oauth2/token', { grant_type: 'client_credentials' })
    const access = String(token['access_token'])
    assert.equal((await there('/_security/_authenticate', undefined, bearer(access)))['username'], 'elastic')
    await here('/_security/oauth2/token', { token: access }, ELASTIC, 'DELETE')
    const dead = await there('/_security/_authenticate', undefined, bearer(access))
    assert.equal(dead['status'], 401)
  }
  assert.equal(program.output().match(/Ostiary .* is ready/g)?.length, 1)
})

test('a logout sent to one worker is seen by the next request of the other', async (t) => {
  const [here, there] = await connectToEach(t)
  const alice = await signInByApi(program, 'alice')
  const access = bearer(text(alice, 'access_token'))
  assert.equal((await there('/_security/_authenticate', undefined, access))['username'], 'alice')
  const tokens = { token: text(alice, 'access_token'), refresh_token: text(alice, 'refresh_token') }
  assert.match(String((await here('/_security/oidc/logout', tokens, FACILITATOR))['redirect']), /end_session/)
  assert.equal((await there('/_security/_authenticate', undefined, access))['status'], 401)
})

test('who signs in at the portal of one worker and out there is refused by the other at once', async (t) => {
  const [here, there] = await connectTo(t, program.portal)
  for (let round = 0; round < ROUNDS; round += 1) {
    const { cookie, me } = await signIn(here, round % 2 === 0 ? 'basic' : 'token')
    for (let look = 0; look < LOOKS; look += 1)
      for (const send of [there, here]) assert.equal((await send(ME, me)).body['username'], 'elastic')
    const out = await here('/api/security/logout', { headers: { accept: 'text/html', cookie } })
    assert.equal(out.headers.location, '/login?msg=LOGGED_OUT')
    for (const send of [there, here]) assert.equal((await send(ME, me)).body['statusCode'], 401)
  }
})

test('whose tokens are taken back at the API of one worker is refused by the portal of the other at once', async (t) => {
  const [here, there] = await connectTo(t, program.portal)
  const [callHere] = await connectToEach(t)
  for (let round = 0; round < 5; round += 1) {
    const { me } = await signIn(there, 'token')
    for (let look = 0; look < LOOKS; look += 1) assert.equal((await there(ME, me)).body['username'], 'elastic')
    await callHere('/_security/oauth2/token', { username: 'elastic' }, ELASTIC, 'DELETE')
    // Not 401: the session is there, but neither of its tokens is good any more.
    for (const send of [there, here]) assert.equal((await send(ME, me)).body['statusCode'], 400)
  }
})

test('a user disabled at one worker, a new password and a role taken away there, count at the other at once', async (t) => {
  const [here, there] = await connectToEach(t)
  const account = '/_security/user/often-here'
  const asked = async (path: string) => {
    for (let time = 0; time < 3; time += 1) await there(path, undefined, basic('often-here', 'a-password'))
    return (await there(path, undefined, basic('often-here', 'a-password')))['status']
  }
  for (let round = 0; round < 5; round += 1) {
    await here('/_security/role/often-used', { cluster: ['manage_security'] })
    await here(account, { password: 'a-password', roles: ['often-used'], enabled: true })
    assert.equal(await asked(account), undefined)
    await here('/_security/role/often-used', { cluster: [] })
    assert.equal(await asked(account), 403)
    await here(`${account}/_password`, { password: 'another-password' })
    assert.equal(await asked('/_security/_authenticate'), 401)
    await here(account, { password: 'a-password', roles: ['often-used'], enabled: true })
    assert.equal(await asked('/_security/_authenticate'), undefined)
    await here(`${account}/_disable`, undefined, ELASTIC, 'PUT')
    assert.equal(await asked('/_security/_authenticate'), 401)
  }
})

test('a worker that dies is replaced, and the others live on', async () => {
  const [victim = 0, survivor = 0] = listChildren(program.pid())
  process.kill(victim, 'SIGKILL')
  for (;;) {
    const workers = listChildren(program.pid())
    assert.ok(workers.includes(survivor))
    if (workers.length === COUNT && !workers.includes(victim)) break
    await sleep(20)
  }
  assert.match(program.output(), /a worker has ended \(SIGKILL\), another is started/)
})

test('the workers of a program that was killed end with it, and its folder is free', async () => {
  const workers = listChildren(program.pid())
  await program.kill()
  await program.start()
  // They notice by themselves: one that is still starting, as the one of the test before may be, a moment later.
  for (const end = Date.now() + 10_000; workers.some(isAlive);) {
    assert.ok(Date.now() < end, 'the workers live on')
    await sleep(20)
  }
})

test('the folder of workers is refused to another program, which is told who started them', async (t) => {
  const other = await createProgram({
    settings: (yaml) => yaml.replace('../data', join(program.directory, 'data')),
  })
  t.after(() => other.remove())
  const { code, output } = await other.run()
  assert.equal(code, 1)
  assert.match(output, new RegExp(`in use by the process ${program.pid()}:`))
})

test('a start that cannot succeed fails once, with the words and the exit code of a single process', async (t) => {
  const second = await createProgram({
    settings: (yaml, { api }) =>
      withWorkers(yaml.replace(`http.port: ${new URL(api).port}`, `http.port: ${new URL(program.api).port}`)),
  })
  t.after(() => second.remove())
  const { code, output } = await second.run()
  assert.equal(code, 1)
  assert.equal(output.match(/EADDRINUSE/g)?.length, 1, output)
  assert.match(output, /cannot listen where \[http\.host\] and \[http\.port\] say; caused by: /)
})

test('SIGTERM ends the workers too, with 0, and leaves one file without a log beside it', async () => {
  const workers = listChildren(program.pid())
  assert.equal(await program.stop(), 0)
  assert.deepEqual(workers.filter(isAlive), [])
  assert.deepEqual((await readdir(join(program.directory, 'data'))).toSorted(), ['ostiary.db', 'ostiary.lock'])
})

type Caller = (path: string, body?: object, authorization?: string, method?: string) => Promise<Record<string, unknown>>
type Sender = (path: string, ask: Ask) => Promise<{ headers: IncomingHttpHeaders; body: Record<string, unknown> }>
type Ask = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: object | undefined }

/** Two callers of the API, at two workers. */
async function connectToEach(t: TestContext): Promise<[Caller, Caller]> {
  const asCaller =
    (send: Sender): Caller =>
    async (path, body, authorization = ELASTIC, method = body === undefined ? 'GET' : 'POST') =>
      (await send(path, { method, headers: { authorization }, body })).body
  const [here, there] = await connectTo(t, program.api)
  return [asCaller(here), asCaller(there)]
}

/** @returns the cookie of elastic's session, and a question with it */
async function signIn(send: Sender, type: 'basic' | 'token') {
  const params = { username: 'elastic', password: 'elastic-demo' }
  const login = { providerType: type, providerName: `${type}1`, currentURL: '/', params }
  const signedIn = await send('/internal/security/login', { method: 'POST', headers: XHR, body: login })
  const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? ''
  return { cookie, me: { headers: { ...XHR, cookie } } }
}

/** Connections are handed out in turn, so two that were opened one after the other are at two workers. */
async function connectTo(t: TestContext, address: string): Promise<[Sender, Sender]> {
  const senders = [connect(t, address), connect(t, address)] as const
  for (const send of senders) await send('/', { headers: { authorization: ELASTIC } })
  return [...senders]
}

function connect(t: TestContext, address: string): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  return (path, { method = 'GET', headers, body }) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const kind = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      const asked = request(new URL(path, address), {
        agent,
        method,
        headers: { ...headers, ...(text !== '' && kind) },
      })
      asked.on('error', reject)
      asked.on('response', (answer) => {
        const read = async () => {
          const said = await readText(answer)
          return { headers: answer.headers, body: said === '' ? {} : (JSON.parse(said) as Record<string, unknown>) }
        }
        read().then(resolve, reject)
      })
      asked.end(text)
    })
}

/** One that has ended and that init has not noticed yet (`Z`) is not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
