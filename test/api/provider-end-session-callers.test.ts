/** Libraries that people use today sign out as they always did. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type * as client from 'openid-client'
import { request } from 'undici'
import { createBrowserSession } from '../support/browser-session.ts'
import {
  clientSettings,
  discover,
  END_SESSION,
  GOODBYE,
  type ProviderUnderTest,
  signIn,
  startProvider,
} from '../support/provider.ts'
import vectors from '../vectors/end-session-callers.json' with { type: 'json' }

interface Caller {
  readonly name: string
  readonly query: string
  readonly cookies?: false
  readonly returns?: boolean
  readonly headless?: true
  readonly status?: number
}

let provider: ProviderUnderTest
let config: client.Configuration
before(async () => {
  const metadata = { post_logout_redirect_uris: [GOODBYE, `${GOODBYE}?logintype=logout`] }
  provider = await startProvider({
    clients: [clientSettings('app', { accessTokenHintMayRedirect: true, metadata })],
    settings: { endSession: { ...END_SESSION, headlessLogout: true } },
  })
  config = await discover(provider.origin)
})
after(() => provider.close())

for (const { name, query, cookies = true, returns = false, headless, status } of vectors.callers as readonly Caller[]) {
  test(name, async () => {
    const { browser, tokens } = await signIn(config)
    const values: Readonly<Record<string, string>> = {
      at: tokens.access_token,
      id: tokens.id_token ?? '',
      uri: GOODBYE,
      encodedUri: encodeURIComponent(GOODBYE),
    }
    const filled = query.replaceAll(/\{(\w+)\}/g, (_all, value: string) => values[value] ?? '')
    const url = `${provider.origin}/session/end_session?${filled}`
    if (headless) {
      const answer = await request(url, { method: 'POST' })
      await answer.body.dump()
      assert.equal(answer.statusCode, status)
      assert.equal(answer.headers['location'], status === 302 ? GOODBYE : undefined)
      return
    }
    const caller = cookies ? browser : createBrowserSession()
    const page = await caller.visit(url)
    assert.equal(page.status, 200)
    assert.match(
      page.body,
      cookies ? /<h1>Sign out\?</ : returns ? /<h1>You are not signed in</ : /<h1>You are signed out</,
    )
    if (!cookies && !returns) return
    const answer = await caller.submit(page, { logout: 'yes' }, { until: GOODBYE })
    assert.equal(answer.url.startsWith(GOODBYE), returns)
    if (returns)
      assert.equal(new URL(answer.url).searchParams.get('logintype') === 'logout', query.includes('logintype'))
  })
}
