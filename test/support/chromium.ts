/** Debian's Chromium, and pictures of what it shows. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

const PICTURES = join(import.meta.dirname, '../../test-artefacts')

/** The caller owes a `close()`. */
export function launchChromium(): Promise<Browser> {
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

const LOOKS = [
  { look: 'light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { look: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { look: 'phone', colorScheme: 'light', viewport: { width: 320, height: 640 } },
] as const

/** Takes pictures of the page in light, in dark and on a narrow phone: `test-artefacts/<name>-<look>.png`. */
export async function takePictures(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true })
  for (const { look, colorScheme, viewport } of LOOKS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(viewport)
    await page.screenshot({ path: join(PICTURES, `${name}-${look}.png`), fullPage: true })
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(LOOKS[0].viewport)
}
