/** Two programs on one PostgreSQL database: whatever one of them has answered holds at the other. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { bearer, callApi, ELASTIC, FACILITATOR, text } from '../support/api-call.ts'
import { type BrowserSession, createBrowserSession } from '../support/browser-session.ts'
import { signInByApi } from '../support/oidc-login.ts'
import { PASSWORD, startPostgres, type PostgresServer } from '../support/postgres.ts'
import { createProgram, type Program } from '../support/program.ts'

const SECRET = 'the-sealing-secret-of-all-nodes-of-this-test'

let database: PostgresServer
let name: string
let here: Program
let there: Program

before(async () => {
  database = await startPostgres({ settings: { shared_preload_libraries: 'pg_stat_statements' } })
  name = await database.createDatabase()
  await database.query(name, 'create extension pg_stat_statements')
  ;[here, there] = await Promise.all([createNode(), createNode()])
  // The demo's accounts are put in by both.
  await Promise.all([here.start(), there.start()])
})
after(async () => {
  await database.remove()
  await Promise.all([here.remove(), there.remove()])
})

function createNode(secret = SECRET): Promise<Program> {
  const store = ['store.type: postgres', `store.postgres.url: ${database.url(name)}`, 'store.postgres.timeout: 1s']
  return createProgram({
    settings: (yaml) => [yaml, ...store, ''].join('\n'),
    secrets: { 'ostiary.secret': secret, 'store.postgres.password': PASSWORD },
  })
}

const authenticate = (program: Program, token: string) =>
  callApi(program.api, '/_security/_authenticate', { authorization: bearer(token) })

test('who signs in at one node and out at the other is signed out everywhere, at once', async () => {
  const alice = await signInByApi(here, 'alice')
  const access = text(alice, 'access_token')
  assert.equal((await authenticate(there, access)).body['username'], 'alice')

  const logout = await callApi(there.api, '/_security/oidc/logout', {
    authorization: FACILITATOR,
    body: { token: access, refresh_token: text(alice, 'refresh_token') },
  })
  assert.equal(logout.status, 200)
  assert.equal((await authenticate(here, access)).status, 401)
  const refused = await callApi(here.api, '/_security/oauth2/token', {
    authorization: FACILITATOR,
    body: { grant_type: 'refresh_token', refresh_token: text(alice, 'refresh_token') },
  })
  assert.deepEqual(refused.body, { error: 'invalid_grant', error_description: 'token has been invalidated' })
})

test('who signs in at the portal of one node is known at the other, and signed out at either is refused by both', async () => {
  for (const [first, second] of [
    [here, there],
    [there, here],
  ] as const) {
    const browser = createBrowserSession()
    const chosen = await browser.visit(`${first.portal}/internal/security/login`, {
      headers: { 'kbn-xsrf': 'true', 'content-type': 'application/json' },
      body: JSON.stringify({ providerType: 'oidc', providerName: 'oidc1', currentURL: `${first.portal}/login` }),
    })
    const { location } = JSON.parse(chosen.body) as { location: string }
    const login = await browser.visit(location)
    const consent = await browser.submit(login, { answer: 'login', username: 'alice', password: 'alice-demo' })
    await browser.submit(consent, { answer: 'allow' })
    for (const node of [first, second]) assert.equal(await askWho(browser, node), 'alice')

    // The cookie outlives the sign-out in this one, as in a browser that was copied.
    const copy = browser.copy()
    const question = await browser.visit(`${first.portal}/api/security/logout`)
    assert.equal(new URL(question.url).origin, first.provider)
    for (const node of [second, first]) assert.equal(await askWho(copy, node), 401)
  }
})

async function askWho(browser: BrowserSession, { portal }: Program): Promise<unknown> {
  const headers = { 'kbn-xsrf': 'true' }
  const { body } = await browser.visit(`${portal}/internal/security/me`, { headers })
  const { username, statusCode } = JSON.parse(body) as { username?: string; statusCode?: number }
  return username ?? statusCode
}

test('with 256 checks in flight at two nodes, a query serves fifteen of them and more', async () => {
  const access = text(await signInByApi(here, 'alice'), 'access_token')
  const pools = [here, there].map(({ api }) => new Pool(api, { connections: 128 }))
  const check = async (pool: Pool) => {
    const headers = { authorization: bearer(access) }
    const answer = await pool.request({ path: '/_security/_authenticate', method: 'GET', headers })
    assert.equal(answer.statusCode, 200)
    await answer.body.dump()
  }
  const checkAll = () => Promise.all(Array.from({ length: 128 }, () => pools.map(check)).flat())

  await checkAll()
  await database.query(name, 'select pg_stat_statements_reset()')
  for (let round = 0; round < 10; round += 1) await checkAll()
  const [found] = await database.query(
    name,
    `select sum(calls) as queries from pg_stat_statements where query like '%from token_pair%'`,
  )
  const perQuery = 2560 / Number(found?.['queries'])
  assert.ok(perQuery >= 15, `${perQuery} checks per query`)
  await Promise.all(pools.map((pool) => pool.close()))
})

test('a refresh token that is used at both nodes gives one pair, which both know', async () => {
  const bob = await signInByApi(there, 'bob')
  const body = { grant_type: 'refresh_token', refresh_token: text(bob, 'refresh_token') }
  const answers = await Promise.all(
    [here, there, here, there].map(({ api }) =>
      callApi(api, '/_security/oauth2/token', { authorization: FACILITATOR, body }),
    ),
  )
  const tokens = new Set(answers.map((answer) => text(answer, 'access_token')))
  assert.equal(tokens.size, 1)
  for (const node of [here, there]) assert.equal((await authenticate(node, [...tokens][0] ?? '')).status, 200)
})

test('a user who is written at one node is known at the other', async () => {
  const body = { password: 'a-password', roles: [] }
  await callApi(here.api, '/_security/user/dora', { method: 'PUT', authorization: ELASTIC, body })
  const authorization = `Basic ${Buffer.from('dora:a-password').toString('base64')}`
  assert.equal((await callApi(there.api, '/_security/_authenticate', { authorization })).body['username'], 'dora')
})

test('a node with another sealing secret does not start, and says why', async () => {
  const stranger = await createNode('the-sealing-secret-of-quite-another-cluster')
  try {
    const { code, output } = await stranger.run()
    assert.notEqual(code, 0)
    assert.match(output, /the database belongs to nodes with another \[ostiary\.secret\]/)
  } finally {
    await stranger.remove()
  }
})

test('while the database is away answers say so and when to try again; then the same token serves again', async () => {
  const bob = await signInByApi(here, 'bob')
  const access = text(bob, 'access_token')
  await database.kill()
  const away = await callApi(here.api, '/_security/oauth2/token', {
    authorization: FACILITATOR,
    body: { grant_type: 'refresh_token', refresh_token: text(bob, 'refresh_token') },
  })
  // Whom to believe is in the store as well: an authentication that cannot be finished is a 401 of our own fault.
  assert.equal(away.status, 401)
  assert.match(JSON.stringify(away.body), /unable to perform requested action/)
  assert.equal(away.headers.get('retry-after'), '5')
  const health = await callApi(here.api, '/_cluster/health', { authorization: bearer(access) })
  assert.equal(health.headers.get('retry-after'), '5')

  await database.start()
  for (const node of [here, there]) {
    for (let tries = 0; (await authenticate(node, access)).status !== 200; tries += 1) {
      assert.ok(tries < 200, 'it did not come back')
      await sleep(50)
    }
  }
})
