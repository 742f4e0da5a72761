/** The provider with TLS of its own, in Chromium: cookies that only this very host gets back, over https alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTrialCertificates } from '../../src/net/trial-certificates.ts'
import { findAddresses } from '../support/addresses.ts'
import { launchChromium } from '../support/chromium.ts'
import { CALLBACK, startProvider } from '../support/provider.ts'

test('A-27: on https the session cookie is of this host, secure, and out of reach of scripts', async (t) => {
  const { certificate: cert, key } = await createTrialCertificates({ names: ['localhost'], days: 1 })
  const port = Number(new URL((await findAddresses()).provider).port)
  const issuer = `https://localhost:${port}`
  const provider = await startProvider({ settings: { issuer, port }, parts: { tls: { cert, key } } })
  t.after(() => provider.close())
  const chromium = await launchChromium()
  t.after(() => chromium.close())
  const context = await chromium.newContext({ ignoreHTTPSErrors: true })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()

  const metadata = await (await context.request.get(`${issuer}/.well-known/openid-configuration`)).json()
  for (const [name, value] of Object.entries(metadata as Record<string, unknown>)) {
    if (name.endsWith('_endpoint') || name === 'jwks_uri')
      assert.match(JSON.stringify(value), new RegExp(`^"${issuer}/`), name)
  }
  const query = { client_id: 'app', response_type: 'code', scope: 'openid', redirect_uri: CALLBACK }
  await page.goto(`${issuer}/authz-srv/authz?${new URLSearchParams(query).toString()}`)
  await page.getByLabel('Username').fill('alice')
  await page.getByLabel('Password').fill('alice-demo')
  // Whatever answers there, if anything does.
  const wayBack = page.waitForRequest((request) => request.url().startsWith(`${CALLBACK}?`))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await wayBack

  const session = (await context.cookies(issuer)).find(({ name }) => name === '__Host-ostiary_op')
  assert.equal(session?.secure, true)
  assert.equal(session.httpOnly, true)
  assert.equal(session.sameSite, 'Lax')
  assert.equal(session.path, '/')
  const account = await context.newPage()
  await account.goto(`${issuer}/account`)
  await account.getByText('You are signed in as Alice Adams').waitFor()
  await account.getByRole('button', { name: 'Sign out everywhere' }).click()
  await account.getByRole('heading', { name: 'You are signed out' }).waitFor()
  assert.equal(
    (await context.cookies(issuer)).some(({ name }) => name === '__Host-ostiary_op'),
    false,
  )
})
