/** The users of the security API sign in at the provider. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from 'openid-client'
import { hashPassword } from '../../src/authc/password.ts'
import { createBrowserSession } from '../support/browser-session.ts'
import { beginLogin, CALLBACK, discover, signIn, startProvider, submitLogin } from '../support/provider.ts'

const CAROL = {
  roles: ['finance', 'viewer'],
  full_name: 'Carol Cole',
  email: 'carol@example.org',
  metadata: {},
  enabled: true,
}

test('a native user signs in with name, mail and roles; while she is disabled or deleted, nothing of hers counts', async (t) => {
  const carol = { ...CAROL, password_hash: await hashPassword('carol-demo') }
  const provider = await startProvider({ settings: { accountsSource: 'native' } })
  t.after(() => provider.close())
  const { documents } = provider.store
  await documents.put('user', 'carol', carol)
  const config = await discover(provider.origin)
  const { browser, tokens } = await signIn(config, { user: 'carol' })
  const { name, email, groups } = await client.fetchUserInfo(config, tokens.access_token, 'carol')
  assert.deepEqual([name, email, groups], ['Carol Cole', 'carol@example.org', ['finance', 'viewer']])

  // The accounts of the file do not count, and a wrong password does not either.
  for (const [user, password] of [
    ['alice', 'alice-demo'],
    ['carol', 'wrong'],
  ] as const) {
    const other = createBrowserSession()
    const form = await other.visit((await beginLogin(config)).url)
    assert.equal((await submitLogin(other, form, user, password)).status, 400)
  }

  for (const gone of [
    () => documents.put('user', 'carol', { ...carol, enabled: false }),
    () => documents.delete('user', 'carol'),
  ]) {
    await documents.put('user', 'carol', carol)
    assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, true)
    await gone()
    assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false)
    const { url } = await beginLogin(config, { prompt: 'none' })
    const answer = await browser.copy().visit(url, { until: CALLBACK })
    assert.equal(new URL(answer.url).searchParams.get('error'), 'login_required')
  }
})
