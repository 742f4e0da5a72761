/** Every page of the provider against axe-core's rules for WCAG 2.2 AA, in both languages, light and dark. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { beginLogin, clientSettings, discover, type ProviderUnderTest, startProvider } from '../support/provider.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES: RunOptions = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }

let chromium: Browser
let provider: ProviderUnderTest
before(async () => {
  chromium = await launchChromium()
  provider = await startProvider({ clients: [clientSettings('app', { consent: 'ask' })] })
})
after(async () => {
  await chromium.close()
  await provider.close()
})

for (const [locale, colorScheme] of [
  ['en', 'light'],
  ['de', 'dark'],
] as const) {
  test(`${locale}, ${colorScheme}: login, consent, account, dialog, own pages and errors`, async (t) => {
    // Our policy forbids inline scripts, and axe-core comes as one.
    const context = await chromium.newContext({ locale, colorScheme, bypassCSP: true })
    t.after(() => context.close())
    context.setDefaultTimeout(10_000)
    const page = await context.newPage()
    const { url } = await beginLogin(await discover(provider.origin))
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
  })
}

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
