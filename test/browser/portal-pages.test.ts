/** Every page of the portal in Chromium: for assistive technology, in both languages, light, dark and on a phone. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type TestContext, after, before, test } from 'node:test'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import type { PortalSettings } from '../../src/settings/settings.ts'
import { launchChromium, openContext, PHONE, takePictures } from '../support/chromium.ts'
import { REFUSAL, startFramingSite } from '../support/framing-site.ts'
import { type PortalFixture, provider, startPortal } from '../support/portal.ts'
import { returnAtOnce } from '../support/returning-provider.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
let chromium: Browser
let axe: string
before(async () => {
  chromium = await launchChromium()
  axe = await readFile(AXE, 'utf8')
})
after(() => chromium.close())

const manyProviders = Array.from({ length: 19 }, (_, index) =>
  provider('oidc', `oidc${index}`, index, 'oidc1', {
    description: `Log in with provider number ${index}`,
    hint: index % 2 === 0 ? 'For everybody in this house' : undefined,
    icon: ['users', 'globe', 'lock', undefined][index % 4],
  }),
)
const selector: Partial<PortalSettings> = {
  selector: true,
  providers: [...manyProviders, provider('basic', 'basic1', 20)],
  loginAssistanceMessage: 'Welcome. If you are new here, read [this](https://example.org/start) first.',
  loginHelp: 'Call **4711**, or write to [support](mailto:support@example.org).',
}
const text = Array.from({ length: 30 }, (_, line) => `${line + 1}. What you see here stays here.`).join('\n\n')
const form: Partial<PortalSettings> = { providers: [provider('basic', 'basic1', 0)] }
const agreement = { providers: [provider('basic', 'basic1', 0, undefined, { accessAgreement: text })] }
const short = { providers: [provider('basic', 'basic1', 0, undefined, { idleTimeout: 300, lifespan: 0 })] }
const ending = { providers: [provider('basic', 'basic1', 0, undefined, { idleTimeout: 0, lifespan: 300 })] }

interface Place {
  readonly name: string
  readonly settings: Partial<PortalSettings>
  readonly open: (page: Page, origin: string, portal: PortalFixture, t: TestContext) => Promise<unknown>
}

const PLACES: readonly Place[] = [
  { name: 'login-of-twenty', settings: selector, open: (page, origin) => page.goto(`${origin}/login`) },
  {
    name: 'login-of-two',
    settings: {
      ...selector,
      loginHelp: undefined,
      providers: [
        provider('oidc', 'oidc1', 0, 'oidc1'),
        provider('oidc', 'oidc2', 1, 'oidc2', {
          description: 'Rechenzentrumsverwaltungsgesellschaft',
          hint: 'Mitarbeiterinnen und Mitarbeiter aller Standorte',
          icon: 'users',
        }),
      ],
    },
    open: (page, origin) => page.goto(`${origin}/login?msg=LOGGED_OUT`),
  },
  {
    name: 'login-of-none',
    settings: {
      selector: true,
      providers: [provider('oidc', 'oidc1', 0, 'oidc1', { origins: ['https://elsewhere.example'] })],
    },
    open: (page, origin) => page.goto(`${origin}/login`),
  },
  {
    name: 'login-form-and-help',
    settings: selector,
    async open(page, origin) {
      await page.goto(`${origin}/login?auth_provider_hint=basic1&msg=SESSION_IDLE_TIMEOUT`)
      await page.locator('summary').click()
    },
  },
  {
    name: 'login-refused',
    settings: form,
    async open(page, origin) {
      await signIn(page, origin, 'wrong')
      await page.getByRole('alert').waitFor()
    },
  },
  {
    name: 'login-insecure',
    settings: { ...form, secureCookies: true },
    async open(page, origin) {
      // What a browser tells of a plain page that is not on its own machine.
      await page.addInitScript('Object.defineProperty(window, "isSecureContext", { value: false })')
      await page.goto(`${origin}/login`)
      await page.locator('#insecure').waitFor()
      assert.equal(await page.getByTestId('loginForm').isVisible(), false)
    },
  },
  {
    name: 'login-without-cookies',
    settings: form,
    async open(page, origin) {
      await page.addInitScript('Object.defineProperty(navigator, "cookieEnabled", { value: false })')
      await page.goto(`${origin}/login`)
      await page.locator('#no-cookies').waitFor()
    },
  },
  {
    name: 'login-away',
    settings: form,
    async open(page, origin, { api }) {
      api.intercept = () => {
        throw new Error('away')
      }
      await page.goto(`${origin}/login`)
    },
  },
  {
    name: 'account-with-sessions',
    settings: form,
    async open(page, origin, _portal, t) {
      const other = await openContext(t, chromium, { userAgent: 'Mozilla/5.0 (iPhone) FxiOS/140.0 Safari/604.1' })
      await signIn(await other.newPage(), origin, 'basic')
      await signIn(page, origin, 'basic')
      await page.getByTestId('endOtherSessions').waitFor()
    },
  },
  {
    name: 'account-of-long-names',
    settings: form,
    async open(page, origin, { api }) {
      const long = 'avery-long-name-without-any-space-'.repeat(4)
      const body = {
        username: long,
        full_name: `Dr. ${long}`,
        email: `${long}@example.org`,
        roles: Array.from({ length: 12 }, (_, index) => `${long.slice(0, 10 + 9 * index)}${index}`),
        metadata: {
          'oidc(groups)': [long, 'short'],
          [`oidc(${long})`]: { nested: [long] },
          'oidc(amr)': ['pwd', 'otp'],
        },
        enabled: true,
        authentication_realm: { name: long, type: 'oidc' },
        lookup_realm: { name: 'ldap1', type: 'ldap' },
        authentication_type: 'token',
      }
      api.intercept = ({ path, as }) =>
        path === '/_security/_authenticate' && as !== 'portal' ? { status: 200, body } : undefined
      await signIn(page, origin, 'basic')
    },
  },
  {
    name: 'account-without-roles',
    settings: form,
    async open(page, origin, { api }) {
      const body = { username: 'newcomer', roles: [], metadata: {}, enabled: true, authentication_type: 'realm' }
      api.intercept = ({ path, as }) =>
        path === '/_security/_authenticate' && as !== 'portal' ? { status: 200, body } : undefined
      await signIn(page, origin, 'basic')
    },
  },
  {
    name: 'account-timeout',
    settings: short,
    async open(page, origin) {
      await signIn(page, origin, 'basic')
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'account-ending',
    settings: ending,
    async open(page, origin) {
      await signIn(page, origin, 'basic')
      await page.locator('#session-note').waitFor()
    },
  },
  {
    name: 'agreement',
    settings: agreement,
    async open(page, origin) {
      await signIn(page, origin, 'basic')
      await page.waitForURL('**/security/access_agreement*')
    },
  },
  {
    name: 'overwritten',
    settings: form,
    async open(page, origin) {
      await signIn(page, origin, 'basic')
      await page.goto(`${origin}/security/overwritten_session`)
    },
  },
  {
    name: 'not-found',
    settings: form,
    async open(page, origin) {
      await signIn(page, origin, 'basic')
      await page.goto(`${origin}/nowhere`)
    },
  },
  {
    name: 'logged-out-timeout',
    settings: form,
    open: (page, origin) => page.goto(`${origin}/security/logged_out?msg=SESSION_LIFESPAN_TIMEOUT`),
  },
  {
    name: 'receipt',
    settings: { providers: [provider('oidc', 'oidc', 0, 'oidc1')] },
    async open(page, origin, portal, t) {
      await returnAtOnce(t, portal, origin)
      await page.goto(origin)
      await page.waitForURL('**/security/account')
      await page.getByTestId('logoutLink').click()
      await page.getByTestId('signOutReceipt').waitFor()
    },
  },
  {
    name: 'logged-out-unknown',
    settings: { providers: [provider('oidc', 'oidc', 0, 'oidc1')] },
    open: (page, origin) => page.goto(`${origin}/security/logged_out`),
  },
  {
    name: 'logout-failed',
    settings: { providers: [provider('oidc', 'oidc', 0, 'oidc1')] },
    async open(page, origin, portal, t) {
      await returnAtOnce(t, portal, origin)
      await page.goto(origin)
      await page.waitForURL('**/security/account')
      portal.api.intercept = ({ path }) => (path === '/_security/oidc/logout' ? { status: 500, body: {} } : undefined)
      await page.getByTestId('logoutLink').click()
      await page.getByTestId('errorCode').waitFor()
    },
  },
  { name: 'unauthenticated', settings: form, open: (page, origin) => page.goto(`${origin}/security/unauthenticated`) },
  {
    name: 'error',
    settings: form,
    open: (page, origin) => page.goto(`${origin}/api/security/oidc/callback?code=a&state=b`),
  },
]

for (const { name, settings, open } of PLACES)
  test(`H6 the page ${name} has no barrier in two languages, light and dark, fits a phone and no frame`, async (t) => {
    const site = await startFramingSite(t)
    const portal = await startPortal(t, settings)
    const origin = await portal.app.listen({ port: 0, host: '127.0.0.1' })
    for (const locale of ['en', 'de'] as const) {
      const context = await openContext(t, chromium, { locale, reducedMotion: 'reduce' })
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) =>
        complaints.push(...(/Content.Security.Policy/i.test(message.text()) ? [message.text()] : [])),
      )
      page.on('pageerror', (error) => complaints.push(error.message))
      await open(page, origin, portal, t)
      assert.deepEqual(complaints, [])
      assert.equal(await page.locator('html').getAttribute('lang'), locale)
      assert.deepEqual(await findBarriers(page, EVERYTHING), [], locale)
      if (locale === 'en') {
        await page.emulateMedia({ colorScheme: 'dark' })
        assert.deepEqual(await findBarriers(page, COLOURS), [], 'dark')
      }
      if (locale === 'en') await takePictures(page, `portal-${name}`)
      else await takePictures(page, `portal-${name}-german`, [PHONE])
      await page.setViewportSize({ width: 320, height: 640 })
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      assert.equal(overflow, 0, 'it scrolls sideways')
      if (locale === 'en') assert.equal(await site.frame(context, page.url()), REFUSAL)
    }
  })

test('H6 what only moves on is in no frame either; a portal that may be embedded is', async (t) => {
  const site = await startFramingSite(t)
  const context = await openContext(t, chromium)
  for (const embedding of [false, true]) {
    const portal = await startPortal(t, { ...selector, embedding })
    const origin = await portal.app.listen({ port: 0, host: '127.0.0.1' })
    for (const path of [
      '/',
      '/login',
      '/logout',
      '/internal/security/capture-url?next=/login',
      '/api/security/oidc/callback',
    ]) {
      const shown = await site.frame(context, origin + path)
      assert.equal(shown === REFUSAL, !embedding, `${path} shows ${shown}`)
    }
  }
})

test('who wants less motion sees none', async (t) => {
  const portal = await startPortal(t, selector)
  const origin = await portal.app.listen({ port: 0, host: '127.0.0.1' })
  const duration = async (reducedMotion: 'reduce' | 'no-preference') => {
    const page = await (await openContext(t, chromium, { reducedMotion })).newPage()
    await page.goto(`${origin}/login`)
    const style = 'getComputedStyle(document.querySelector("a.choice")).transitionDuration'
    return page.evaluate<string>(style)
  }
  assert.equal(await duration('reduce'), '0s')
  assert.notEqual(await duration('no-preference'), '0s')
})

/** WCAG 2.2 AA, and what axe-core holds for good practice; §2.5.8 is not among what it looks at by itself. */
const EVERYTHING = '{ rules: { "target-size": { enabled: true } } }'
/** What else a page looks like changes nothing but these. */
const COLOURS = '{ runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } }'

async function findBarriers(page: Page, rules: string): Promise<string[]> {
  await page.evaluate(axe)
  const results = await page.evaluate<AxeResults>(`axe.run(document, ${rules})`)
  return results.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`))
}

async function signIn(page: Page, origin: string, password: string): Promise<void> {
  await page.goto(`${origin}/login`)
  await page.locator('#username').fill('basic')
  await page.locator('#password').fill(password)
  await page.locator('form button[type=submit]').click()
  await page.waitForLoadState()
}
