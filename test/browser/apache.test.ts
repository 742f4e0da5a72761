/** mod_auth_openidc as a relying party of the provider, in Chromium: in, out at the application, out at the provider. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { findAddresses } from '../support/addresses.ts'
import { type Apache, APACHE_CALLBACK, startApache } from '../support/apache.ts'
import { launchChromium, openContext } from '../support/chromium.ts'
import { clientSettings, type ProviderUnderTest, SECRET, startProvider } from '../support/provider.ts'

let chromium: Browser
let provider: ProviderUnderTest
let apache: Apache
let origin: string

before(async () => {
  chromium = await launchChromium()
  origin = (await findAddresses()).example
  const metadata = {
    redirect_uris: [`${origin}${APACHE_CALLBACK}`],
    post_logout_redirect_uris: [`${origin}/bye.html`],
    backchannel_logout_uri: `${origin}${APACHE_CALLBACK}?logout=backchannel`,
  }
  provider = await startProvider({
    clients: [clientSettings('apache', { requirePkce: true, metadata })],
    settings: { allowedHosts: ['localhost'] },
  })
  apache = await startApache({ origin, issuer: provider.origin, clientId: 'apache', secret: SECRET })
})
after(async () => {
  await chromium.close()
  await provider.close()
  await apache.close()
})

test('login, and logout begun by the application: session gone, back where it wanted', async (t) => {
  const page = await openPage(t)
  await signIn(page)
  await page.goto(`${origin}${APACHE_CALLBACK}?logout=${encodeURIComponent(`${origin}/bye.html`)}`)
  await page.getByText('Client apache asks to sign you out').waitFor()
  await page.getByRole('button', { name: 'Yes, sign me out' }).click()
  await page.waitForURL(`${origin}/bye.html`)
  await page.goto(`${origin}/protected/index.shtml`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test('"No" ends only the login of the application, and the next one asks nothing', async (t) => {
  const page = await openPage(t)
  await signIn(page)
  await page.goto(`${origin}${APACHE_CALLBACK}?logout=${encodeURIComponent(`${origin}/bye.html`)}`)
  await page.getByRole('button', { name: 'No, stay signed in' }).click()
  await page.waitForURL(`${origin}/bye.html`)
  await page.goto(`${origin}/protected/index.shtml`)
  await page.getByRole('heading', { name: 'Signed in as alice@example.org' }).waitFor()
})

test('logout at the provider: the application is told by the back channel and asks for a new login', async (t) => {
  const page = await openPage(t)
  await signIn(page)
  await page.goto(`${provider.origin}/account`)
  await page.getByRole('button', { name: 'Sign out here' }).click()
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
  assert.match(provider.logged(), /a relying party was told of the logout/)
  await page.goto(`${origin}/protected/index.shtml`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

async function openPage(t: { after(end: () => Promise<void>): void }): Promise<Page> {
  return (await openContext(t, chromium)).newPage()
}

async function signIn(page: Page): Promise<void> {
  await page.goto(`${origin}/protected/index.shtml`)
  await page.getByLabel('Username').fill('alice')
  await page.getByLabel('Password').fill('alice-demo')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Signed in as alice@example.org' }).waitFor()
}
