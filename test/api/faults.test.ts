/**
 * What every kind of request is answered while something that it needs is slow, away or broken: row by row the table of
 * docs/operations.md, whose cells are the status and whether the answer says when to try again. Then that service resumes
 * by itself.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { bearer, callApi, ELASTIC, FACILITATOR, text } from '../support/api-call.ts'
import { PASSWORD, type PostgresServer, startPostgres } from '../support/postgres.ts'
import { type Program, type ProgramOptions, ROOT, startProgram } from '../support/program.ts'
import { type ScriptedAnswer, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

/** The columns of the table. */
const REQUESTS = [
  'prepare',
  'authenticate',
  'access token',
  'refresh',
  'logout',
  'portal session',
  'portal sign-out',
] as const
type Row = Record<(typeof REQUESTS)[number], string>

const TOKEN = '/token-srv/token'
const REALMS = '\nxpack.security.authc.realms.oidc.'
const KEYS = '/.well-known/jwks.json'
/** Longer than the realm below waits. */
const SLOW_MS = 1500
/** Longer than a commit takes, and shorter than anybody waits. */
const PAUSE_MS = 2000

let op: ScriptedProvider
let postgres: PostgresServer
let embedded: Program
let shared: Program
/** Also if a start fails, the others end. */
const opened = new AsyncDisposableStack()
before(async () => {
  op = opened.use(await startScriptedProvider())
  op.script(KEYS, () => ({ body: { keys: op.keys.map(({ jwk }) => jwk) } }))
  op.script('/users-srv/userinfo', () => ({ body: { sub: 'alice' } }))
  embedded = await start({
    // Beyond the limit a write fails as on a full disk, and the signal that comes with it is of no interest.
    environment: { NODE_OPTIONS: `--import=data:text/javascript,process.on('SIGXFSZ',()=>{})` },
  })
  postgres = opened.adopt(await startPostgres(), (server) => server.remove())
  const url = postgres.url(await postgres.createDatabase())
  shared = await start({ more: `store.type: postgres\nstore.postgres.url: ${url}\nstore.postgres.timeout: 3s` })
})
after(() => opened.disposeAsync())

test('nothing is wrong', async () => {
  const fault = async () => undefined
  await expectRow('nothing', embedded, fault)
  await expectRow('nothing', shared, fault)
})

test('the embedded store is slow: another program locks its file for a while', async () => {
  await expectRow('the store is slow, 2 s', embedded, async () => {
    const unlock = lockFile(embedded)
    void sleep(PAUSE_MS / 2).then(unlock)
  })
})

test('PostgreSQL is slow: it stands still for 2 s', async () => {
  await expectRow('the store is slow, 2 s', shared, async () => {
    postgres.pause()
    void sleep(PAUSE_MS).then(() => postgres.resume())
  })
})

test('the disk is full', async () => {
  const limit = (bytes: string) => {
    const run = spawnSync('prlimit', [`--pid=${embedded.pid()}`, `--fsize=${bytes}:unlimited`])
    assert.equal(run.status, 0, String(run.stderr))
  }
  await expectRow('the disk is full', embedded, async () => {
    limit('0')
    return async () => limit('unlimited')
  })
})

test('the embedded store cannot be written: another program keeps its file locked', async () => {
  await expectRow('the embedded store cannot be written', embedded, async () => {
    const unlock = lockFile(embedded)
    return async () => unlock()
  })
})

test('PostgreSQL is away', async () => {
  await expectRow('PostgreSQL is away', shared, async () => {
    await postgres.kill()
    return () => postgres.start()
  })
})

test('the OpenID Provider is slow', async () => {
  await expectRow('the OpenID Provider is slow', embedded, async () =>
    replaceToken(async () => {
      await sleep(SLOW_MS)
      return { body: {} }
    }),
  )
})

for (const [what, garbage] of Object.entries<ScriptedAnswer>({
  'a page in place of JSON': { headers: { 'content-type': 'text/html' }, body: '<html>maintenance</html>' },
  'JSON that is cut off': { body: '{"access_token": "a' },
  'JSON of another kind': { body: [1, null] },
  'tokens that are no texts': { body: { access_token: 1, id_token: {}, token_type: [] } },
  'an ID token of random letters': { body: { access_token: 'a', token_type: 'Bearer', id_token: 'x.y.z' } },
})) {
  test(`the OpenID Provider sends ${what}`, async () => {
    await expectRow('the OpenID Provider sends garbage', embedded, async () => replaceToken(() => garbage))
  })
}

test('the OpenID Provider is away', async () => {
  const requests = await prepareRequests(embedded)
  await op[Symbol.asyncDispose]()
  assert.deepEqual(await requests.send(), readRow('the OpenID Provider is away'))
})

/** Measures a row while the fault is there, then once more without it. */
async function expectRow(
  row: string,
  program: Program,
  begin: () => Promise<(() => Promise<void>) | undefined | void>,
): Promise<void> {
  const prepared = await prepareRequests(program)
  const end = await begin()
  const statuses = await prepared.send()
  await end?.()
  assert.deepEqual(statuses, readRow(row))

  const deadline = Date.now() + 20_000
  for (;;) {
    const again = await prepareRequests(program).then(
      (requests) => requests.send(),
      (error: unknown) => error,
    )
    try {
      assert.deepEqual(again, readRow('nothing'))
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(100)
    }
  }
}

/** Everything that the requests need is made while all is well. */
async function prepareRequests(program: Program): Promise<{ send(): Promise<Row> }> {
  const post = (path: string, body: Record<string, string>) =>
    callApi(program.api, `/_security/${path}`, { authorization: FACILITATOR, body })
  const prepare = () => post('oidc/prepare', { realm: 'oidc1' })
  const redeem = async () => {
    const { state, nonce } = await begin()
    const redirect_uri = `${program.portal}/api/security/oidc/callback?code=c&state=${state}`
    return { redirect_uri, state, nonce, realm: 'oidc1' }
  }
  const begin = async () => {
    const prepared = await prepare()
    return { state: text(prepared, 'state'), nonce: text(prepared, 'nonce') }
  }
  const scriptGoodToken = async ({ nonce }: { nonce: string }) => {
    const idToken = await op.sign(op.claims(nonce, { aud: 'portal' }))
    op.script(TOKEN, () => ({ body: { access_token: 'at', token_type: 'Bearer', id_token: idToken } }))
  }
  const signIn = async () => {
    const response = await redeem()
    await scriptGoodToken(response)
    const answer = await post('oidc/authenticate', response)
    return { access: text(answer, 'access_token'), refresh: text(answer, 'refresh_token') }
  }
  const [kept, refreshed, ended] = [await signIn(), await signIn(), await signIn()]
  const response = await redeem()
  await scriptGoodToken(response)
  const [cookie, endedCookie] = [await signInAtPortal(program), await signInAtPortal(program)]
  // As a browser navigates; `fetch` says that it does not.
  const visit = async (path: string, ownCookie: string) => {
    const answer = await request(new URL(path, program.portal), { headers: { cookie: ownCookie, accept: 'text/html' } })
    await answer.body.dump()
    return { status: answer.statusCode, headers: new Headers(answer.headers as Record<string, string>) }
  }
  // The first request of a session is written down.
  for (const own of [cookie, endedCookie]) await visit('/security/account', own)

  return {
    async send() {
      const answers = await Promise.all([
        prepare(),
        post('oidc/authenticate', response),
        callApi(program.api, '/_security/_authenticate', { authorization: bearer(kept.access) }),
        post('oauth2/token', { grant_type: 'refresh_token', refresh_token: refreshed.refresh }),
        post('oidc/logout', { token: ended.access, refresh_token: ended.refresh }),
        visit('/security/account', cookie),
        visit('/api/security/logout', endedCookie),
      ])
      return Object.fromEntries(REQUESTS.map((name, index) => [name, answers[index] && tell(answers[index])])) as Row
    },
  }
}

async function signInAtPortal(program: Program): Promise<string> {
  const answer = await fetch(new URL('/internal/security/login', program.portal), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'kbn-xsrf': 'true' },
    body: JSON.stringify({
      providerType: 'basic',
      providerName: 'basic1',
      currentURL: `${program.portal}/login`,
      params: { username: 'elastic', password: 'elastic-demo' },
    }),
  })
  const [cookie] = answer.headers.getSetCookie()
  if (answer.status !== 200 || cookie === undefined) throw new Error(`signed in with ${answer.status}`)
  return cookie.split(';', 1)[0] ?? ''
}

/** The program with its realm at the scripted provider, which it does not wait for as long as usual. */
async function start({ more = '', environment }: { more?: string; environment?: Record<string, string> }) {
  const options: ProgramOptions = {
    settings: (yaml, { provider }) => {
      const [before = '', ofRealm = '', ...others] = yaml.split(REALMS)
      const realm = ofRealm
        .replaceAll(provider, op.issuer)
        .replace('claims.principal', "http.socket_timeout: '500ms'\n  claims.principal")
      return `${[before, realm, ...others].join(REALMS)}\n${more}\n`
    },
    ...(environment !== undefined && { environment }),
    secrets: more === '' ? {} : { 'store.postgres.password': PASSWORD },
  }
  const program = opened.adopt(await startProgram(options), (started) => started.remove())
  assert.equal((await callApi(program.api, '/', { authorization: ELASTIC })).status, 200)
  return program
}

function replaceToken(script: () => ScriptedAnswer | Promise<ScriptedAnswer>): undefined {
  op.script(TOKEN, script)
}

/** @returns what unlocks it */
function lockFile(program: Program): () => void {
  const database = new DatabaseSync(join(program.directory, 'data/ostiary.db'), { timeout: 5000 })
  database.exec('begin immediate')
  return () => database.close()
}

/** What the manual promises, by the first cell of the row. */
function readRow(name: string): Row {
  const lines = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8').split('\n')
  const row = lines.find((line) => line.startsWith(`| ${name} |`))
  assert.ok(row, `the manual has no row [${name}]`)
  const cells = row.split('|').slice(2, -1)
  return Object.fromEntries(REQUESTS.map((name, index) => [name, cells[index]?.trim()])) as Row
}

/** As a cell of the table. */
function tell({ status, headers }: { status: number; headers: Headers }): string {
  return headers.has('retry-after') ? `${status}, \`Retry-After\`` : String(status)
}
