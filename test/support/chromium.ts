/** Debian's Chromium, what hands do in it, and pictures of what it shows. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
  type Request,
  selectors,
} from 'playwright-core'

const PICTURES = join(import.meta.dirname, '../../test-artefacts')
const LOOKS = [
  { look: 'light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { look: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { look: 'phone', colorScheme: 'light', viewport: { width: 320, height: 640 } },
] as const
type Look = (typeof LOOKS)[number]
export const PHONE: Look = LOOKS[2]

/** The caller owes a `close()`. */
export function launchChromium(): Promise<Browser> {
  selectors.setTestIdAttribute('data-test-subj')
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** What one person has open, until the test ends. */
export async function openContext(
  t: { after(end: () => Promise<unknown>): void },
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(20_000)
  // Chromium may never answer a close that meets a page which just arrives. What is left then goes with the browser.
  t.after(() => Promise.race([context.close(), setTimeout(5_000, undefined, { ref: false })]))
  return context
}

/** Waits until a page is somewhere, however many navigations of its scripts overtake each other on the way. */
export async function waitForAddress(page: Page, fits: (address: string) => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !fits(page.url());) {
    if (Date.now() > end) throw new Error(`the page is still at ${page.url()}`)
    await setTimeout(50)
  }
  await page.waitForLoadState()
}

/** How a person uses what a page offers. */
export interface Hand {
  press(control: Locator): Promise<void>
  type(field: Locator, text: string): Promise<void>
}

export const mouse: Hand = {
  press: (control) => control.click(),
  type: (field, text) => field.fill(text),
}

/** Reaches everything by the tabulator key alone, as people without a pointing device do. */
export const keyboard: Hand = {
  async press(control) {
    await tabTo(control)
    await control.page().keyboard.press('Enter')
  },
  async type(field, text) {
    await tabTo(field)
    await field.page().keyboard.type(text)
  },
}

/**
 * From now on, a button that sends a form is pressed a second time before the form has reached anybody.
 * @returns the forms that were sent, those to come too
 */
export async function pressTwice(page: Page): Promise<readonly Request[]> {
  const posted: Request[] = []
  let pressedAgain = Promise.withResolvers<void>()
  await page.exposeFunction('tellPressedAgain', () => pressedAgain.resolve())
  await page.addInitScript(`addEventListener('submit', ({ submitter }) => setTimeout(() => {
    submitter.click()
    tellPressedAgain()
  }, 500), { once: true })`)
  await page.route('**/*', async (route) => {
    if (route.request().method() === 'POST') {
      posted.push(route.request())
      await pressedAgain.promise
      pressedAgain = Promise.withResolvers()
    }
    await route.continue()
  })
  return posted
}

async function tabTo(control: Locator): Promise<void> {
  await control.waitFor()
  const page = control.page()
  for (let presses = 0; presses < 30; presses++) {
    if ((await control.and(page.locator(':focus')).count()) === 1) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`the tabulator key does not reach ${control.toString()}`)
}

/** Takes pictures of the page in light, in dark and on a narrow phone: `test-artefacts/<name>-<look>.png`. */
export async function takePictures(page: Page, name: string, looks: readonly Look[] = LOOKS): Promise<void> {
  await mkdir(PICTURES, { recursive: true })
  for (const { look, colorScheme, viewport } of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(viewport)
    await page.screenshot({ path: join(PICTURES, `${name}-${look}.png`), fullPage: true, animations: 'disabled' })
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(LOOKS[0].viewport)
}
