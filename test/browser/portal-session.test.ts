/** What the browser itself does around a session: fragments, tabs, the Back button, time-outs, no script, no mouse. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Browser, BrowserContext, Page, Request } from 'playwright-core'
import { findFreePorts } from '../support/addresses.ts'
import { keyboard, launchChromium, mouse, openContext, pressTwice, waitForAddress } from '../support/chromium.ts'
import { type PortalFixture, provider, startPortal } from '../support/portal.ts'
import { type ReturningOptions, returnAtOnce } from '../support/returning-provider.ts'
import { startStrippingProxy } from '../support/stripping-proxy.ts'

let chromium: Browser
before(async () => {
  chromium = await launchChromium()
})
after(() => chromium.close())

const oidc = provider('oidc', 'oidc', 0, 'oidc1')
const form = provider('basic', 'basic1', 0)
const DEEP = '/nowhere/special?one=two%20three#/board?x=1'

interface Visit {
  readonly portal: PortalFixture
  /** With the base path. */
  readonly origin: string
  readonly context: BrowserContext
  readonly page: Page
  /** What the browser objected to. */
  readonly complaints: string[]
}

async function open(
  t: Parameters<typeof startPortal>[0],
  settings: Parameters<typeof startPortal>[1],
  options: ReturningOptions & { javaScriptEnabled?: boolean } = {},
): Promise<Visit> {
  const portal = await startPortal(t, settings)
  const { basePath = '', rewriteBasePath = false } = settings
  const listening = await portal.app.listen({ port: 0, host: '127.0.0.1' })
  const proxied = basePath !== '' && !rewriteBasePath
  const origin = (proxied ? await startStrippingProxy(t, listening, basePath) : listening) + basePath
  await returnAtOnce(t, portal, origin, options)
  const context = await openContext(t, chromium, { javaScriptEnabled: options.javaScriptEnabled ?? true })
  const complaints: string[] = []
  context.on('console', (message) => {
    // That a page is 401 or 404 is said too, and meant.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(error.error().message))
  return { portal, origin, context, page: await context.newPage(), complaints }
}

async function signInByForm(page: Page, origin: string, hand = mouse): Promise<void> {
  await page.goto(`${origin}/login`)
  await hand.type(page.getByLabel('Username'), 'basic')
  await hand.type(page.getByLabel('Password', { exact: true }), 'basic')
  await hand.press(page.getByRole('button', { name: 'Log in' }))
  await page.waitForURL('**/security/account')
}

/** The pages of the context count what they learn of the session from the portal; a page tells it when it has taken it in. */
async function countLessons(context: BrowserContext): Promise<void> {
  await context.addInitScript(`lessons = 0
    const told = new BroadcastChannel('/session_timeout')
    told.onmessage = ({ data }) => { if (data.type === 'session') lessons++ }`)
}

async function learned(page: Page, times: number): Promise<void> {
  for (const end = Date.now() + 20_000; (await page.evaluate('lessons')) !== times; await setTimeout(20))
    assert.ok(Date.now() < end, `not learned ${times} times`)
}

for (const implicit of [false, true])
  test(`H1 a deep link arrives with its fragment, ${implicit ? 'by the implicit flow' : 'by the code flow'}`, async (t) => {
    const { origin, page, complaints } = await open(t, { providers: [oidc] }, { implicit })
    await page.goto(origin + DEEP)
    await page.waitForURL(origin + DEEP)
    await page.getByRole('heading', { name: 'Page not found' }).waitFor()
    assert.deepEqual(complaints, [])
  })

for (const rewriteBasePath of [false, true])
  test(`H1 a deep link below a base path arrives with its fragment, ${rewriteBasePath ? 'taken off by the portal' : 'taken off by a proxy'}`, async (t) => {
    const settings = { providers: [oidc, form], selector: true, basePath: '/kbn', rewriteBasePath }
    const { origin, page, complaints } = await open(t, settings)
    await page.goto(origin + DEEP)
    await page.getByTestId('loginCard-oidc/oidc').click()
    await page.waitForURL(origin + DEEP)
    await page.getByRole('heading', { name: 'Page not found' }).waitFor()
    assert.deepEqual(complaints, [])
  })

test('A-30 after an implicit sign-in the tokens are in no history entry, and the fragment goes to us alone', async (t) => {
  const { origin, page, portal } = await open(t, { providers: [oidc] }, { implicit: true })
  const requests: Request[] = []
  page.on('request', (request) => requests.push(request))
  await page.goto(origin)
  await page.waitForURL('**/security/account')
  const withCode = requests.map((request) => request.url()).filter((url) => url.includes('code1'))
  assert.ok(withCode.length > 0 && withCode.every((url) => url.startsWith(origin)))
  const sent = await Promise.all(requests.map((request) => request.allHeaders()))
  assert.ok(!JSON.stringify(sent.map(({ referer }) => referer)).includes('code1'), 'no Referer tells it')
  assert.ok(!portal.logged.join('').includes('code1'))
  await page.goBack().catch(() => undefined)
  assert.ok(!page.url().includes('code1'))
})

test('H1 without script a deep link arrives, without its fragment; cards, help and form work', async (t) => {
  const settings = { selector: true, providers: [oidc, provider('basic', 'basic1', 1)], loginHelp: 'Ask **us**.' }
  const { origin, page } = await open(t, settings, { javaScriptEnabled: false })
  await page.goto(origin + DEEP)
  await page.locator('summary').click()
  await page.getByText('Ask us.').waitFor()
  await page.getByTestId('loginCard-oidc/oidc').click()
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/nowhere/special')
  await page.goto(`${origin}/security/account`)
  await page.getByTestId('logoutLink').click()
  await page.getByTestId('logInButton').waitFor()
  await page.goto(`${origin}/login?auth_provider_hint=basic1`)
  await page.getByLabel('Username').fill('basic')
  await page.getByLabel('Password', { exact: true }).fill('basic')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL('**/security/account')
})

test('a provider that is offered on another scheme is not offered, and the page says that none is left', async (t) => {
  const [port = 0] = await findFreePorts(1)
  const elsewhere = provider('oidc', 'oidc', 0, 'oidc1', { origins: [`https://127.0.0.1:${port}`] })
  const portal = await startPortal(t, { selector: true, providers: [elsewhere] })
  const origin = await portal.app.listen({ port, host: '127.0.0.1' })
  const page = await (await openContext(t, chromium)).newPage()
  await page.goto(`${origin}/login`)
  await page.getByRole('alert').waitFor()
  assert.match(await page.getByRole('main').innerText(), /^Log in\s+No authentication providers have been configured/)
})

test('H1 the form keeps the fragment of the address that was asked for', async (t) => {
  const { origin, page } = await open(t, { providers: [form] })
  await page.goto(origin + DEEP)
  await page.getByLabel('Username').fill('basic')
  await page.getByLabel('Password', { exact: true }).fill('basic')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(origin + DEEP)
})

test('F1 five tabs that are opened together all arrive, in one session', async (t) => {
  const { origin, context, portal } = await open(t, { providers: [oidc] })
  const pages = await Promise.all(Array.from({ length: 5 }, () => context.newPage()))
  await Promise.all(pages.map((page, index) => page.goto(`${origin}/tab/${index}#${index}`)))
  for (const [index, page] of pages.entries())
    await waitForAddress(page, (address) => address === `${origin}/tab/${index}#${index}`)
  assert.equal(portal.api.livePairs().length, 1)
})

test('the Back button after a sign-out shows nothing of the session', async (t) => {
  const { origin, page } = await open(t, { providers: [form] })
  await signInByForm(page, origin)
  await page.getByTestId('logoutLink').click()
  await page.waitForURL('**/login?msg=LOGGED_OUT')
  await page.goBack()
  await page.waitForURL('**/login?**')
  assert.equal(await page.getByTestId('account-username').count(), 0)
})

test('H4 the warning comes in all tabs, one click stays logged in for all, and silence leaves', async (t) => {
  const limited = provider('basic', 'basic1', 0, undefined, { idleTimeout: 400, lifespan: 0 })
  const { origin, context, page, portal, complaints } = await open(t, { providers: [limited] })
  await signInByForm(page, origin)
  const other = await context.newPage()
  await other.goto(`${origin}/security/account`)
  await other.getByRole('heading', { name: 'The basic' }).waitFor()
  assert.equal(await other.getByRole('dialog').count(), 0)

  portal.advance(150)
  // A tab that comes back to the front asks again; the others learn it from this one.
  await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
  for (const tab of [page, other]) await tab.getByRole('dialog', { name: 'Session timeout' }).waitFor()
  assert.match(await page.evaluate<string>('document.activeElement.textContent'), /Stay logged in/)
  await page.keyboard.press('Enter')
  for (const tab of [page, other]) await tab.getByRole('dialog').waitFor({ state: 'hidden' })

  portal.advance(398)
  await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
  for (const tab of [page, other]) {
    await waitForAddress(tab, (address) => address.includes('/login?next='))
    await tab.getByText('timed out due to inactivity').waitFor()
  }
  assert.deepEqual(complaints, [])
})

test('H4 the warning comes five minutes before the end, activity and a click put it off, and five seconds before it is over', async (t) => {
  const limited = provider('basic', 'basic1', 0, undefined, { idleTimeout: 900, lifespan: 0 })
  const { origin, context, page, portal, complaints } = await open(t, { providers: [limited] })
  await context.clock.install({ time: portal.clock() * 1000 })
  const pass = async (seconds: number) => {
    portal.advance(seconds)
    await context.clock.fastForward(seconds * 1000)
  }
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/internal/security/session')) asked.push(request.method())
  })
  await countLessons(context)
  await signInByForm(page, origin)
  await learned(page, 1)
  const dialog = page.getByRole('dialog', { name: 'Session timeout' })

  await pass(120)
  await page.mouse.move(10, 10)
  await learned(page, 2)
  await page.mouse.move(20, 20)
  assert.equal(asked.filter((method) => method === 'POST').length, 1, 'once a minute at most')

  await pass(595)
  assert.equal(await dialog.count(), 0)
  await pass(4)
  await learned(page, 3)
  assert.equal(await dialog.count(), 0, 'it looks again before it warns')
  await pass(2)
  await dialog.waitFor()
  assert.match(await dialog.innerText(), /logged out due to inactivity in 5 minutes\./)
  await page.getByRole('button', { name: 'Stay logged in' }).click()
  await learned(page, 4)
  await dialog.waitFor({ state: 'hidden' })

  await pass(892)
  await dialog.waitFor()
  assert.match(await dialog.innerText(), /in [67] seconds\./)
  assert.match(page.url(), /\/security\/account$/)
  await pass(3)
  await page.waitForURL('**/login?next=**')
  await page.getByText('timed out due to inactivity').waitFor()
  assert.deepEqual(complaints, [])
})

test('H4 the warning does not come again while the click on it is answered, and does if that fails', async (t) => {
  const limited = provider('basic', 'basic1', 0, undefined, { idleTimeout: 900, lifespan: 0 })
  const { origin, context, page, portal } = await open(t, { providers: [limited] })
  await context.clock.install({ time: portal.clock() * 1000 })
  await countLessons(context)
  await signInByForm(page, origin)
  await learned(page, 1)
  portal.advance(700)
  await context.clock.fastForward(700 * 1000)
  const dialog = page.getByRole('dialog', { name: 'Session timeout' })
  await dialog.waitFor()
  const answered = Promise.withResolvers<void>()
  await page.route('**/internal/security/session', async (route) => {
    await answered.promise
    await route.abort()
  })
  const asked = page.waitForRequest((request) => request.method() === 'POST')
  await page.getByRole('button', { name: 'Stay logged in' }).click()
  await asked
  await context.clock.runFor(5000)
  assert.equal(await dialog.count(), 0)
  const failed = page.waitForEvent('requestfailed')
  answered.resolve()
  await failed
  await context.clock.runFor(2000)
  await dialog.waitFor()
})

test('H4 a tab that slept, or whose clock was set, asks before it leaves: the session may be in use', async (t) => {
  const limited = provider('basic', 'basic1', 0, undefined, { idleTimeout: 900, lifespan: 0 })
  const { origin, context, page, portal, complaints } = await open(t, { providers: [limited] })
  await context.clock.install({ time: portal.clock() * 1000 })
  await countLessons(context)
  await signInByForm(page, origin)
  await learned(page, 1)
  await context.clock.fastForward(2000 * 1000)
  await learned(page, 2)
  assert.match(page.url(), /\/security\/account$/)

  portal.advance(2000)
  await context.clock.fastForward(2000 * 1000)
  await page.waitForURL('**/login?next=**')
  await page.getByText('timed out due to inactivity').waitFor()
  assert.deepEqual(complaints, [])
})

test('H4 a tab that slept while it was answered does not believe that the session began anew', async (t) => {
  const limited = provider('basic', 'basic1', 0, undefined, { idleTimeout: 900, lifespan: 0 })
  const { origin, context, page, portal } = await open(t, { providers: [limited] })
  await context.clock.install({ time: portal.clock() * 1000 })
  const answered = Promise.withResolvers<void>()
  const slept = Promise.withResolvers<void>()
  await page.route(
    '**/internal/security/session',
    async (route) => {
      const response = await route.fetch()
      answered.resolve()
      await slept.promise
      await route.fulfill({ response })
    },
    { times: 1 },
  )
  await signInByForm(page, origin)
  await answered.promise
  await context.clock.fastForward(2000 * 1000)
  const again = page.waitForResponse((answer) => answer.url().endsWith('/session') && answer.status() === 401)
  portal.advance(2000)
  slept.resolve()
  await again
  await page.getByText('timed out due to inactivity').waitFor()
})

test('H4 a sign-out that stops at the question of the provider has ended all tabs all the same', async (t) => {
  const { origin, context, page } = await open(t, { providers: [oidc] }, { asksBeforeSignOut: true })
  await page.goto(origin)
  await page.waitForURL('**/security/account')
  const other = await context.newPage()
  await other.goto(`${origin}/security/account`)
  await other.getByTestId('logoutLink').waitFor()
  await page.getByTestId('logoutLink').click()
  await page.getByText('Sign out here too?').waitFor()
  await waitForAddress(other, (address) => address.includes('/security/logged_out?'))
})

test('H4 a page that learns of its end on the way to the provider does not turn back', async (t) => {
  const sure = Promise.withResolvers<void>()
  const { origin, page } = await open(
    t,
    { providers: [oidc] },
    { asksBeforeSignOut: true, thinksAboutIt: sure.promise },
  )
  await page.goto(origin)
  await page.waitForURL('**/security/account')
  await page.getByTestId('logoutLink').waitFor()
  const asksProvider = page.waitForRequest('**/end?**')
  // What a finger or a key has begun just before: an extension that is answered after the session's end.
  await page.route('**/internal/security/session', async (route) => {
    await asksProvider
    await route.continue()
  })
  const ended = page.waitForResponse((answer) => answer.url().endsWith('/session') && answer.status() === 401)
  await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
  await page.getByTestId('logoutLink').click({ noWaitAfter: true })
  await ended
  await setTimeout(200)
  sure.resolve()
  await page.getByText('Sign out here too?').waitFor()
})

test('H4 a provider that takes a minute to answer a sign-out is waited for', async (t) => {
  const sure = Promise.withResolvers<void>()
  const options = { asksBeforeSignOut: true, thinksAboutIt: sure.promise }
  const { origin, context, page } = await open(t, { providers: [oidc] }, options)
  // To a page, half a minute and a whole one are over at once.
  await context.addInitScript(`const wait = setTimeout
    setTimeout = (work, milliseconds, ...more) => wait(work, milliseconds >= 30_000 && milliseconds <= 60_000 ? 0 : milliseconds, ...more)`)
  await page.goto(origin)
  await page.waitForURL('**/security/account')
  await page.getByTestId('logoutLink').waitFor()
  const asked: string[] = []
  context.on('request', (request) => asked.push(new URL(request.url()).pathname))
  const asksProvider = page.waitForRequest('**/end?**')
  await page.getByTestId('logoutLink').click({ noWaitAfter: true })
  await asksProvider
  await setTimeout(500)
  sure.resolve()
  await page.getByText('Sign out here too?').waitFor()
  assert.deepEqual(asked, ['/logout', '/api/security/logout', '/end'])
})

test('H4 whose session was ended by an administrator is not told to have signed out', async (t) => {
  const { origin, page, portal } = await open(t, { providers: [oidc] })
  await page.goto(origin)
  await page.waitForURL('**/security/account')
  await page.getByTestId('logoutLink').waitFor()
  for (const { id } of await portal.store.sessions.list({}, { limit: 10 })) await portal.store.sessions.delete(id)
  await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
  await page.waitForURL('**/security/logged_out?**')
  await page.getByRole('heading', { name: 'You are logged out' }).waitFor()
  await page.getByText('Your session has timed out.').waitFor()
})

test('H4 signing out in one tab takes the others to the sign-in, and signing in again brings them back', async (t) => {
  const { origin, context, page } = await open(t, { providers: [form] })
  await signInByForm(page, origin)
  const other = await context.newPage()
  await other.goto(`${origin}/security/account`)
  await other.getByTestId('logoutLink').waitFor()
  await page.getByTestId('logoutLink').click()
  await waitForAddress(other, (address) => address.includes('/login?next=%2Fsecurity%2Faccount'))

  await signInByForm(page, origin)
  await waitForAddress(other, (address) => address.endsWith('/security/account'))
})

test('H4 a page whose first question for its session got no answer watches over it all the same', async (t) => {
  const limited = provider('basic', 'basic1', 0, undefined, { idleTimeout: 900, lifespan: 0 })
  const { origin, context, page, portal } = await open(t, { providers: [limited] })
  await context.clock.install({ time: portal.clock() * 1000 })
  const asked: string[] = []
  await page.route('**/internal/security/session', async (route) => {
    asked.push(route.request().method())
    // The first one fails, the second one gets no answer at all.
    if (asked.length === 1) await route.abort()
    if (asked.length > 2) await route.continue()
  })
  await countLessons(context)
  await signInByForm(page, origin)
  for (const end = Date.now() + 20_000; (await page.evaluate('lessons')) !== 1; await setTimeout(20)) {
    assert.ok(Date.now() < end, 'not learned')
    await context.clock.runFor(1000)
  }
  portal.advance(700)
  await context.clock.fastForward(700 * 1000)
  await page.getByRole('dialog', { name: 'Session timeout' }).waitFor()
  assert.equal(asked.length, 3, 'twice in vain')
})

test('a login that was refused is not sent again when somebody signs in in another tab', async (t) => {
  const { origin, context, page } = await open(t, { providers: [form] })
  await page.goto(`${origin}/login?next=/nowhere#/board`)
  await page.getByLabel('Username').fill('basic')
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('alert').getByText('incorrect').waitFor()
  const posted: Request[] = []
  page.on('request', (request) => request.method() === 'POST' && posted.push(request))
  await signInByForm(await context.newPage(), origin)
  await page.waitForURL(`${origin}/nowhere#/board`)
  assert.equal(posted.length, 0)
})

test('a login whose button is pressed twice begins one session', async (t) => {
  const { origin, page } = await open(t, { providers: [form] })
  const posted = await pressTwice(page)
  await signInByForm(page, origin)
  assert.equal(posted.length, 1)
  assert.equal(await page.getByTestId('account-sessions').getByRole('listitem').count(), 1)
})

test('a login that is on its way arrives, also when somebody else signs in in another tab meanwhile', async (t) => {
  const { origin, context, page } = await open(t, { providers: [form] })
  const other = await context.newPage()
  await other.goto(`${origin}/login`)
  await page.goto(`${origin}/login?next=/nowhere`)
  const signedIn = Promise.withResolvers<void>()
  await page.route('**/login', async (route) => {
    await signedIn.promise
    await route.continue()
  })
  await page.getByLabel('Username').fill('other')
  await page.getByLabel('Password', { exact: true }).fill('other')
  const sent = page.waitForRequest((request) => request.method() === 'POST')
  await page.getByRole('button', { name: 'Log in' }).click({ noWaitAfter: true })
  await sent
  await signInByForm(other, origin)
  await other.waitForLoadState()
  signedIn.resolve()
  await page.waitForURL('**/security/overwritten_session?next=%2Fnowhere')
  await page.getByRole('link', { name: 'Continue as other' }).waitFor()
})

test('a tab of who was signed in before shows who is signed in now', async (t) => {
  const { origin, context, page } = await open(t, { selector: true, providers: [oidc, form] })
  await page.goto(`${origin}/login?auth_provider_hint=basic1`)
  await page.getByLabel('Username').fill('basic')
  await page.getByLabel('Password', { exact: true }).fill('basic')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByTestId('account-username').getByText('basic').waitFor()
  const other = await context.newPage()
  await other.goto(`${origin}/api/security/oidc/initiate_login?iss=https://op1.example`)
  await other.getByRole('link', { name: 'Continue as user1' }).waitFor()
  await page.getByTestId('account-username').getByText('user1').waitFor()
})

test('H6 every page is used by the keyboard alone, and the browser objects to nothing', async (t) => {
  const agreed = provider('basic', 'basic1', 0, undefined, { accessAgreement: 'Be good.' })
  const { origin, page, context, complaints } = await open(t, { providers: [agreed] })
  await page.goto(`${origin}/login`)
  await keyboard.type(page.getByLabel('Username'), 'basic')
  await keyboard.type(page.getByLabel('Password', { exact: true }), 'basic')
  await page.keyboard.press('Enter')
  await keyboard.press(page.getByTestId('accessAgreementAcknowledge'))
  await page.getByTestId('logoutLink').waitFor()
  const other = await openContext(t, chromium)
  const elsewhere = await other.newPage()
  await elsewhere.goto(`${origin}/login`)
  await elsewhere.getByLabel('Username').fill('basic')
  await elsewhere.getByLabel('Password', { exact: true }).fill('basic')
  await elsewhere.keyboard.press('Enter')
  await elsewhere.getByTestId('accessAgreementAcknowledge').waitFor()
  await page.reload()
  await keyboard.press(page.getByTestId('endOtherSessions'))
  await page.waitForURL('**/security/account')
  await page.getByTestId('endOtherSessions').waitFor({ state: 'detached' })
  await page.goto(`${origin}/nowhere`)
  const again = page.waitForEvent('framenavigated')
  await keyboard.press(page.getByTestId('logInButton'))
  await again
  await page.waitForLoadState()
  await page.goto(`${origin}/security/account`)
  await keyboard.press(page.getByTestId('logoutLink'))
  await page.waitForURL('**/login?msg=LOGGED_OUT')
  for (const path of ['/security/logged_out', '/security/unauthenticated']) {
    await page.goto(origin + path)
    await keyboard.press(page.getByTestId('logInButton'))
    await page.getByLabel('Username').waitFor()
  }
  assert.equal(context.pages().length, 1)
  assert.deepEqual(complaints, [])
})

test('H6 the ways to sign in, their help and the page of an overwritten session are used by the keyboard alone', async (t) => {
  const settings = { selector: true, providers: [oidc, form], loginHelp: 'Ask **us**.' }
  const { origin, page, complaints } = await open(t, settings)
  await page.goto(`${origin}/login?next=/nowhere`)
  await keyboard.press(page.locator('summary'))
  await page.getByText('Ask us.').waitFor()
  await keyboard.press(page.getByTestId('loginCard-basic/basic1'))
  await page.getByLabel('Username').waitFor()
  await keyboard.type(page.getByLabel('Password', { exact: true }), 'seen')
  await keyboard.press(page.getByRole('button', { name: 'Show password' }))
  assert.equal(await page.locator('#password').getAttribute('type'), 'text')
  await keyboard.press(page.getByRole('link', { name: 'More login options' }))
  await keyboard.press(page.getByTestId('loginCard-oidc/oidc'))
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  await page.goto(`${origin}/security/overwritten_session?next=/security/account`)
  await keyboard.press(page.getByRole('link', { name: 'Continue as user1' }))
  await page.waitForURL('**/security/account')
  assert.deepEqual(complaints, [])
})

test('H3 the error page stays, and its button begins again for the address that was asked for', async (t) => {
  const { origin, page, portal } = await open(t, { providers: [oidc] })
  const back = portal.api.intercept
  portal.api.intercept = (call, answer) => {
    if (call.path === '/_security/oidc/authenticate') return { status: 401, body: {} }
    return back?.(call, answer)
  }
  await page.goto(origin + DEEP)
  const button = page.getByTestId('logInButton')
  await button.waitFor()
  portal.api.intercept = back
  await button.click()
  await page.waitForURL(origin + DEEP)
})
