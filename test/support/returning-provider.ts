/** An identity provider without any page: it sends every browser straight back, signed in as `user1`, or signed out. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { TestContext } from 'node:test'
import type { PortalFixture } from './portal.ts'

export interface ReturningOptions {
  implicit?: boolean
  asksBeforeSignOut?: boolean
  /** The question comes when this is over. */
  thinksAboutIt?: Promise<unknown>
}

/** Makes it the provider of a portal that listens at `origin`. */
export async function returnAtOnce(
  t: TestContext,
  { api }: PortalFixture,
  origin: string,
  options: ReturningOptions = {},
): Promise<void> {
  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://provider')
    const state = encodeURIComponent(searchParams.get('state') ?? '')
    if (pathname === '/end' && options.asksBeforeSignOut) {
      const question = '<title>Provider</title><p>Sign out here too?'
      void Promise.resolve(options.thinksAboutIt).then(() =>
        response.writeHead(200, { 'content-type': 'text/html' }).end(question),
      )
      return
    }
    const answer = `code=code1&state=${state}`
    const back =
      pathname === '/authorize'
        ? options.implicit
          ? `/api/security/oidc/implicit#${answer}`
          : `/api/security/oidc/callback?${answer}`
        : `/security/logged_out?state=${state}`
    response.writeHead(302, { location: origin + back }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const here = `http://127.0.0.1:${address.port}`
  api.intercept = ({ path }, ask) => {
    if (path !== '/_security/oidc/prepare' && path !== '/_security/oidc/logout') return undefined
    const answer = ask()
    const redirect = answer.body?.['redirect']
    if (typeof redirect !== 'string') return answer
    return { ...answer, body: { ...answer.body, redirect: redirect.replace('https://op1.example', here) } }
  }
}
