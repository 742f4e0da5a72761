/** Every page of the provider against axe-core's rules for WCAG 2.2 AA, in both languages, light and dark. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { launchChromium, openContext } from '../support/chromium.ts'
import { beginLogin, clientSettings, discover, type ProviderUnderTest, startProvider } from '../support/provider.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES: RunOptions = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }

let chromium: Browser
let provider: ProviderUnderTest
let application: string
const relyingParty = createServer((_request, response) => response.end('back'))
before(async () => {
  chromium = await launchChromium()
  await once(relyingParty.listen(0, '127.0.0.1'), 'listening')
  application = `http://127.0.0.1:${(relyingParty.address() as AddressInfo).port}`
  const uris = { redirect_uris: [`${application}/callback`], post_logout_redirect_uris: [`${application}/goodbye`] }
  const front = { frontchannel_logout_uri: `${application}/frame` }
  const back = { backchannel_logout_uri: 'https://away.invalid/logout' }
  provider = await startProvider({
    clients: [
      clientSettings('app', { consent: 'ask', metadata: uris }),
      clientSettings('front', { metadata: { ...uris, ...front } }),
      clientSettings('back', { metadata: { ...uris, ...back } }),
    ],
    settings: {
      resources: [{ identifier: 'https://api.example.org/orders', scope: 'read', accessTokenFormat: 'jwt' }],
    },
  })
})
after(async () => {
  await chromium.close()
  relyingParty.close()
  await provider.close()
})

for (const [locale, colorScheme] of [
  ['en', 'light'],
  ['de', 'dark'],
] as const) {
  test(`${locale}, ${colorScheme}: login, consent, account, dialog, frames, continue, own pages and errors`, async (t) => {
    // Our policy forbids inline scripts, and axe-core comes as one.
    const context = await openContext(t, chromium, { locale, colorScheme, bypassCSP: true })
    const page = await context.newPage()
    const config = await discover(provider.origin)
    const redirect_uri = `${application}/callback`
    const parameters = { redirect_uri, resource: 'https://api.example.org/orders', scope: 'openid email groups read' }
    const { url, redeem } = await beginLogin(config, parameters)
    await page.goto(url)
    await checkPage(page, 'login')
    await page.locator('#username').fill('alice')
    await page.locator('#password').fill('wrong')
    await page.locator('button[value=login]').click()
    await page.getByRole('alert').waitFor()
    await checkPage(page, 'login that failed')
    await page.locator('#password').fill('alice-demo')
    await page.locator('button[value=login]').click()
    await page.locator('button[value=allow]').waitFor()
    await checkPage(page, 'consent')
    await page.locator('button[value=allow]').click()
    await page.waitForURL(`${redirect_uri}?*`)
    const { id_token: idToken = '' } = await redeem({ ...NO_PAGE, url: page.url() })
    const leave = `${provider.origin}/session/end_session?${new URLSearchParams({
      id_token_hint: idToken,
      post_logout_redirect_uri: `${application}/goodbye`,
    }).toString()}`
    for (const path of [
      '/account',
      '/session/end_session?id_token_hint=x',
      '/session/end_session/success',
      '/session/end_session/stayed',
      '/nowhere',
      '/authz-srv/authz',
    ]) {
      await page.goto(provider.origin + path)
      await checkPage(page, path)
    }

    // Pages that go on by themselves stay, so that they can be looked at.
    await page.route('**/ui/*.js', (route) => route.abort())
    for (const id of ['front', 'back'])
      await page.goto((await beginLogin(await discover(provider.origin, id), { redirect_uri })).url)
    await page.goto(leave)
    await checkPage(page, 'dialog')
    await page.locator('button[value=yes]').click()
    await page.locator('#next').waitFor()
    await checkPage(page, 'frames')
    await page.goto(leave)
    await page.locator('input[name=ticket]').waitFor({ state: 'attached' })
    await checkPage(page, 'continue')
  })
}

const NO_PAGE = { status: 0, headers: new Headers(), body: '', trail: [] }

async function checkPage(page: Page, name: string): Promise<void> {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate<AxeResults, RunOptions>(
    (options) => (globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(options),
    RULES,
  )
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  assert.deepEqual(found, [], name)
  assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, name)
}
