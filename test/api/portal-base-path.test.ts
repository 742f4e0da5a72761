/** A portal below a path of its host, which a proxy takes off on the way in. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type PortalFixture, oneProvider, openBrowser, startPortal, stateOf, twoProviders } from '../support/portal.ts'

const base = { basePath: '/kbn', publicBaseUrl: 'https://portal.example/kbn' }
const send = ({ app }: PortalFixture, url: string, headers: Record<string, string> = {}) =>
  app.inject({ url, headers: { accept: 'text/html', ...headers } })

test('every address that the portal gives away has the base path in front', async (t) => {
  const portal = await startPortal(t, { ...twoProviders, ...base })
  assert.equal((await send(portal, '/x?y')).headers.location, '/kbn/login?next=%2Fkbn%2Fx%3Fy')
  assert.equal((await send(portal, '/logout')).headers.location, '/kbn/api/security/logout')
  assert.equal((await send(portal, '/api/security/logout')).headers.location, '/kbn/login?msg=LOGGED_OUT')
  const page = (await send(portal, '/login?next=/kbn/x')).body
  for (const [, address] of page.matchAll(/(?:href|src|action)="([^"]+)"/g))
    assert.match(String(address), /^(\/kbn\/|data:)/)
  assert.match((await send(portal, '/login?next=/x')).body, /next=%2Fkbn%2F"/, 'outside of the base path')
  assert.match((await send(portal, '/api/security/oidc/implicit')).body, /src="\/kbn\/internal/)
})

test('a sign-in below the base path arrives where it was asked for, with a cookie for the base path only', async (t) => {
  const portal = await startPortal(t, { ...oneProvider, ...base })
  const capture = await send(portal, '/x?y')
  const next = '%2Fkbn%2Fx%3Fy%26auth_provider_hint%3Doidc'
  assert.equal(capture.headers.location, `/kbn/internal/security/capture-url?next=${next}`)
  const page = await send(portal, `/internal/security/capture-url?next=${next}`)
  assert.match(page.body, /href="\/kbn\/x\?y&amp;auth_provider_hint=oidc&amp;auth_url_hash="/)
  const start = await send(portal, '/x?y&auth_provider_hint=oidc&auth_url_hash=%23a')
  const [, secret] = /^sid=([^;]+); Path=\/kbn; HttpOnly/.exec(String(start.headers['set-cookie'])) ?? []
  const callback = `/api/security/oidc/callback?code=code1&state=${stateOf(start)}`
  const finished = await send(portal, callback, { cookie: `sid=${secret}` })
  assert.equal(finished.headers.location, '/kbn/x?y#a')
  assert.match(String(finished.headers['set-cookie']), /; Path=\/kbn; /)
})

test('a secure portal says so in its cookie', async (t) => {
  const portal = await startPortal(t, { ...oneProvider, secureCookies: true, cookieName: '__Host-sid' })
  const start = await send(portal, '/?auth_url_hash=')
  assert.match(String(start.headers['set-cookie']), /^__Host-sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
  assert.equal(openBrowser(portal.app).cookie, undefined)
})
