/** The implicit and hybrid flows at the provider, for clients that registered them where the operator allows it. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { type BrowserSession, createBrowserSession, readForm, type VisitedPage } from '../support/browser-session.ts'
import {
  beginLogin,
  CALLBACK,
  clientSettings,
  discover,
  type ProviderUnderTest,
  signIn,
  startProvider,
} from '../support/provider.ts'

const TYPES = ['id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token']
/** Web clients must have https for these; what is sent there is never fetched. */
const RETURN = 'https://rp.example.org/callback'
const metadata = { redirect_uris: [RETURN], post_logout_redirect_uris: [`${RETURN}/goodbye`], response_types: TYPES }

let provider: ProviderUnderTest
let config: client.Configuration
before(async () => {
  provider = await startProvider({
    clients: [clientSettings('app', { metadata }), clientSettings('code')],
    settings: { responseTypes: ['code', ...TYPES] },
  })
  config = await discover(provider.origin)
})
after(() => provider.close())

/** @returns where the browser is sent in the end, and the parameters that it carries there */
async function ask(parameters: Record<string, string>, browser: BrowserSession = createBrowserSession()) {
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: RETURN,
    scope: 'openid email',
    state: 'a state',
    nonce: 'a nonce',
    ...parameters,
  })
  let page = await browser.visit(url.href, { until: RETURN })
  if (page.status === 200) {
    const fields = { username: 'alice', password: 'alice-demo', answer: 'login' }
    page = await browser.submit(page, fields, { until: RETURN })
  }
  return { page, answer: new URLSearchParams(new URL(page.url).hash.slice(1)) }
}

async function verify(idToken: string | null) {
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', provider.origin))
  const options = { issuer: provider.origin, audience: 'app' }
  return (await jwtVerify(idToken ?? '', keys, options)).payload
}

/** OpenID Connect Core 1.0 §3.3.2.11: the left half of the hash. */
function halfHash(value: string): string {
  return createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url')
}

for (const type of TYPES) {
  test(`${type}: all that was asked for comes in the fragment, and belongs together`, async () => {
    const { page, answer } = await ask({ response_type: type })
    assert.equal(new URL(page.url).search, '')
    assert.equal(answer.get('state'), 'a state')
    // RFC 9207 §2: also beside an ID token, which says the same.
    assert.equal(answer.get('iss'), provider.origin)
    const [code, idToken, accessToken] = ['code', 'id_token', 'access_token'].map((name) => answer.get(name))
    assert.deepEqual(
      [code, idToken, accessToken].map((value) => typeof value === 'string'),
      ['code', 'id_token', 'token'].map((name) => type.split(' ').includes(name)),
    )
    if (typeof idToken === 'string') {
      const claims = await verify(idToken)
      assert.equal(claims.sub, 's-alice')
      assert.equal(claims['nonce'], 'a nonce')
      assert.ok(claims['sid'])
      assert.equal(claims['c_hash'], typeof code === 'string' ? halfHash(code) : undefined)
      assert.equal(claims['at_hash'], typeof accessToken === 'string' ? halfHash(accessToken) : undefined)
      // Core §5.4: the claims of the scopes are in the ID token when there is no access token to get them by.
      assert.equal(claims['email'], type === 'id_token' ? 'alice@example.org' : undefined)
    }
    if (typeof accessToken === 'string') {
      assert.equal((await client.fetchUserInfo(config, accessToken, 's-alice')).email, 'alice@example.org')
    }
    if (typeof code === 'string') {
      const redeemed = await client.genericGrantRequest(config, 'authorization_code', { code, redirect_uri: RETURN })
      assert.equal((await verify(redeemed.id_token ?? null)).sub, 's-alice')
    }
  })

  test(`${type}: without a nonce it ${type === 'code token' ? 'works' : 'is invalid_request'}`, async () => {
    const { answer } = await ask({ response_type: type, nonce: '' })
    assert.equal(answer.get('error'), type === 'code token' ? null : 'invalid_request')
  })

  test(`${type}: by form_post it comes as a form, and nothing else is in the page`, async () => {
    const { page } = await ask({ response_type: type, response_mode: 'form_post' })
    assert.equal(page.status, 200)
    const { action, hidden } = readForm(page)
    assert.equal(action, RETURN)
    assert.equal(hidden['state'], 'a state')
    assert.equal('id_token' in hidden, type.includes('id_token'))
    // T-14: the script that sends it is allowed by its hash.
    const [, script = ''] = /<script>([^]*?)<\/script>/.exec(page.body) ?? []
    const hash = createHash('sha256').update(script).digest('base64')
    assert.ok(page.headers.get('content-security-policy')?.includes(`'sha256-${hash}'`))
    assert.equal(page.headers.get('x-frame-options'), 'DENY')
    assert.doesNotMatch(page.body, /<[^>]* on\w+=/)
  })
}

test("an ID token of the implicit flow is checked by openid-client, and signs out as the code flow's does", async () => {
  const browser = createBrowserSession()
  const { page } = await ask({ response_type: 'id_token' }, browser)
  const implicit = await discover(provider.origin)
  client.useIdTokenResponseType(implicit)
  const claims = await client.implicitAuthentication(implicit, new URL(page.url), 'a nonce', {
    expectedState: 'a state',
  })
  assert.equal(claims.sub, 's-alice')
  const idToken = new URLSearchParams(new URL(page.url).hash.slice(1)).get('id_token') ?? ''
  const query = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: `${RETURN}/goodbye` })
  const dialog = await browser.visit(`${provider.origin}/session/end_session?${query.toString()}`)
  const gone = await browser.submit(dialog, { logout: 'yes' }, { until: RETURN })
  assert.equal(gone.url, `${RETURN}/goodbye`)
})

test('an error comes in the fragment too, and names the issuer', async () => {
  const { answer } = await ask({ response_type: 'id_token token', prompt: 'none' })
  assert.deepEqual([answer.get('error'), answer.get('iss')], ['login_required', provider.origin])
})

test('a client gets no response type that it did not register, and nobody one that the operator left out', async (t) => {
  const code = await discover(provider.origin, 'code')
  const refused = await createBrowserSession().visit((await beginLogin(code, { response_type: 'code id_token' })).url, {
    until: CALLBACK,
  })
  assert.equal(errorOf(refused), 'invalid_request')

  const strict = await startProvider()
  t.after(() => strict.close())
  const strictConfig = await discover(strict.origin)
  const unknown = await createBrowserSession().visit(
    (await beginLogin(strictConfig, { response_type: 'id_token' })).url,
    { until: CALLBACK },
  )
  assert.equal(errorOf(unknown), 'unsupported_response_type')
  assert.deepEqual((await signIn(strictConfig)).tokens.claims()?.sub, 's-alice')
})

test('a public client needs PKCE in a hybrid flow, and none where there is no code', async (t) => {
  const clients = [
    clientSettings('open', {
      clientSecret: undefined,
      metadata: { ...metadata, token_endpoint_auth_method: 'none' },
    }),
  ]
  const open = await startProvider({ clients, settings: { responseTypes: ['code', ...TYPES] } })
  t.after(() => open.close())
  const openConfig = await discover(open.origin, 'open', client.None())
  const askOpen = async (type: string, challenge: Record<string, string>) => {
    const { url } = await beginLogin(openConfig, { redirect_uri: RETURN, response_type: type, ...challenge })
    const browser = createBrowserSession()
    const page = await browser.visit(url, { until: RETURN })
    return page.status === 200 ? 'login' : errorOf(page)
  }
  const without = { code_challenge: '', code_challenge_method: '' }
  assert.equal(await askOpen('code id_token', without), 'invalid_request')
  assert.equal(await askOpen('code id_token', {}), 'login')
  assert.equal(await askOpen('id_token', without), 'login')
})

function errorOf({ url }: VisitedPage): string | null {
  const { searchParams, hash } = new URL(url)
  return searchParams.get('error') ?? new URLSearchParams(hash.slice(1)).get('error')
}
