/** The account page of the provider: who is signed in where, and the three ways out. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as client from 'openid-client'
import { type BrowserSession, createBrowserSession } from '../support/browser-session.ts'
import {
  beginLogin,
  CALLBACK,
  clientSettings,
  discover,
  type ProviderUnderTest,
  signIn,
  startProvider,
} from '../support/provider.ts'

let provider: ProviderUnderTest
let page: string
before(async () => {
  provider = await startProvider({ clients: ['app', 'wiki', '"><script>'].map((id) => clientSettings(id)) })
  page = `${provider.origin}/account`
})
after(() => provider.close())

/** alice, signed in at both clients in one browser. */
async function signInTwice() {
  const app = await signIn(await discover(provider.origin, 'app'))
  const wiki = await signIn(await discover(provider.origin, 'wiki'), { browser: app.browser })
  return { browser: app.browser, app: app.tokens.access_token, wiki: wiki.tokens.access_token }
}

async function isActive(token: string): Promise<boolean> {
  return (await client.tokenIntrospection(await discover(provider.origin), token)).active
}

async function isSignedIn(browser: BrowserSession): Promise<boolean> {
  const { url } = await beginLogin(await discover(provider.origin), { prompt: 'none' })
  return new URL((await browser.visit(url, { until: CALLBACK })).url).searchParams.has('code')
}

test('it names the person and the applications of this session, in the language of the browser', async () => {
  const { browser } = await signInTwice()
  const account = await browser.visit(page)
  assert.equal(account.status, 200)
  assert.match(account.body, /You are signed in as <strong>Alice Adams<\/strong>\.\s+In this browser since .* UTC\./)
  for (const name of ['app', 'wiki']) assert.match(account.body, new RegExp(`Sign out of Client ${name}<`))
  assert.doesNotMatch(account.body, /"><script>/)
  const german = await browser.visit(page, { headers: { 'accept-language': 'de' } })
  assert.match(german.body, /Von Client wiki abmelden</)
})

test('who is not signed in is told so', async () => {
  assert.match((await createBrowserSession().visit(page)).body, /<h1>You are not signed in<\/h1>/)
})

test('one application: its tokens die, the others and the session live', async () => {
  const { browser, app, wiki } = await signInTwice()
  const account = await browser.submit(await browser.visit(page), { client: 'wiki' })
  assert.doesNotMatch(account.body, /Client wiki/)
  assert.match(account.body, /Client app/)
  assert.deepEqual([await isActive(app), await isActive(wiki)], [true, false])
  assert.equal(await isSignedIn(browser), true)
})

test('here: this session ends, one in another browser lives', async () => {
  const { browser, app } = await signInTwice()
  const other = await signInTwice()
  const answer = await browser.submit(await browser.visit(page), { leave: 'here' })
  assert.match(answer.body, /<h1>You are signed out<\/h1>/)
  assert.equal(browser.cookie('ostiary_op'), undefined)
  assert.equal(await isActive(app), false)
  assert.equal(await isActive(other.app), true)
})

test('everywhere: all sessions of this person end, those of others live', async () => {
  const { browser } = await signInTwice()
  const other = await signInTwice()
  const bob = await signIn(await discover(provider.origin), { user: 'bob' })
  await browser.submit(await browser.visit(page), { leave: 'everywhere' })
  assert.equal(await isActive(other.wiki), false)
  assert.equal(await isSignedIn(other.browser), false)
  assert.equal(await isActive(bob.tokens.access_token), true)
})

test('A-10: a form is of one session and for one use; a GET and another site do nothing', async () => {
  const { browser, app } = await signInTwice()
  const other = await signInTwice()
  const form = await browser.visit(page)
  const refused = [
    await other.browser.submit(form, { leave: 'here' }),
    await browser.submit(form, { leave: 'here' }, { headers: { 'sec-fetch-site': 'cross-site' } }),
    await browser.submit(form, { leave: 'here', ticket: 'forged' }),
    await browser.visit(page, { body: new URLSearchParams({ leave: 'everywhere' }) }),
  ]
  assert.deepEqual(
    refused.map(({ status }) => status),
    [400, 400, 400, 400],
  )
  assert.equal((await browser.submit(form, { client: 'unknown' })).status, 400)
  assert.equal((await browser.submit(form, { leave: 'here' })).status, 400)
  await browser.visit(`${page}?leave=everywhere`)
  assert.equal(await isActive(app), true)
})
