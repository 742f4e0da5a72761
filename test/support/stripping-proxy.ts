/** A reverse proxy that takes a base path off, as one does before a portal that leaves this to it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { TestContext } from 'node:test'

/** @returns its own origin; what is not below `basePath` is 404 */
export async function startStrippingProxy(t: TestContext, upstream: string, basePath: string): Promise<string> {
  const server = http.createServer((request, response) => {
    const url = request.url ?? '/'
    if (!url.startsWith(`${basePath}/`)) {
      response.writeHead(404).end()
      return
    }
    const { method, headers } = request
    const passed = http.request(new URL(upstream), { path: url.slice(basePath.length), method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    request.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}
