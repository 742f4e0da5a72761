import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { bearer, callApi, ELASTIC, FACILITATOR, reason, text } from '../support/api-call.ts'
import { type Hand, keyboard, launchChromium, mouse, openContext, takePictures } from '../support/chromium.ts'
import { signInByApi } from '../support/oidc-login.ts'
import { type Program, startProgram } from '../support/program.ts'
import { signIn, signOut } from '../support/provider-visit.ts'

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

const WAYS: readonly { by: string; hand: Hand; options: BrowserContextOptions; pictures?: true }[] = [
  { by: 'with the mouse', hand: mouse, options: {}, pictures: true },
  { by: 'with the keyboard alone', hand: keyboard, options: {} },
  { by: 'without JavaScript', hand: mouse, options: { javaScriptEnabled: false } },
]

for (const { by, hand, options, pictures } of WAYS) {
  test(`alice signs in, sees who she is, signs out, and is out everywhere, ${by}`, async (t) => {
    const page = await (await openContext(t, chromium, options)).newPage()
    const complaints = collectComplaints(page)
    const look = (name: string) => (pictures ? takePictures(page, name) : Promise.resolve())

    await page.goto(program.portal)
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    await look('portal-login')
    await hand.press(page.getByTestId('loginCard-oidc/oidc1'))
    await signIn(page, hand, 'alice', look)

    await page.waitForURL(`${program.portal}/security/account`)
    assert.equal(await page.getByTestId('account-username').textContent(), 'alice')
    assert.equal(await page.getByTestId('account-realm').textContent(), 'oidc1 (oidc)')
    assert.deepEqual(await page.getByTestId('account-groups').getByRole('listitem').allTextContents(), [
      'finance-team',
      'engineering',
    ])
    const roles = await page.getByTestId('account-roles').getByRole('listitem').allTextContents()
    assert.deepEqual(roles.toSorted(), ['example_role', 'finance_data'])
    await look('portal-account')
    const cookie = await readSessionCookie(page)
    assert.equal(await askWhoIs(cookie), 200)

    await hand.press(page.getByTestId('logoutLink'))
    await signOut(page, hand, 'alice', look)

    await page.waitForURL((url) => url.href.startsWith(`${program.portal}/security/logged_out`))
    await page.getByRole('heading', { name: 'Successfully logged out' }).waitFor()
    await look('portal-logged-out')
    assert.equal(await askWhoIs(cookie), 401, 'the old cookie still opens the session')
    assert.deepEqual(await endTokensOf('alice', 'oidc1'), { ended: 0 }, 'a token of the session was still alive')

    await page.goto(program.portal)
    await hand.press(page.getByTestId('loginCard-oidc/oidc1'))
    await page.getByLabel('Password').waitFor()
    assert.deepEqual(complaints, [])
  })
}

test('the tokens of a login by the API work until the logout, and not after it', async () => {
  const login = await signInByApi(program, 'alice')
  const tokens = { token: text(login, 'access_token'), refresh_token: text(login, 'refresh_token') }
  const ask = () => callApi(program.api, '/_security/_authenticate', { authorization: bearer(tokens.token) })

  const user = await ask()
  assert.equal(user.status, 200)
  assert.equal(user.body['username'], 'alice')

  const logout = await callApi(program.api, '/_security/oidc/logout', { authorization: FACILITATOR, body: tokens })
  assert.equal(logout.status, 200)
  const refused = await ask()
  assert.equal(refused.status, 401)
  assert.equal(reason(refused), 'token expired')
  const refresh = await callApi(program.api, '/_security/oauth2/token', {
    authorization: FACILITATOR,
    body: { grant_type: 'refresh_token', refresh_token: tokens.refresh_token },
  })
  assert.equal(refresh.status, 400)
  assert.equal(refresh.body['error_description'], 'token has been invalidated')
})

test('whoever says no at the provider is out of the portal and still in at the provider', async (t) => {
  const page = await (await openContext(t, chromium)).newPage()
  await page.goto(program.portal)
  await page.getByTestId('loginCard-oidc/oidc1').click()
  await signIn(page, mouse, 'bob')
  const cookie = await readSessionCookie(page)

  await page.getByTestId('logoutLink').click()
  await page.getByRole('button', { name: 'No, stay signed in' }).click()
  await page.getByRole('heading', { name: 'Successfully logged out' }).waitFor()
  assert.equal(await askWhoIs(cookie), 401)

  await page.goto(`${program.provider}/session/end_session`)
  await page.getByRole('heading', { name: 'Sign out?' }).waitFor()
  assert.match((await page.getByRole('main').textContent()) ?? '', /bob/i)
})

/** What the browser objects to: scripts, styles or frames that the Content-Security-Policy forbids, faulty scripts. */
function collectComplaints(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

async function readSessionCookie(page: Page): Promise<string> {
  await page.waitForURL(`${program.portal}/security/account`)
  const cookie = (await page.context().cookies(program.portal)).find(({ name }) => name === 'sid')
  assert.ok(cookie)
  assert.match(cookie.value, /^[\w-]{43}$/)
  assert.equal(cookie.httpOnly, true)
  assert.equal(cookie.sameSite, 'Lax')
  return `${cookie.name}=${cookie.value}`
}

async function askWhoIs(cookie: string): Promise<number> {
  const answer = await fetch(`${program.portal}/internal/security/me`, { headers: { cookie, 'kbn-xsrf': 'true' } })
  await answer.body?.cancel()
  return answer.status
}

/** Ends what is left of a user's tokens. @returns how many there were */
async function endTokensOf(username: string, realm_name: string): Promise<{ ended: unknown }> {
  const answer = await callApi(program.api, '/_security/oauth2/token', {
    method: 'DELETE',
    authorization: ELASTIC,
    body: { username, realm_name },
  })
  return { ended: answer.body['invalidated_tokens'] }
}
