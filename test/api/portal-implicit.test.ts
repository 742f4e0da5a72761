/** The implicit flow, whose response comes in the fragment: acceptance scenarios D of the portal. */
import assert from 'node:assert/strict'
import http from 'node:http'
import test from 'node:test'
import { runInNewContext } from 'node:vm'
import {
  ORIGIN,
  type TestBrowser,
  assertErrorPage,
  oneProvider,
  openBrowser,
  readSetCookie,
  startPortal,
  whoAmI,
} from '../support/portal.ts'

const IMPLICIT = '/api/security/oidc/implicit'
const CALLBACK = '/api/security/oidc/callback?authenticationResponseURI='
const TARGET = '/abc/xyz/handshake?one=two%20three#/board'

async function start(browser: TestBrowser): Promise<string> {
  const currentURL = `${ORIGIN}/internal/security/capture-url?next=${encodeURIComponent('/abc/xyz/handshake?one=two%20three')}#/board`
  const ask = { providerType: 'oidc', providerName: 'oidc', currentURL }
  const response = await browser.post('/internal/security/login', ask)
  assert.equal(response.statusCode, 200, response.body)
  const { searchParams } = new URL(response.json<{ location: string }>().location)
  return String(searchParams.get('state'))
}

const responseOf = (fragment: string, path = IMPLICIT) => CALLBACK + encodeURIComponent(`${ORIGIN}${path}#${fragment}`)

test('D1 a program starts a sign-in and gets the address of the provider', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  assert.match(await start(browser), /^state-/)
  assert.ok(browser.cookie)
})

test('D2 the page hands the fragment to the callback without a trace in the history', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const page = await openBrowser(app).visit(IMPLICIT)
  assert.equal(page.statusCode, 200)
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(page.headers['cache-control'], 'private, no-cache, no-store, must-revalidate')
  assert.equal(page.headers['referrer-policy'], 'no-referrer')
  assert.match(page.body, /<title>OpenID Connect Login<\/title>/)
  assert.doesNotMatch(page.body, /<script(?![^>]*src=)/)
  const [, path] = /<script src="([^"]+)"><\/script>/.exec(page.body) ?? []
  const script = await app.inject({ url: String(path) })
  assert.equal(script.headers['content-type'], 'text/javascript; charset=utf-8')

  const replaced: string[] = []
  const location = {
    href: 'https://portal.example/api/security/oidc/implicit#token=a&access_token=b',
    replace: (url: string) => replaced.push(url),
  }
  runInNewContext(script.body, { location })
  assert.deepEqual(replaced, [
    '/api/security/oidc/callback?authenticationResponseURI=https%3A%2F%2Fportal.example%2Fapi%2Fsecurity%2Foidc%2Fimplicit%23token%3Da%26access_token%3Db',
  ])
})

test('D3 the response counts with its cookie and state, at the address of the implicit flow only', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const state = await start(browser)
  assertErrorPage(await openBrowser(app).visit(responseOf(`code=code1&state=${state}`)), 401, 'no_cookie')
  assertErrorPage(await browser.visit(responseOf('code=code1&state=wrong')), 401, 'handshake_missing')
  for (const bad of [
    responseOf(`code=code1&state=${state}`, '/elsewhere'),
    responseOf(`code=code1&state=${state}&state=${state}`),
    `${CALLBACK}relative`,
    `${CALLBACK}javascript:x`,
  ])
    assertErrorPage(await browser.visit(bad), 400, 'bad_request')
  const good = responseOf(`code=code1&state=${state}`)
  const response = await browser.visit(good)
  assert.equal(response.headers.location, TARGET)
  assert.ok(readSetCookie(response))
  assert.equal(await whoAmI(browser), 'user1')
  const asked = api.calls.find(({ path }) => path === '/_security/oidc/authenticate')
  assert.equal(asked?.body?.['redirect_uri'], `${ORIGIN}${IMPLICIT}#code=code1&state=${state}`)
})

test('D3 a response of 20 KiB arrives', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const state = await start(browser)
  const path = responseOf(`code=code1&state=${state}&id_token=${'x'.repeat(20 * 1024)}`)
  const { port } = new URL(await app.listen({ port: 0 }))
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get({ port, path, headers: { cookie: `sid=${browser.cookie}` } }, resolve).on('error', reject)
  })
  response.resume()
  assert.equal(response.headers.location, TARGET)
})
