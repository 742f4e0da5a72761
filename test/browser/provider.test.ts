/** The provider's pages in a real browser: what needs script, what must work without, and the way back. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import * as client from 'openid-client'
import type { Browser, Page } from 'playwright-core'
import { launchChromium, openContext, pressTwice } from '../support/chromium.ts'
import { clientSettings, discover, type ProviderUnderTest, startProvider } from '../support/provider.ts'

let chromium: Browser
let relyingParty: Server
let origin: string
let provider: ProviderUnderTest
let config: client.Configuration

before(async () => {
  chromium = await launchChromium()
  // Another site than the provider's, which leads on from where the logout returns.
  relyingParty = createServer((request, response) => {
    if (request.url?.startsWith('/goodbye') !== true) return response.end('arrived')
    return response.writeHead(302, { location: '/home' }).end()
  })
  await once(relyingParty.listen(0, '127.0.0.1'), 'listening')
  origin = `http://127.0.0.1:${(relyingParty.address() as AddressInfo).port}`
  const metadata = {
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/goodbye`],
    frontchannel_logout_uri: `${origin}/front`,
    frontchannel_logout_session_required: true,
  }
  provider = await startProvider({ clients: [clientSettings('app', { consent: 'ask', metadata })] })
  config = await discover(provider.origin)
})
after(async () => {
  await chromium.close()
  relyingParty.close()
  await provider.close()
})

for (const javaScriptEnabled of [true, false]) {
  const script = javaScriptEnabled ? 'with script' : 'without script'

  test(`A-12 ${script}: login, consent, sign out, and back, by a redirect that redirects`, async (t) => {
    const page = await openPage(t, { javaScriptEnabled })
    const tokens = await signIn(page, 'alice')
    const out = endSessionUrl(tokens)

    await page.goto(out)
    await page.getByRole('button', { name: 'Yes, sign me out' }).click()
    await page.waitForURL(`${origin}/home`)
    assert.equal(await page.textContent('body'), 'arrived')

    // Nobody is signed in any more: the page goes on by itself, or has a button.
    await page.goto(out)
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Continue to Client app' }).click()
    await page.waitForURL(`${origin}/home`)
  })

  test(`T-1 ${script}: another account signs in over a living session`, async (t) => {
    const page = await openPage(t, { javaScriptEnabled })
    await signIn(page, 'alice')
    const tokens = await signIn(page, 'bob', { prompt: 'login' })
    assert.equal(tokens.claims()?.sub, 'bob')
  })
}

for (const javaScriptEnabled of [true, false]) {
  const script = javaScriptEnabled ? 'with script' : 'without script'
  test(`FCO-1 ${script}: the frame of a relying party is loaded, then the browser goes on`, async (t) => {
    const page = await openPage(t, { javaScriptEnabled })
    await signIn(page, 'alice')
    const loaded = page.waitForRequest((request) => request.url().startsWith(`${origin}/front?iss=`))
    await page.goto(`${provider.origin}/session/end_session`)
    await page.getByRole('button', { name: 'Yes, sign me out' }).click()
    assert.match((await loaded).url(), /&sid=[\w-]+$/)
    await page.waitForURL(`${provider.origin}/session/end_session/success`)
  })
}

test('T-14: the answer by form_post arrives, by script or by its button', async (t) => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await openPage(t, { javaScriptEnabled })
    const posted = page.waitForRequest(
      (request) => request.url() === `${origin}/callback` && request.method() === 'POST',
    )
    await authorize(page, 'alice', { response_mode: 'form_post', state: 's' })
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Continue' }).click()
    const form = new URLSearchParams((await posted).postData() ?? '')
    assert.equal(form.get('state'), 's')
    assert.equal(form.get('iss'), provider.origin)
    assert.ok(form.get('code'))
    await page.waitForURL(`${origin}/callback`)
  }
})

test('a form whose button is pressed twice is sent once: login, consent, the dialog of a sign-out', async (t) => {
  const page = await openPage(t)
  const posted = await pressTwice(page)
  await openLogin(page, 'alice')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.waitForURL(`${origin}/callback?code=*`)
  await page.goto(`${provider.origin}/session/end_session`)
  await page.getByRole('button', { name: 'Yes, sign me out' }).click()
  await page.waitForURL(`${provider.origin}/session/end_session/success`)
  assert.equal(posted.length, 3)
})

test('a dialog can be answered with No', async (t) => {
  const page = await openPage(t)
  await signIn(page, 'alice')
  await page.goto(`${provider.origin}/session/end_session`)
  await page.getByRole('button', { name: 'No, stay signed in' }).click()
  await page.getByRole('heading', { name: 'You are still signed in' }).waitFor()
})

async function openPage(
  t: { after(end: () => Promise<void>): void },
  options: { javaScriptEnabled?: boolean } = {},
): Promise<Page> {
  const page = await (await openContext(t, chromium, options)).newPage()
  page.on('console', (message) => assert.notEqual(message.type(), 'error', message.text()))
  return page
}

async function signIn(page: Page, user: string, parameters: Readonly<Record<string, string>> = {}) {
  const pkceCodeVerifier = await authorize(page, user, parameters)
  await page.waitForURL(`${origin}/callback?*`)
  return client.authorizationCodeGrant(config, new URL(page.url()), { pkceCodeVerifier })
}

/** Up to the answer of the provider. @returns what redeems the code */
async function authorize(page: Page, user: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const pkceCodeVerifier = await openLogin(page, user, parameters)
  await page.getByRole('button', { name: 'Sign in' }).click()
  // The account changes on a page that sends itself, or has a button.
  const next = page.getByRole('button', { name: 'Continue' })
  const allow = page.getByRole('button', { name: 'Allow' })
  await next.or(allow).first().waitFor()
  if (await next.isVisible()) await next.click()
  await allow.waitFor()
  await allow.click()
  return pkceCodeVerifier
}

/** Up to the form, with everything typed. */
async function openLogin(page: Page, user: string, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${origin}/callback`,
    scope: 'openid profile email groups',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...parameters,
  })
  await page.goto(url.href)
  await page.getByLabel('Username').fill(user)
  await page.getByLabel('Password').fill(`${user}-demo`)
  return pkceCodeVerifier
}

function endSessionUrl(tokens: { id_token?: string | undefined }): string {
  return client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token ?? '',
    post_logout_redirect_uri: `${origin}/goodbye`,
  }).href
}
