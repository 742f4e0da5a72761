/** What an account page and a sign-out tell and do, in the language of the browser. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Json } from '../../src/kernel/json.ts'
import { oneProvider, openBrowser, provider, signIn, startPortal, twoProviders, whoAmI } from '../support/portal.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const CHROME = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36'
const SESSIONS = '/security/sessions/end'

test('the account page tells where one is signed in: the browser, since when, last used, from where', async (t) => {
  const { app, advance } = await startPortal(t, oneProvider)
  const [here, there] = [openBrowser(app, undefined, FIREFOX), openBrowser(app, undefined, CHROME)]
  await signIn(there)
  advance(3600)
  await signIn(here)
  const stranger = openBrowser(app, undefined, 'curl/8.0')
  await signIn(stranger, 'code2')

  const [, list] = /<ul class="sessions"(.*?)<\/ul>/s.exec((await here.visit('/security/account')).body) ?? []
  const items = (list ?? '').split('<li>').slice(1)
  assert.equal(items.length, 2, 'of this user only')
  assert.match(items[0] ?? '', /Firefox on Linux.*This browser.*Since.*09:00 UTC.*from 127\.0\.0\.1/is)
  assert.doesNotMatch(items[0] ?? '', /<button/)
  assert.match(items[1] ?? '', /Chrome on Windows.*Since.*08:00 UTC.*<button/is)
})

test('groups that are numbers are groups, and whatever else stands in their place is told as well', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const listed = async (groups: Json) => {
    api.intercept = (_call, answer) => {
      const { status, body } = answer()
      return { status, body: { ...body, metadata: { 'oidc(groups)': groups } } }
    }
    const { body } = await browser.visit('/security/account')
    const [, items = ''] = /data-test-subj="account-groups">(.*?)<\/ul>/s.exec(body) ?? []
    return [...items.matchAll(/<li>(.*?)<\/li>/g)].map(([, item]) => item)
  }
  assert.deepEqual(await listed(['admins', 7, true]), ['admins', '7', 'true'])
  assert.deepEqual(await listed(7), ['7'])
  assert.deepEqual(await listed({ a: 1 }), ['{&quot;a&quot;:1}'])
  assert.deepEqual(await listed(null), [])
  assert.deepEqual(await listed([]), [])
})

test('one ends another session of oneself, or all others, and each is refused at once', async (t) => {
  const { app, audited } = await startPortal(t, oneProvider)
  const browsers = Array.from({ length: 4 }, () => openBrowser(app))
  for (const browser of browsers) await signIn(browser)
  const [here, ...others] = browsers
  assert.ok(here)
  const page = await here.visit('/security/account')
  const [, id = ''] = /name="session" value="([\w-]{43})"/.exec(page.body) ?? []
  const one = await here.submit(SESSIONS, { session: id })
  assert.equal(one.statusCode, 303)
  assert.equal(one.headers.location, '/security/account')
  const states = async () => Promise.all(others.map((browser) => whoAmI(browser)))
  assert.equal((await states()).filter((state) => state === 401).length, 1)

  const [, own = ''] = /name="others" value="([\w-]{43})"/.exec(page.body) ?? []
  await here.submit(SESSIONS, { others: own })
  assert.deepEqual(await states(), [401, 401, 401])
  assert.equal(await whoAmI(here), 'user1')
  const ends = audited.filter((event) => event['event.action'] === 'user_logout')
  assert.deepEqual(
    ends.map(({ reason }) => reason),
    ['invalidated', 'invalidated', 'invalidated'],
  )
})

test('a page that was left open has no say about the sessions of who signed in after', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const [browser, elsewhere] = [openBrowser(app), openBrowser(app)]
  await signIn(browser)
  await signIn(openBrowser(app))
  const page = await browser.visit('/security/account')
  const [, others = ''] = /name="others" value="([\w-]{43})"/.exec(page.body) ?? []
  assert.notEqual(others, '')
  await signIn(browser, 'code2', '/api/security/oidc/initiate_login?iss=https://op1.example')
  await signIn(elsewhere, 'code2')
  const answer = await browser.submit(SESSIONS, { others })
  assert.equal(answer.headers.location, '/security/account')
  assert.equal(await whoAmI(browser), 'user2')
  assert.equal(await whoAmI(elsewhere), 'user2')
})

test('nobody ends the session of somebody else, nor by a form from another site', async (t) => {
  const { app, store } = await startPortal(t, oneProvider)
  const [one, two] = [openBrowser(app), openBrowser(app)]
  await signIn(one)
  await signIn(two, 'code2')
  for (const { id } of await store.sessions.list({}, { limit: 10 })) await two.submit(SESSIONS, { session: id })
  assert.equal(await whoAmI(one), 'user1')
  assert.equal(await whoAmI(two), 'user2', 'not the own one either: that is what signing out is for')
  const foreign = await one.submit(SESSIONS, { others: 'x' }, { 'sec-fetch-site': 'cross-site' })
  assert.equal(foreign.statusCode, 403)
  assert.equal((await openBrowser(app).submit(SESSIONS, { others: 'x' })).statusCode, 401)
  assert.equal((await one.submit(SESSIONS, {})).statusCode, 400)
})

test('the return from the provider with the state of the sign-out shows a receipt, once', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  const out = await browser.visit('/api/security/logout')
  const { host, searchParams } = new URL(String(out.headers.location))
  const state = searchParams.get('state') ?? ''

  const page = await browser.visit(`/security/logged_out?state=${state}`)
  assert.match(page.body, /data-test-subj="signOutReceipt".*Session in this browser.*API tokens.*Identity provider/s)
  assert.ok(page.body.includes(`Identity provider ${host}`))
  for (const other of [`?state=${state}`, '?state=forged', '', `?state=${'x'.repeat(4000)}`]) {
    const without = await browser.visit(`/security/logged_out${other}`)
    assert.doesNotMatch(without.body, /signOutReceipt/, other)
    assert.match(without.body, /Not known\. If one signed you in, you may still be signed in there/)
  }
})

test('without a way to sign in at a provider nothing is told of one, nor of tokens that nobody has', async (t) => {
  const { app } = await startPortal(t, { providers: [provider('basic', 'basic', 0)] })
  const page = await openBrowser(app).visit('/security/logged_out')
  assert.doesNotMatch(page.body, /API tokens|Identity provider/)
  const tokens = await startPortal(t, { providers: [provider('token', 'token', 0)] })
  assert.match((await openBrowser(tokens.app).visit('/security/logged_out')).body, /API tokens/)
  assert.doesNotMatch((await openBrowser(tokens.app).visit('/login?msg=LOGGED_OUT')).body, /identity provider/)
})

test('the login page tells after a sign-out whether it reached the provider, or that this is not known', async (t) => {
  const { app } = await startPortal(t, twoProviders)
  const browser = openBrowser(app)
  await signIn(browser, 'code1', '/login?auth_provider_hint=oidc1')
  const out = await browser.visit('/api/security/logout')
  const { host, searchParams } = new URL(String(out.headers.location))
  const back = `/login?msg=LOGGED_OUT&state=${searchParams.get('state')}`
  assert.ok((await browser.visit(back)).body.includes(`${host} took the sign-out`))
  assert.match((await browser.visit(back)).body, /you may still be signed in there/)
  assert.doesNotMatch((await browser.visit('/login')).body, /signed in there/)
})

test('who cannot be looked at now is not told to be logged out', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  api.intercept = () => {
    throw new Error('away')
  }
  assert.equal((await browser.visit('/security/logged_out')).headers.location, '/')
  assert.equal((await browser.visit('/')).statusCode, 503)
  assert.equal((await openBrowser(app).visit('/security/logged_out')).statusCode, 200)
})

test('a receipt is no session: it opens nothing and is not counted', async (t) => {
  const { app, store } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  await browser.visit('/api/security/logout')
  const listed = await store.sessions.list({}, { limit: 10 })
  assert.ok(listed.every(({ ended, provider: of }) => ended === undefined && of === undefined))
})

test('pages speak German to a browser that prefers it, and English to all others', async (t) => {
  const { app } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  const german = { 'accept-language': 'fr;q=0.9, de-AT, en;q=0.8' }
  const pages: readonly [path: string, heading: string, english: string][] = [
    ['/login', 'Anmelden', 'Log in'],
    ['/security/logged_out', 'Sie haben sich abgemeldet', 'Successfully logged out'],
    ['/security/unauthenticated', 'Bei der Anmeldung ist ein Fehler aufgetreten', 'We hit an authentication error'],
    [
      '/api/security/oidc/callback?code=a&state=b',
      'Bei der Anmeldung ist ein Fehler',
      'We hit an authentication error',
    ],
  ]
  for (const [path, heading, english] of pages) {
    const page = await browser.visit(path, german)
    assert.match(page.body, /<html lang="de">/)
    assert.match(page.body, new RegExp(`<h1[^>]*>\\s*${heading}`), path)
    for (const headers of [{}, { 'accept-language': 'fr' }, { 'accept-language': 'de;q=0' }])
      assert.match(
        (await browser.visit(path, headers)).body,
        new RegExp(`lang="en".*<h1[^>]*>\\s*${english}`, 's'),
        path,
      )
  }
  await signIn(browser)
  assert.match((await browser.visit('/security/account', german)).body, /Wo Sie angemeldet sind/)
})

test('what a user without claims has is called metadata', async (t) => {
  const { app, api } = await startPortal(t, oneProvider)
  const browser = openBrowser(app)
  await signIn(browser)
  assert.match((await browser.visit('/security/account')).body, />Claims</)
  api.intercept = ({ path }) =>
    path === '/_security/_authenticate'
      ? { status: 200, body: { username: 'elastic', roles: ['superuser'], metadata: { _reserved: true } } }
      : undefined
  const { body } = await browser.visit('/security/account')
  assert.match(body, />Metadata</)
  assert.doesNotMatch(body, />Claims</)
  const [, masthead = ''] = /<div class="masthead">(.*?)<section/s.exec(body) ?? []
  assert.equal(masthead.match(/elastic/g)?.length, 1, 'the name is said once')
})
