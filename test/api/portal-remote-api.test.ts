/** A portal in a program of its own, before a security API in another, over TLS with its own authority. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { Agent, request } from 'undici'
import { createTrialCertificates } from '../../src/net/trial-certificates.ts'
import { createLog } from '../../src/observe/log.ts'
import { createRemoteSecurityApi } from '../../src/portal/remote-security-api.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { createKeystore } from '../../src/settings/keystore.ts'
import { readSettings } from '../../src/settings/read-settings.ts'
import type { RemoteApiSettings } from '../../src/settings/settings.ts'
import { findFreePorts } from '../support/addresses.ts'
import { basic } from '../support/api-call.ts'
import { createBrowserSession } from '../support/browser-session.ts'
import { signInAtProvider, signOutAtProvider } from '../support/oidc-login.ts'
import { assertErrorPage, openBrowser, provider, startPortal, type TestBrowser, whoAmI } from '../support/portal.ts'
import { startProgram } from '../support/program.ts'
import { BOOTSTRAP_PASSWORD, startRestApi } from '../support/rest-api.ts'

const PASSWORD = 'elastic-password'

interface Two {
  readonly portal: string
  stopApi(): Promise<void>
  startApi(): Promise<void>
  readonly authority: string
}

/** The API and the portal, each with a folder and a store of its own. The portal has TLS too. */
async function startTwo(t: TestContext, providers: string): Promise<Two> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-remote-'))
  t.after(() => rm(directory, { recursive: true }))
  const made = await createTrialCertificates({ names: ['localhost'], days: 1 })
  for (const [name, pem] of Object.entries({ ca: made.authority, crt: made.certificate, key: made.key }))
    await writeFile(join(directory, name), pem)
  const [port = 0, deadPort = 0] = await findFreePorts(2)
  const ssl = (prefix: string) => `${prefix}.enabled: true\n${prefix}.certificate: crt\n${prefix}.key: key\n`
  const prepare = async (name: string, yaml: string, secrets: Record<string, string>) => {
    const file = join(directory, `${name}.yml`)
    await writeFile(file, `path.data: ${name}\n${yaml}`)
    const keystore = await createKeystore({ file: join(directory, `${name}.keystore`), password: '' })
    for (const [key, value] of Object.entries(secrets)) keystore.set(key, value)
    const settings = readSettings({ file, env: {}, keystore })
    return (): Promise<RunningServer> => startServer({ settings, keystore, log: createLog('silent') })
  }
  const apiSettings = `node.roles: security\nhttp.port: ${port}\n${ssl('xpack.security.http.ssl')}`
  const startApi = await prepare('api', apiSettings, { 'bootstrap.password': PASSWORD })
  let api: RunningServer | undefined = await startApi()
  const startPortal = await prepare(
    'portal',
    `node.roles: portal
server.port: 0
elasticsearch.hosts: ['https://localhost:${deadPort}', 'https://localhost:${port}']
elasticsearch.username: elastic
elasticsearch.ssl.certificateAuthorities: ca
${ssl('server.ssl')}${providers}`,
    { 'elasticsearch.password': PASSWORD },
  )
  const portal = await startPortal()
  t.after(async () => {
    await portal.close()
    await api?.close()
  })
  return {
    portal: portal.addresses.portal ?? '',
    authority: made.authority,
    async stopApi() {
      await api?.close()
      api = undefined
    },
    async startApi() {
      api = await startApi()
    },
  }
}

for (const type of ['basic', 'token'])
  test(`a portal before an API elsewhere signs in (${type}), says when it is away, and recovers by itself`, async (t) => {
    const two = await startTwo(t, `xpack.security.authc.providers.${type}.form.order: 0\n`)
    assert.match(two.portal, /^https:\/\/localhost:\d+$/)
    const dispatcher = new Agent({ connect: { ca: two.authority } })
    t.after(() => dispatcher.close())
    const send = (path: string, headers: Record<string, string>, body?: string) =>
      request(two.portal + path, {
        dispatcher,
        headers,
        method: body === undefined ? 'GET' : 'POST',
        body: body ?? null,
      })

    const params = { username: 'elastic', password: PASSWORD }
    const login = JSON.stringify({ providerType: type, providerName: 'form', currentURL: '/', params })
    const json = { 'kbn-xsrf': '1', 'content-type': 'application/json' }
    const answer = await send('/internal/security/login', json, login)
    assert.equal(answer.statusCode, 200)
    await answer.body.dump()
    const cookie = String(answer.headers['set-cookie'])
    assert.match(cookie, /; Secure$/, 'TLS of its own makes secure cookies')
    const me = async () => {
      const told = await send('/internal/security/me', { 'kbn-xsrf': '1', cookie: cookie.split(';')[0] ?? '' })
      await told.body.dump()
      return told.statusCode
    }
    assert.equal(await me(), 200)

    await two.stopApi()
    assert.equal(await me(), 503)
    const page = await send('/login', { accept: 'text/html' })
    assert.equal(page.statusCode, 503)
    assert.equal(page.headers['retry-after'], '30')
    assert.match(await page.body.text(), /Cannot connect to the security API/)

    await two.startApi()
    assert.equal(await me(), 200, 'the session lives')
  })

test('a portal before an API elsewhere signs in and out at an OpenID Provider, with two privileges of its own', async (t) => {
  const [port = 0] = await findFreePorts(1)
  const here = `http://localhost:${port}`
  const elsewhere = await startProgram({
    settings: (yaml, { portal }) =>
      yaml.replaceAll(`${portal}/api`, `${here}/api`).replaceAll(`${portal}/security`, `${here}/security`),
  })
  t.after(() => elsewhere.remove())
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-remote-'))
  t.after(() => rm(directory, { recursive: true }))
  const file = join(directory, 'portal.yml')
  await writeFile(
    file,
    `path.data: data
node.roles: portal
server.port: ${port}
elasticsearch.hosts: '${elsewhere.api}'
elasticsearch.username: facilitator
xpack.security.authc.providers.oidc.oidc1: { order: 0, realm: oidc1 }
`,
  )
  const keystore = await createKeystore({ file: join(directory, 'portal.keystore'), password: '' })
  keystore.set('elasticsearch.password', 'facilitator-demo')
  const settings = readSettings({ file, env: {}, keystore })
  const portal = await startServer({ settings, keystore, log: createLog('silent') })
  t.after(() => portal.close())

  const browser = createBrowserSession()
  const until = elsewhere.provider
  const start = await browser.visit(`${here}/security/account?auth_url_hash=`, { until })
  const account = await browser.visit(await signInAtProvider(browser, start.url, 'alice'))
  assert.equal(account.url, `${here}/security/account`)
  assert.match(account.body, /alice@.*oidc1 \(oidc\).*finance_data/s)
  const out = await browser.visit(`${here}/logout`, { until })
  const receipt = await browser.visit((await signOutAtProvider(browser, out.url)).href)
  assert.match(receipt.body, /signOutReceipt/)
  assert.ok(receipt.body.includes(`Identity provider ${new URL(elsewhere.provider).host}`))
  const me = await browser.visit(`${here}/internal/security/me`, { headers: { 'kbn-xsrf': 'true' } })
  assert.equal(me.status, 401)
})

/** An API that answers each request as `answer` says. */
async function listen(t: TestContext, answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

function connect(
  t: TestContext,
  hosts: readonly string[],
  more: Partial<RemoteApiSettings> = {},
  authorization = 'Basic own',
) {
  const settings: RemoteApiSettings = {
    hosts,
    requestTimeout: 5000,
    certificateAuthorities: undefined,
    clientCertificate: undefined,
    verificationMode: 'full',
    alwaysPresentCertificate: false,
    ...more,
  }
  const api = createRemoteSecurityApi({ settings, authorization })
  t.after(() => api.close())
  return api
}

const WHO = { method: 'GET', path: '/_security/_authenticate', as: 'portal', referenceId: 'ref' } as const
const LOGIN = { ...WHO, method: 'POST', path: '/_security/oidc/authenticate', body: { a: 1 } } as const

test('a call carries who asks, the reference id and the JSON, below the path of the host', async (t) => {
  const seen: string[] = []
  const host = await listen(t, (request, response) => {
    const { authorization, 'x-opaque-id': id, 'es-client-authentication': client } = request.headers
    seen.push([request.method, request.url, authorization, id, client].join(' '))
    response.end('{"ok":true}')
  })
  const api = connect(t, [`${host}/es`])
  assert.deepEqual(await api.call(LOGIN), { status: 200, body: { ok: true } })
  await api.call({ ...WHO, as: { authorization: 'Bearer user', headers: { 'es-client-authentication': 'x' } } })
  assert.deepEqual(seen, [
    'POST /es/_security/oidc/authenticate Basic own ref ',
    'GET /es/_security/_authenticate Bearer user ref x',
  ])
})

test('a host that cannot be connected to is passed over, for every call', async (t) => {
  const [port = 0] = await findFreePorts(1)
  const alive = await listen(t, (_request, response) => response.end('{}'))
  const api = connect(t, [`http://127.0.0.1:${port}`, alive])
  assert.equal((await api.call(LOGIN)).status, 200)
  assert.equal((await api.call(WHO)).status, 200)
  await assert.rejects(connect(t, [`http://127.0.0.1:${port}`]).call(WHO))
})

test('calls under way at the same time all pass over a host that cannot be connected to', async (t) => {
  const [port = 0] = await findFreePorts(1)
  const alive = await listen(t, (_request, response) => response.end('{}'))
  const api = connect(t, [`http://127.0.0.1:${port}`, alive])
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.call(LOGIN)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
})

test('a GET whose connection broke is repeated although the next host cannot be connected to', async (t) => {
  const [port = 0] = await findFreePorts(1)
  let asked = 0
  const host = await listen(t, (request, response) => {
    if (++asked === 1) request.socket.destroy()
    else response.end('{}')
  })
  assert.equal((await connect(t, [host, `http://127.0.0.1:${port}`]).call(WHO)).status, 200)
})

test('a broken connection repeats a GET once, and never what may have changed something', async (t) => {
  let asked = 0
  const host = await listen(t, (request) => {
    asked++
    request.socket.destroy()
  })
  const api = connect(t, [host])
  await assert.rejects(api.call(WHO))
  assert.equal(asked, 2)
  await assert.rejects(api.call(LOGIN))
  assert.equal(asked, 3)
})

test('while the API cannot tell who asks, nobody is signed out, and no password is called wrong', async (t) => {
  const rest = await startRestApi()
  t.after(() => rest.close())
  await rest.putUser('joe', { password: 'joes-password', roles: [] })
  const providers = [provider('basic', 'basic1', 0), provider('token', 'token1', 1)]
  const api = connect(t, [rest.address], {}, basic('elastic', BOOTSTRAP_PASSWORD))
  const { app, audited } = await startPortal(t, { providers }, { api })
  const params = { username: 'joe', password: 'joes-password' }
  const signIn = (browser: TestBrowser, { type, name }: { type: string; name: string }) =>
    browser.post('/internal/security/login', { providerType: type, providerName: name, currentURL: '/', params })
  const browsers = await Promise.all(
    providers.map(async (by) => {
      const browser = openBrowser(app)
      assert.equal((await signIn(browser, by)).statusCode, 200)
      assert.equal(await whoAmI(browser), 'joe')
      return browser
    }),
  )

  await rest.closeStore()
  for (const browser of browsers) {
    assert.equal(await whoAmI(browser), 503)
    assertErrorPage(await browser.visit('/security/account'), 503, 'unavailable')
  }
  for (const by of providers) assert.equal((await signIn(openBrowser(app), by)).statusCode, 503)
  assert.deepEqual(
    audited.map((event) => [event['event.action'], event['event.outcome']]),
    providers.map(() => ['user_login', 'success']),
  )
})

test('an API that is silent, endless or no JSON is told from one that answers', async (t) => {
  const silent = await listen(t, () => {})
  await assert.rejects(connect(t, [silent], { requestTimeout: 50 }).call(WHO))
  const endless = await listen(t, (_request, response) => {
    response.write('{"a":"'.padEnd(2_000_000, 'x'))
  })
  await assert.rejects(connect(t, [endless]).call(WHO), /longer than/)
  const proxy = await listen(t, (_request, response) => response.writeHead(502).end('<html>'))
  assert.deepEqual(await connect(t, [proxy]).call(WHO), { status: 502, body: undefined })
  const busy = await listen(t, (_request, response) => response.writeHead(400, { 'retry-after': '5' }).end('{}'))
  assert.deepEqual(await connect(t, [busy]).call(WHO), { status: 400, body: {}, passing: true })
})
