/** One session at the provider: several requests of its browser at the same moment, and what comes after its end. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as client from 'openid-client'
import type { Artefact, Store } from '../../src/store/store.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { createBrowserSession } from '../support/browser-session.ts'
import { beginLogin, CALLBACK, clientSettings, discover, signIn, startProvider } from '../support/provider.ts'
import { openTemporaryStore } from '../support/temporary-store.ts'
import { until } from '../support/until.ts'

const NAMES = ['one', 'two', 'three']
const END_SESSION = '/session/end_session'

/** A store in which whoever reads a session can be made to wait before it goes on. */
function holdReaders(store: Store) {
  let gate: Promise<void> | undefined
  let waiting = 0
  const wait = async (row: Artefact | undefined) => {
    if (gate === undefined || row?.model !== 'Session') return row
    waiting += 1
    await gate
    return row
  }
  const artefacts: Store['artefacts'] = {
    ...store.artefacts,
    find: async (key) => wait(await store.artefacts.find(key)),
  }
  return {
    store: { ...store, artefacts },
    /** From now on readers wait. @returns lets the next ones pass, and those that wait if it is called */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      waiting = 0
      return { waiting: () => waiting, pass: () => (gate = undefined), release: resolve }
    },
  }
}

async function setUp(t: TestContext) {
  const held = holdReaders(await openTemporaryStore(t, systemClock))
  const provider = await startProvider({
    clients: ['app', ...NAMES].map((name) => clientSettings(name)),
    parts: { store: held.store },
  })
  t.after(() => provider.close())
  const browser = createBrowserSession()
  await signIn(await discover(provider.origin), { browser })
  const logins = await Promise.all(NAMES.map(async (name) => beginLogin(await discover(provider.origin, name))))
  return { provider, browser, logins, hold: held.hold }
}

test('logins at several applications at the same moment all hold, and a sign-out knows of each', async (t) => {
  const { provider, browser, logins, hold } = await setUp(t)
  const { waiting, pass, release } = hold()
  const visits = logins.map(({ url }) => browser.visit(url, { until: CALLBACK }))
  await until(() => waiting() === NAMES.length)
  pass()
  release()
  const answers = await Promise.all(visits)
  for (const [place, { redeem }] of logins.entries()) assert.ok((await redeem(answers[place]!)).access_token)
  const account = await browser.visit(`${provider.origin}/account`)
  for (const name of ['app', ...NAMES]) assert.match(account.body, new RegExp(`name="client" value="${name}"`))
})

test('logins of one application in several tabs at the same moment all hold', async (t) => {
  const { provider, browser, hold } = await setUp(t)
  const config = await discover(provider.origin, 'one')
  const logins = await Promise.all([beginLogin(config), beginLogin(config), beginLogin(config)])
  const { waiting, pass, release } = hold()
  const visits = logins.map(({ url }) => browser.visit(url, { until: CALLBACK }))
  await until(() => waiting() === logins.length)
  pass()
  release()
  const answers = await Promise.all(visits)
  const tokens = await Promise.all(logins.map(({ redeem }, place) => redeem(answers[place]!)))
  assert.equal(new Set(tokens.map((each) => each.claims()?.['sid'])).size, 1)
  for (const { access_token: token } of tokens)
    assert.equal((await client.fetchUserInfo(config, token, 's-alice')).sub, 's-alice')
})

test('a login under way while somebody signs out does not bring the session back', async (t) => {
  const { provider, browser, logins, hold } = await setUp(t)
  const dialog = await browser.visit(provider.origin + END_SESSION)
  const before = browser.copy()
  const { waiting, pass, release } = hold()
  const visits = logins.map(({ url }) => before.visit(url, { until: CALLBACK }))
  await until(() => waiting() === NAMES.length)
  pass()
  assert.match((await browser.submit(dialog, { logout: 'yes' })).body, /You are signed out/)
  release()
  const answers = await Promise.all(visits)
  for (const [place, { redeem }] of logins.entries())
    await assert.rejects(redeem(answers[place]!), { error: 'invalid_grant' })
  assert.match((await before.visit(`${provider.origin}/account`)).body, /You are not signed in/)
})

test('A-33: a cookie whose session has ended makes no new ones, however often it comes', async (t) => {
  const store = await openTemporaryStore(t, systemClock)
  const written: string[] = []
  const artefacts: Store['artefacts'] = {
    ...store.artefacts,
    upsert: (artefact) => {
      written.push(artefact.model)
      return store.artefacts.upsert(artefact)
    },
  }
  const provider = await startProvider({ parts: { store: { ...store, artefacts } } })
  t.after(() => provider.close())
  const config = await discover(provider.origin)
  const { browser } = await signIn(config)
  const dead = browser.copy()
  await browser.submit(await browser.visit(provider.origin + END_SESSION), { logout: 'yes' })
  written.length = 0
  for (const prompt of ['none', 'login', 'login']) {
    const { url } = await beginLogin(config, { prompt })
    await dead.copy().visit(url, { until: CALLBACK })
  }
  assert.deepEqual(written, ['Interaction', 'Interaction'])
  assert.equal((await signIn(config, { browser: dead })).tokens.claims()?.sub, 's-alice')
})

test('what a session was used for since its sign-out looked at it ends with it', async (t) => {
  const told: string[] = []
  const held = holdReaders(await openTemporaryStore(t, systemClock))
  const provider = await startProvider({
    clients: ['app', 'late'].map((name) => toldClient(name)),
    parts: {
      store: held.store,
      fetch: async (url) => {
        told.push(new URL(url instanceof Request ? url.url : url).pathname)
        return new Response(null, { status: 204 })
      },
    },
  })
  t.after(() => provider.close())
  const browser = createBrowserSession()
  await signIn(await discover(provider.origin), { browser })
  const other = browser.copy()
  const dialog = await browser.visit(provider.origin + END_SESSION)
  const { waiting, pass, release } = held.hold()
  const ended = browser.submit(dialog, { logout: 'yes' })
  await until(() => waiting() === 1)
  pass()
  // The password once more: from here on the session has a new id.
  const parameters = { prompt: 'login' }
  const { tokens } = await signIn(await discover(provider.origin, 'late'), { browser: other, parameters })
  release()
  assert.match((await ended).body, /You are signed out/)
  assert.match((await other.visit(`${provider.origin}/account`)).body, /You are not signed in/)
  assert.deepEqual(told.toSorted(), ['/app', '/late'])
  const headers = { authorization: `Bearer ${tokens.access_token}` }
  assert.equal((await fetch(`${provider.origin}/users-srv/userinfo`, { headers })).status, 401)
})

test('an application that is told of a sign-out cannot sign in again with the session, however slow the others are', async (t) => {
  const told: string[] = []
  const { promise: answer, resolve: release } = Promise.withResolvers<Response>()
  const provider = await startProvider({
    clients: ['quick', 'slow'].map((name) => toldClient(name)),
    parts: {
      fetch: async (url) => {
        told.push(new URL(url instanceof Request ? url.url : url).pathname)
        return told.at(-1) === '/slow' ? answer : new Response(null, { status: 204 })
      },
    },
  })
  t.after(() => provider.close())
  const quick = await discover(provider.origin, 'quick')
  const { browser, tokens } = await signIn(quick)
  await signIn(await discover(provider.origin, 'slow'), { browser })
  const dialog = await browser.visit(provider.origin + END_SESSION)
  const tab = browser.copy()
  const ended = browser.submit(dialog, { logout: 'yes' })
  await until(() => told.length === 2)
  const again = await tab.visit((await beginLogin(quick, { prompt: 'none' })).url, { until: CALLBACK })
  assert.equal(new URL(again.url).searchParams.get('error'), 'login_required')
  assert.equal((await client.tokenIntrospection(quick, tokens.access_token)).active, false)
  release(new Response(null, { status: 204 }))
  assert.match((await ended).body, /You are signed out/)
})

test('an application that is signed out alone, and signs in again while it is told, is told of the next sign-out', async (t) => {
  const told: string[] = []
  const { promise: answer, resolve: release } = Promise.withResolvers<Response>()
  const provider = await startProvider({
    clients: [toldClient('app')],
    parts: { fetch: async () => (told.push('app') === 1 ? answer : new Response(null, { status: 204 })) },
  })
  t.after(() => provider.close())
  const config = await discover(provider.origin)
  const { browser, tokens } = await signIn(config)
  const hint = new URLSearchParams({ id_token_hint: tokens.id_token ?? '' })
  const dialog = await browser.visit(`${provider.origin}${END_SESSION}?${hint.toString()}`)
  const tab = browser.copy()
  const stayed = browser.submit(dialog, { logout: 'no' })
  await until(() => told.length === 1)
  const login = await beginLogin(config, { prompt: 'none' })
  const again = await login.redeem(await tab.visit(login.url, { until: CALLBACK }))
  release(new Response(null, { status: 204 }))
  assert.match((await stayed).body, /still signed in/)
  assert.equal((await client.fetchUserInfo(config, again.access_token, 's-alice')).sub, 's-alice')
  assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false)
  await browser.submit(await browser.visit(provider.origin + END_SESSION), { logout: 'yes' })
  assert.equal(told.length, 2)
})

function toldClient(name: string) {
  return clientSettings(name, { metadata: { backchannel_logout_uri: `https://rp.example/${name}` } })
}
