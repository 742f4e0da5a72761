import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { callApi, ELASTIC } from '../support/api-call.ts'
import { launchChromium, mouse, openContext, takePictures } from '../support/chromium.ts'
import {
  endProcess,
  type Program,
  type ProgramOptions,
  startProcess,
  startProgram,
  waitUntilAnswers,
} from '../support/program.ts'
import { signIn, signOut } from '../support/provider-visit.ts'

let chromium: Browser
before(async () => {
  chromium = await launchChromium()
})
after(() => chromium.close())

/** The program, the example beside it, and a browser that has opened the example. */
async function start(t: TestContext, options: ProgramOptions = {}): Promise<{ program: Program; page: Page }> {
  const program = await startProgram(options)
  t.after(() => program.remove())
  const example = startProcess(['examples/custom-web-app/app.ts'], {
    ELASTICSEARCH_URL: program.api,
    PORT: new URL(program.example).port,
  })
  t.after(() => endProcess(example, 'SIGTERM'))
  await waitUntilAnswers(program.example, example)
  const context = await openContext(t, chromium)
  const page = await context.newPage()
  await page.goto(program.example)
  return { program, page }
}

test('alice signs in to a web application of its own, and out of it and the provider', async (t) => {
  const { program, page } = await start(t)
  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await signIn(page, mouse, 'alice')

  await page.getByRole('heading', { name: 'You are alice' }).waitFor()
  assert.match((await page.getByRole('main').textContent()) ?? '', /with the roles: example_role/)
  await takePictures(page, 'example-signed-in')
  const cookies = await page.context().cookies(program.example)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await signOut(page, mouse, 'alice')
  await page.waitForURL((url) => url.href.startsWith(`${program.example}/goodbye?state=`))

  await page.context().addCookies(cookies)
  await page.goto(program.example)
  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Password').waitFor()
})

test('tokens that were ended elsewhere end the session at the next page', async (t) => {
  const { program, page } = await start(t)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await signIn(page, mouse, 'bob')
  await page.getByRole('heading', { name: 'You are bob' }).waitFor()

  const ended = await callApi(program.api, '/_security/oauth2/token', {
    method: 'DELETE',
    authorization: ELASTIC,
    body: { username: 'bob', realm_name: 'oidc2' },
  })
  assert.equal(ended.body['invalidated_tokens'], 2)
  await page.reload()
  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
})

test('an answer of the provider that another browser asked for is refused', async (t) => {
  const { program, page } = await start(t)
  await page.goto(`${program.example}/callback?code=stolen&state=foreign`)
  await page.getByRole('heading', { name: 'Unknown sign-in' }).waitFor()
  await page.goto(program.example)
  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
})

test('an access token that has expired is renewed without a word', async (t) => {
  const { page } = await start(t, { settings: (yaml) => `${yaml}\nxpack.security.authc.token.timeout: 1s\n` })
  await page.getByRole('button', { name: 'Sign in' }).click()
  await signIn(page, mouse, 'alice')
  await page.getByRole('heading', { name: 'You are alice' }).waitFor()
  await sleep(2500)
  await page.reload()
  await page.getByRole('heading', { name: 'You are alice' }).waitFor()
})

test('while the API cannot tell whether a token is good, nobody is signed out', async (t) => {
  const { program, page } = await start(t, { settings: (yaml) => `${yaml}\nxpack.security.authc.token.timeout: 1s\n` })
  await page.getByRole('button', { name: 'Sign in' }).click()
  await signIn(page, mouse, 'alice')
  await page.getByRole('heading', { name: 'You are alice' }).waitFor()
  await sleep(2500)
  const otherProgram = new DatabaseSync(join(program.directory, 'data/ostiary.db'), { timeout: 5000 })
  otherProgram.exec('begin immediate')
  await page.reload()
  await page.getByRole('heading', { name: 'That did not work' }).waitFor()
  otherProgram.close()
  await page.reload()
  await page.getByRole('heading', { name: 'You are alice' }).waitFor()
})

test('a sign-out that the API does not answer can be repeated, and then reaches the provider', async (t) => {
  const { program, page } = await start(t)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await signIn(page, mouse, 'alice')
  await page.getByRole('heading', { name: 'You are alice' }).waitFor()
  await program.kill()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'That did not work' }).waitFor()
  await program.start()
  await page.getByRole('button', { name: 'Home' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await signOut(page, mouse, 'alice')
  await page.getByRole('heading', { name: 'Goodbye' }).waitFor()
})
