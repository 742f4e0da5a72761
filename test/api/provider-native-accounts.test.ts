/** The users of the security API sign in at the provider. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from 'openid-client'
import { createNativeRealm } from '../../src/authc/native-realm.ts'
import type { UserRequest } from '../../src/authc/user-request.ts'
import { createBrowserSession } from '../support/browser-session.ts'
import { beginLogin, CALLBACK, discover, signIn, startProvider, submitLogin } from '../support/provider.ts'

const CAROL: UserRequest = {
  password: { plain: 'carol-demo' },
  roles: ['finance', 'viewer'],
  fullName: 'Carol Cole',
  email: 'carol@example.org',
  metadata: {},
  enabled: true,
}

test('a native user signs in with name, mail and roles; while she is disabled, nothing of hers counts', async (t) => {
  const provider = await startProvider({ settings: { accountsSource: 'native' } })
  t.after(() => provider.close())
  const users = createNativeRealm({ store: provider.store })
  await users.putUser('carol', CAROL)
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

  const isSignedIn = async () => {
    const { url } = await beginLogin(config, { prompt: 'none' })
    const answer = await browser.copy().visit(url, { until: CALLBACK })
    return new URL(answer.url).searchParams.has('code')
  }
  const isActive = async () => (await client.tokenIntrospection(config, tokens.access_token)).active
  await users.setEnabled('carol', false)
  assert.deepEqual([await isActive(), await isSignedIn()], [false, false])
  await users.setEnabled('carol', true)
  await users.putUser('carol', { ...CAROL, roles: ['viewer'] })
  assert.deepEqual([await isActive(), await isSignedIn()], [true, true])

  // T-7: a deleted user's session is not of the next one who gets the name.
  await users.deleteUser('carol')
  assert.deepEqual([await isActive(), await isSignedIn()], [false, false])
  await users.putUser('carol', CAROL)
  assert.deepEqual([await isActive(), await isSignedIn()], [false, false])
  const again = await signIn(config, { user: 'carol' })
  assert.equal((await client.tokenIntrospection(config, again.tokens.access_token)).active, true)
})
