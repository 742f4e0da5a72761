/** Another site, which puts a page of ours into a frame of its own. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { TestContext } from 'node:test'
import type { BrowserContext } from 'playwright-core'

export interface FramingSite {
  /** @returns the address that the frame shows in the end: that of a page, or of the browser's refusal */
  frame(context: BrowserContext, address: string): Promise<string>
}

/** What Chromium shows instead of a page that may not be framed. */
export const REFUSAL = 'chrome-error://chromewebdata/'

export async function startFramingSite(t: TestContext): Promise<FramingSite> {
  const server = http.createServer((request, response) => {
    const framed = new URL(request.url ?? '/', 'http://framing').searchParams.get('framed') ?? ''
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<!doctype html><title>framing</title><iframe src="${framed.replaceAll('&', '&amp;')}"></iframe>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return {
    async frame(context, framed) {
      const page = await context.newPage()
      // Another port, yet the same site for cookies: they go along, as they would from a page next door.
      await page.goto(`http://127.0.0.1:${address.port}/?framed=${encodeURIComponent(framed)}`)
      const [, frame] = page.frames()
      assert.ok(frame)
      await frame.waitForLoadState()
      return frame.url()
    },
  }
}
