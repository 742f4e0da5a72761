/** What the settings of HTTP change: schemes, headers, protection of posts, frames, the base path, origins. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import test from 'node:test'
import { createLog } from '../../src/observe/log.ts'
import { createApiCalls } from '../../src/portal/api-calls.ts'
import { checkOwnPrivileges } from '../../src/portal/own-privileges.ts'
import type { SecurityApi } from '../../src/portal/security-api.ts'
import { oneProvider, openBrowser, provider, startPortal, twoProviders } from '../support/portal.ts'

const BASIC = `Basic ${Buffer.from('basic:basic').toString('base64')}`

test('an Authorization header counts if its scheme is served, and brings the headers that are passed on', async (t) => {
  const served = { headerSchemes: ['basic'], passedHeaders: ['authorization', 'es-client-authentication'] }
  const { app, api } = await startPortal(t, { ...oneProvider, ...served })
  const ask = (authorization: string) =>
    app.inject({
      url: '/internal/security/me',
      headers: { authorization, 'es-client-authentication': 'secret x', 'x-else': 'y' },
    })
  assert.equal((await ask(BASIC)).statusCode, 200)
  const call = api.calls.at(-1)
  assert.ok(call !== undefined && call.as !== 'portal')
  assert.deepEqual(call.as.headers, { authorization: BASIC, 'es-client-authentication': 'secret x' })
  assert.equal((await ask('ApiKey abc')).statusCode, 401)
  assert.equal(api.calls.at(-1), call, 'the API is not asked')
})

test('without schemes a header is of no use', async (t) => {
  const { app } = await startPortal(t, { ...oneProvider, headerSchemes: [] })
  const answer = await app.inject({ url: '/internal/security/me', headers: { authorization: BASIC } })
  assert.equal(answer.statusCode, 401)
})

test('custom headers are sent, and ours stand above them', async (t) => {
  const { app } = await startPortal(t, {
    ...oneProvider,
    customHeaders: { 'x-team': 'identity', 'x-content-type-options': 'off' },
    strictTransportSecurity: 'max-age=31536000',
  })
  const { headers } = await app.inject({ url: '/login' })
  assert.equal(headers['x-team'], 'identity')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['strict-transport-security'], 'max-age=31536000')
})

test('a portal that may be embedded can be framed, starts sign-ins in frames, and partitions its cookie', async (t) => {
  const embedded = { embedding: true, sameSiteCookies: 'None' as const, secureCookies: true }
  const { app } = await startPortal(t, { ...oneProvider, ...embedded })
  const frame = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }
  const { headers } = await app.inject({ url: '/x?auth_url_hash=', headers: frame })
  assert.doesNotMatch(String(headers['content-security-policy']), /frame-ancestors/)
  assert.equal(headers['x-frame-options'], undefined)
  assert.match(String(headers.location), /^https:\/\/op1\.example\/authorize/)
  assert.match(String(headers['set-cookie']), /; SameSite=None; Secure; Partitioned$/)
})

test('posts to listed paths need no header of ours, forms are checked all the same', async (t) => {
  const body = {
    providerType: 'basic',
    providerName: 'basic',
    currentURL: '/',
    params: { username: 'basic', password: 'x' },
  }
  const send = async (xsrf: { disableProtection: boolean; allowlist: readonly string[] }) => {
    const { app } = await startPortal(t, { ...oneProvider, xsrf })
    const post = (url: string, headers: Record<string, string>, payload: string) =>
      app.inject({ method: 'POST', url, headers, payload })
    const json = { 'content-type': 'application/json' }
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' }
    return [
      (await post('/internal/security/login', json, JSON.stringify(body))).statusCode,
      (await post('/login', form, 'username=a')).statusCode,
    ]
  }
  assert.deepEqual(await send({ disableProtection: false, allowlist: [] }), [400, 403])
  assert.deepEqual(await send({ disableProtection: false, allowlist: ['/internal/security/login'] }), [401, 403])
  assert.deepEqual(await send({ disableProtection: false, allowlist: ['/internal/security/logi'] }), [400, 403])
  assert.deepEqual(await send({ disableProtection: true, allowlist: [] }), [401, 403])
})

test('a post without a body may name the type of one', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const headers = { authorization: BASIC, 'kbn-xsrf': 'true', 'content-type': 'application/json' }
  const post = (url: string, payload: string) => app.inject({ method: 'POST', url, headers, payload })
  assert.equal((await post('/internal/security/session', '')).statusCode, 302)
  assert.equal((await post('/internal/security/access_agreement/acknowledge', '')).statusCode, 204)
  for (const payload of ['', '{', '{"__proto__":{}}']) {
    const refused = await post('/internal/security/login', payload)
    assert.deepEqual([refused.statusCode, refused.json<{ error: string }>().error], [400, 'Bad Request'], payload)
  }
})

test('whoever takes longer than half a minute to send a request is not waited for', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  // Node.js looks every thirty seconds, which is too long to wait for here.
  assert.deepEqual([app.server.requestTimeout, app.server.headersTimeout], [30_000, 30_000])
})

test('the portal takes the base path off itself, and has nothing outside of it', async (t) => {
  const { app } = await startPortal(t, { ...twoProviders, basePath: '/kbn', rewriteBasePath: true })
  const ask = async (url: string) => {
    const { port } = new URL(await (address ??= app.listen({ port: 0 })))
    const request = http.get({ port, path: url, headers: { accept: 'text/html' } })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    response.resume()
    return [response.statusCode, response.headers.location]
  }
  let address: Promise<string> | undefined
  assert.deepEqual(await ask('/kbn/x?y'), [302, '/kbn/login?next=%2Fkbn%2Fx%3Fy'])
  assert.deepEqual(await ask('/kbn'), [302, '/kbn/login?next=%2Fkbn%2F'])
  assert.deepEqual(await ask('/kbn?a'), [302, '/kbn/login?next=%2Fkbn%2F%3Fa'])
  assert.deepEqual(await ask('/kbn//evil.example'), [302, '/kbn/login?next=%2Fkbn%2Fevil.example'])
  for (const outside of ['/', '/login', '/kbnx', '/KBN/login', '/kbn%2flogin'])
    assert.deepEqual(await ask(outside), [404, undefined], outside)
})

test('a provider is offered on its origins only', async (t) => {
  const origins = ['https://portal.example', 'https://other.example:8443']
  const { app } = await startPortal(t, {
    selector: true,
    providers: [provider('oidc', 'everywhere', 0, 'oidc1'), provider('oidc', 'bound', 1, 'oidc2', { origins })],
  })
  const page = async (host: string) => (await openBrowser(app).visit('/login', { host })).body
  for (const host of ['portal.example', 'Portal.Example', 'portal.example:443', 'other.example:8443'])
    assert.match(await page(host), /loginCard-oidc\/bound/, host)
  for (const host of ['evil.example', 'other.example', 'portal.example.evil', 'portal.example:80', 'a@portal.example'])
    assert.doesNotMatch(await page(host), /loginCard-oidc\/bound/, host)
})

test('where no provider is offered the login page says so', async (t) => {
  const bound = provider('oidc', 'bound', 0, 'oidc1', { origins: ['https://portal.example'] })
  const { app } = await startPortal(t, { selector: true, providers: [bound] })
  const { body } = await openBrowser(app).visit('/login', { host: 'elsewhere.example' })
  assert.match(body, /No authentication providers have been configured for this origin \(elsewhere\.example\)\./)
})

test('the portal says at its start which of its privileges at the API are missing', async () => {
  const lines: string[] = []
  const log = createLog('error', { write: (line) => lines.push(line) })
  const check = (api: SecurityApi) => checkOwnPrivileges({ api: createApiCalls({ api, log }), log })
  const answer = (cluster: object) => ({ call: async () => ({ status: 200, body: { cluster: { ...cluster } } }) })
  await check(answer({ manage_oidc: true, manage_token: true }))
  assert.deepEqual(lines, [])
  await check(answer({ manage_oidc: false, manage_token: true }))
  assert.match(lines.join(''), /the portal lacks cluster privileges at the security API: manage_oidc"/)
  await check({ call: () => Promise.reject(new Error('away')) })
  assert.match(lines.join(''), /could not learn its own privileges/)
})
