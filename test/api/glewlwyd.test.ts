/** The realm against Debian's glewlwyd, an OpenID Provider in C that none of us wrote. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { callApi, FACILITATOR, text } from '../support/api-call.ts'
import { type BrowserSession, createBrowserSession } from '../support/browser-session.ts'
import { runCommand } from '../support/command.ts'
import { type Glewlwyd, startGlewlwyd } from '../support/glewlwyd.ts'
import { type Program, startProgram } from '../support/program.ts'

const SECRET = 'a-secret-of-the-tests-that-is-long-enough'
const CALLBACK = 'https://rp.example.com/cb'
const GOODBYE = 'https://rp.example.com/goodbye'
const DAVE = { username: 'dave', password: 'dave-password' }

let glewlwyd: Glewlwyd
let program: Program
before(async () => {
  glewlwyd = await startGlewlwyd({ id: 'rp', secret: SECRET, redirectUri: CALLBACK, goodbye: GOODBYE }, DAVE)
  program = await startProgram({
    secrets: { 'xpack.security.authc.realms.oidc.glewlwyd.rp.client_secret': SECRET },
    settings: (yaml) => `${yaml}
xpack.security.authc.realms.oidc.glewlwyd:
  order: 10
  rp.client_id: rp
  rp.response_type: code
  rp.redirect_uri: '${CALLBACK}'
  rp.post_logout_redirect_uri: '${GOODBYE}'
  op.issuer: '${glewlwyd.issuer}'
  claims.principal: email
  claims.name: name
  claim_patterns.principal: '^([^@]+)@example\\.com$'
`,
  })
})
after(async () => {
  await glewlwyd[Symbol.asyncDispose]()
  await program.remove()
})

function call(path: string, body: Record<string, string>) {
  return callApi(program.api, `/_security/oidc/${path}`, { authorization: FACILITATOR, body })
}

/** Where the browser ends after the authorization endpoint: at its login page, or back with a code. */
async function authorize(browser: BrowserSession) {
  const prepared = await call('prepare', { realm: 'glewlwyd' })
  const page = await browser.visit(text(prepared, 'redirect'), { until: CALLBACK })
  return { page, state: text(prepared, 'state'), nonce: text(prepared, 'nonce') }
}

test('the check of the realm finds nothing in the way', async () => {
  const command = ['realm', 'check', 'glewlwyd', '--config', program.settingsFile]
  const { code, out, err } = await runCommand(command, { env: { NO_COLOR: '1' } })
  assert.equal(code, 0, out + err)
  assert.match(out, /^✔ credentials +the provider knows the client \[rp\] with client_secret_basic$/m)
})

test('a user signs in with the code flow, and out at the provider too', async () => {
  const browser = createBrowserSession()
  const { page, state, nonce } = await authorize(browser)
  const login = new URL(page.url)
  assert.equal(login.pathname, '/login.html')
  await glewlwyd.signIn(browser, DAVE, 'rp')
  const goOn = `${login.searchParams.get('callback_url')}&g_continue`
  const { url: redirect_uri } = await browser.visit(goOn, { until: CALLBACK })

  const answer = await call('authenticate', { redirect_uri, state, nonce, realm: 'glewlwyd' })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.partialDeepStrictEqual(answer.body, { username: 'dave', authentication: { full_name: 'Dave D' } })

  const [token, refresh_token] = [text(answer, 'access_token'), text(answer, 'refresh_token')]
  const out = new URL(text(await call('logout', { token, refresh_token }), 'redirect'))
  const hint = decodeJwt(out.searchParams.get('id_token_hint') ?? '')
  const question = new URL((await browser.visit(out.href)).url)
  // It has recognised our hint as an ID token of its session, and asks about just that one.
  assert.deepEqual(
    [question.pathname, question.searchParams.get('prompt'), question.searchParams.get('sid')],
    ['/login.html', 'end_session', hint['sid']],
  )
  await glewlwyd.signOut(browser, String(hint['sid']))
  const { page: again } = await authorize(browser)
  assert.equal(new URL(again.url).pathname, '/login.html', 'nobody is signed in there any more')
})

test('a wrong client secret is told by the check', async () => {
  const keystore = ['keystore', 'add', 'xpack.security.authc.realms.oidc.glewlwyd.rp.client_secret']
  const config = ['--config', program.settingsFile]
  const added = await runCommand([...keystore, '--stdin', '--force', ...config], { input: 'another-secret' })
  assert.equal(added.code, 0, added.err)
  const { code, out } = await runCommand(['realm', 'check', 'glewlwyd', ...config], { env: { NO_COLOR: '1' } })
  assert.match(
    out,
    /^✖ credentials +the client \[rp\] .*: 403 unauthorized_client\n +→ .*some say this of a wrong secret too$/m,
  )
  assert.equal(code, 1)
})
