import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchChromium, mouse, openContext, takePictures } from '../support/chromium.ts'
import { type Program, startProgram } from '../support/program.ts'
import { signIn } from '../support/provider-visit.ts'

let program: Program
let chromium: Browser
before(async () => {
  program = await startProgram()
  chromium = await launchChromium()
})
after(async () => {
  await chromium.close()
  await program.remove()
})

/** Every page that the loop does not come by, and how one gets there. */
const PAGES: readonly { name: string; heading: string; open: (page: Page) => Promise<unknown> }[] = [
  {
    name: 'portal-login-form',
    heading: 'Log in',
    open: async (page) => {
      await page.goto(program.portal)
      await page.getByTestId('loginCard-basic/basic1').click()
      await page.getByLabel('Username').waitFor()
    },
  },
  {
    name: 'portal-login-refused',
    heading: 'Log in',
    open: async (page) => {
      await signInByForm(page, 'elastic', 'wrong-password')
      await page.getByRole('alert').waitFor()
      assert.equal(await page.getByLabel('Username').inputValue(), 'elastic')
      assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '')
    },
  },
  {
    name: 'portal-account-of-elastic',
    heading: 'elastic',
    open: async (page) => {
      await signInByForm(page, 'elastic', 'elastic-demo')
      await page.waitForURL(`${program.portal}/security/account`)
    },
  },
  {
    name: 'portal-not-found',
    heading: 'Page not found',
    open: async (page) => {
      await signInByForm(page, 'elastic', 'elastic-demo')
      await page.waitForURL(`${program.portal}/security/account`)
      await page.goto(`${program.portal}/nothing/here`)
    },
  },
  {
    name: 'portal-error',
    heading: 'We hit an authentication error',
    open: (page) => page.goto(`${program.portal}/api/security/oidc/callback?code=stolen&state=foreign`),
  },
  {
    name: 'portal-unauthenticated',
    heading: 'We hit an authentication error',
    open: (page) => page.goto(`${program.portal}/security/unauthenticated`),
  },
  {
    name: 'provider-login-refused',
    heading: 'Sign in',
    open: async (page) => {
      await page.goto(program.portal)
      await page.getByTestId('loginCard-oidc/oidc1').click()
      await page.getByLabel('Username').fill('alice')
      await page.getByLabel('Password').fill('wrong-password')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'provider-signed-out',
    heading: 'You are signed out',
    open: (page) => page.goto(`${program.provider}/session/end_session`),
  },
  {
    name: 'provider-stayed',
    heading: 'You are still signed in',
    open: async (page) => {
      await page.goto(program.portal)
      await page.getByTestId('loginCard-oidc/oidc1').click()
      await signIn(page, mouse, 'bob')
      await page.waitForURL(`${program.portal}/security/account`)
      await page.goto(`${program.provider}/session/end_session`)
      await page.getByRole('button', { name: 'No, stay signed in' }).click()
      await page.waitForURL(`${program.provider}/session/end_session/stayed`)
    },
  },
  {
    name: 'provider-notice',
    heading: 'You are signed out',
    open: (page) => page.goto(`${program.provider}/session/end_session?id_token_hint=forged`),
  },
  {
    name: 'provider-error',
    heading: 'This did not work',
    open: (page) =>
      page.goto(
        `${program.provider}/authz-srv/authz?client_id=portal&redirect_uri=https://evil.example/&response_type=code`,
      ),
  },
]

for (const { name, heading, open } of PAGES) {
  test(`the page ${name} has its parts in order and fits a narrow phone`, async (t) => {
    const page = await (await openContext(t, chromium)).newPage()
    await open(page)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await takePictures(page, name)

    assert.equal(await page.locator('html').getAttribute('lang'), 'en')
    assert.notEqual(await page.title(), '')
    assert.equal(await page.getByRole('main').count(), 1)
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1)
    await page.setViewportSize({ width: 320, height: 640 })
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    assert.equal(overflow, 0, 'it scrolls sideways')
  })
}

async function signInByForm(page: Page, username: string, password: string): Promise<void> {
  await page.goto(program.portal)
  await page.getByTestId('loginCard-basic/basic1').click()
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
}
