/** Every way by which a hostile address reaches the portal, and that none of them leads elsewhere. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import {
  ORIGIN,
  type TestBrowser,
  oneProvider,
  openBrowser,
  provider,
  signIn,
  startPortal,
  stateOf,
  twoProviders,
} from '../support/portal.ts'

interface Vector {
  readonly next: string
}
const file = new URL('../vectors/portal-next.json', import.meta.url)
const { refused, refusedWithBase } = JSON.parse(readFileSync(file, 'utf8')) as Record<
  'refused' | 'refusedWithBase',
  Vector[]
>
const hostile = refused.map(({ next }) => next)
const FORM = { providerName: 'basic1', username: 'basic', password: 'basic' }

for (const [basePath, vectors] of [
  ['', hostile],
  ['/kbn', [...hostile, ...refusedWithBase.map(({ next }) => next)]],
] as const)
  test(`H2 every hostile next ends at ${basePath}/, wherever it comes in`, async (t) => {
    const { app } = await startPortal(t, {
      ...twoProviders,
      basePath,
      publicBaseUrl: ORIGIN + basePath,
    })
    const home = `${basePath}/`
    const signedIn = (await app.inject(form({ ...FORM, next: '' }))).headers['set-cookie']
    const cookie = String(signedIn).split(';')[0] ?? ''
    const page = { accept: 'text/html' }
    for (const next of vectors) {
      const query = `?next=${encodeURIComponent(next)}`
      const name = JSON.stringify(next)
      const login = await app.inject({ url: `/login${query}`, headers: page })
      assert.ok(login.body.includes(`auth_provider_hint=oidc1&amp;next=${encodeURIComponent(home)}"`), name)
      const again = await app.inject({ url: `/login${query}`, headers: { ...page, cookie } })
      assert.equal(again.headers.location, home, name)
      const out = await app.inject({ url: `/logged_out${query}`, headers: page })
      assert.match(out.body, new RegExp(`href="${home}"[^>]*data-test-subj="logInButton"`), name)
      const capture = await app.inject({ url: `/internal/security/capture-url${query}`, headers: page })
      assert.match(capture.body, new RegExp(`id="next" hidden href="${home}\\?auth_url_hash="`), name)
      assert.equal((await app.inject(form({ ...FORM, next }))).headers.location, home, name)
      const currentURL = `${ORIGIN}${basePath}/login${query}`
      const params = { username: 'basic', password: 'basic' }
      const ask = { providerType: 'basic', providerName: 'basic1', currentURL, params }
      const json = await app.inject({
        method: 'POST',
        url: '/internal/security/login',
        headers: { 'kbn-xsrf': 'true' },
        payload: ask,
      })
      assert.deepEqual(json.json(), { location: home }, name)
    }
  })

test('A-1 no page and no redirect leads to another host, whatever next it was given', async (t) => {
  const portal = await startPortal(t, {
    selector: false,
    providers: [provider('oidc', 'oidc', 0, 'oidc1', { accessAgreement: 'Be good.' }), provider('basic', 'basic1', 1)],
  })
  const [user, stranger] = [openBrowser(portal.app), openBrowser(portal.app)]
  await signIn(user)
  for (const next of hostile) {
    const query = `next=${encodeURIComponent(next)}`
    const pages = [
      await user.visit(`/security/access_agreement?${query}`),
      await user.visit(`/security/overwritten_session?${query}`),
      await user.submit('/security/access_agreement', { next }),
      await stranger.visit(`/security/unauthenticated?${query}`),
      await stranger.visit(`/api/security/logout?${query}`),
      await stranger.visit(`/x?auth_provider_hint=basic1&${query}`),
    ]
    for (const page of pages) assertStaysHere(page, next)
  }
})

test('A-2 control characters in a path or a parameter never reach a header', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const encoded = ['/%09/evil', '/%0d%0aSet-Cookie:%20sid=x', '/%00/evil', '/%e2%80%a8/evil', '/%2509//evil']
  for (const path of encoded) {
    for (const url of [path, `/login?next=${path}`, `/logout?next=${path}`, `/?auth_provider_hint=${path}`]) {
      const response = await openBrowser(app).visit(url)
      assertStaysHere(response, url)
      assert.equal(response.headers['set-cookie'], undefined)
    }
  }
})

test('A-3 a target_link_uri has no say in where a sign-in ends', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const initiate = '/api/security/oidc/initiate_login'
  for (const target of [...hostile, 'https://evil.example/', `${ORIGIN}/x`]) {
    const asked = { iss: 'https://op1.example', target_link_uri: target }
    for (const send of [
      (browser: TestBrowser) => browser.visit(`${initiate}?${new URLSearchParams(asked).toString()}`),
      (browser: TestBrowser) => browser.submit(initiate, asked),
    ]) {
      const browser = openBrowser(app)
      const start = await send(browser)
      if (start.statusCode === 400) continue
      const finished = await browser.visit(`/api/security/oidc/callback?code=code1&state=${stateOf(start)}`)
      assert.equal(finished.headers.location, '/', JSON.stringify(target))
    }
  }
})

const ROUTES = [
  '/',
  '/x?y=z',
  '/login',
  '/login?auth_provider_hint=oidc1',
  '/logout',
  '/api/security/logout',
  '/security/logged_out',
  '/security/account',
  '/security/unauthenticated',
  '/security/overwritten_session',
  '/internal/security/capture-url?next=/x',
  '/api/security/oidc/implicit',
  '/api/security/oidc/callback?code=a&state=b',
  '/internal/security/login_state',
]

test('a provider whose address is not all ASCII is reached by what browsers make of it', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const redirect = 'https://login.m\u00fcller.example/\u767b\u5f55?prompt=gr\u00f6\u00dfer'
  const asked = new Set(['/_security/oidc/prepare', '/_security/oidc/logout'])
  api.intercept = ({ path }, answer) => {
    const { status, body } = answer()
    return { status, body: asked.has(path) ? { ...body, redirect } : body }
  }
  const ways = [await openBrowser(app).visit('/x?auth_url_hash='), await browser.visit('/api/security/logout')]
  for (const { headers } of ways)
    assert.equal(headers.location, 'https://login.xn--mller-kva.example/%E7%99%BB%E5%BD%95?prompt=gr%C3%B6%C3%9Fer')
})

test('A-48 a foreign Host is in no address of ours', async (t) => {
  const portal = await startPortal(t, twoProviders)
  for (const url of ROUTES) {
    const response = await openBrowser(portal.app).visit(url, { host: 'evil.example' })
    assert.doesNotMatch(JSON.stringify(response.headers) + response.body, /evil\.example/, url)
  }
})

test('A-41 what a stranger says in forwarding headers changes nothing', async (t) => {
  const portal = await startPortal(t, twoProviders)
  const forged = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-prefix': '/evil',
    'x-forwarded-uri': '/evil',
    'x-original-url': '/security/account',
    'x-rewrite-url': '/security/account',
    x_forwarded_host: 'evil.example',
    forwarded: 'for=203.0.113.7;host=evil.example;proto=https',
    'x-forwarded-user': 'elastic',
    'remote-user': 'elastic',
  }
  const plain = ({ statusCode, headers, body }: LightMyRequestResponse) => {
    const id = String(headers['x-request-id'])
    const { date: _date, 'x-request-id': _id, ...others } = headers
    const fixed = body.replaceAll(id, '').replaceAll(/<time.*?<\/time>/g, '')
    return { statusCode, headers: { ...others, 'content-length': undefined }, body: fixed }
  }
  for (const url of ROUTES) {
    const [believed, ignored] = [
      await openBrowser(portal.app).visit(url, forged),
      await openBrowser(portal.app).visit(url),
    ]
    assert.deepEqual(plain(believed), plain(ignored), url)
  }
  const browser = openBrowser(portal.app)
  const start = await browser.visit('/login?auth_provider_hint=oidc1&auth_url_hash=')
  await browser.visit(`/api/security/oidc/callback?code=code1&state=${stateOf(start)}`, forged)
  const account = await browser.visit('/security/account')
  assert.match(account.body, /127\.0\.0\.1/)
  assert.doesNotMatch(account.body, /203\.0\.113\.7/)
})

/** That an answer redirects to the own origin, if at all, and that all its links lead there. */
function assertStaysHere(response: LightMyRequestResponse, name: string): void {
  const { location } = response.headers
  const links = Array.from(response.body.matchAll(/(?:href|action|src)="([^"]*)"/g), ([, link = '']) => link)
  for (const address of [...(location === undefined ? [] : [location]), ...links]) {
    if (address === 'data:,') continue
    const url = new URL(address.replaceAll('&amp;', '&'), ORIGIN)
    assert.equal(url.origin, ORIGIN, `${JSON.stringify(name)} leads to ${address}`)
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(address, /[\0-\x20\x7f-\uffff]/, JSON.stringify(name))
  }
}

function form(fields: Record<string, string>): InjectOptions {
  const headers = {
    accept: 'text/html',
    'content-type': 'application/x-www-form-urlencoded',
    'sec-fetch-site': 'same-origin',
  }
  return { method: 'POST', url: '/login', headers, payload: new URLSearchParams(fields).toString() }
}
