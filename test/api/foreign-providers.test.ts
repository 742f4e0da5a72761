/** The realm against node-oidc-provider as it comes: sign in with its own pages, user, and out by its own end-session. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JWK } from 'oidc-provider'
import { callApi, FACILITATOR, text } from '../support/api-call.ts'
import { createBrowserSession } from '../support/browser-session.ts'
import { type ForeignProvider, startForeignProvider } from '../support/oidc-provider.ts'
import { type Program, startProgram } from '../support/program.ts'
import { createSigningKeyPair } from '../support/scripted-provider.ts'

const SECRET = 's'.repeat(64)
const CALLBACK = 'https://rp.example.com/cb'
const GOODBYE = 'https://rp.example.com/goodbye'
const ALGORITHMS = ['RS256', 'ES256', 'HS256'] as const

const providers: ForeignProvider[] = []
let program: Program
before(async () => {
  const realms: string[] = []
  const secrets: Record<string, string> = {}
  for (const algorithm of ALGORITHMS) {
    const provider = await startForeignProvider(
      { id_token_signed_response_alg: algorithm, post_logout_redirect_uris: [GOODBYE] },
      {
        jwks: { keys: ['RS256', 'ES256'].map((each) => privateKey(each)) },
        enabledJWA: { idTokenSigningAlgValues: [...ALGORITHMS] },
        claims: { openid: ['sub'], email: ['email'] },
        findAccount: (_context, accountId) => ({
          accountId,
          claims: () => ({ sub: accountId, email: `${accountId}@example.com` }),
        }),
      },
    )
    providers.push(provider)
    const name = `foreign-${algorithm.toLowerCase()}`
    secrets[`xpack.security.authc.realms.oidc.${name}.rp.client_secret`] = SECRET
    realms.push(`
xpack.security.authc.realms.oidc.${name}:
  order: ${10 + realms.length}
  rp.client_id: rp
  rp.response_type: code
  rp.redirect_uri: '${CALLBACK}'
  rp.post_logout_redirect_uri: '${GOODBYE}'
  rp.requested_scopes: [openid, email]
  rp.signature_algorithm: ${algorithm}
  op.issuer: '${provider.issuer}'
  claims.principal: sub
  claims.mail: email
`)
  }
  program = await startProgram({ secrets, settings: (yaml) => yaml + realms.join('') })
})
after(async () => {
  for (const provider of providers) await provider[Symbol.asyncDispose]()
  await program.remove()
})

function privateKey(algorithm: string): JWK {
  const { privateKey: key } = createSigningKeyPair(algorithm)
  return { ...key.export({ format: 'jwk' }), kid: `${algorithm}-key`, alg: algorithm, use: 'sig' }
}

function call(path: string, body: Record<string, string>) {
  return callApi(program.api, `/_security/oidc/${path}`, { authorization: FACILITATOR, body })
}

for (const algorithm of ALGORITHMS)
  test(`node-oidc-provider with ${algorithm}: signed in with PKCE, userinfo merged, signed out there too`, async () => {
    const realm = `foreign-${algorithm.toLowerCase()}`
    const browser = createBrowserSession()
    const prepared = await call('prepare', { realm })
    const login = await browser.visit(text(prepared, 'redirect'), { until: CALLBACK })
    const consent = await browser.submit(login, { login: 'carol', password: 'any' }, { until: CALLBACK })
    const returned = await browser.submit(consent, {}, { until: CALLBACK })

    const [state, nonce] = [text(prepared, 'state'), text(prepared, 'nonce')]
    const response = { redirect_uri: returned.url, state, nonce, realm }
    const answer = await call('authenticate', response)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.partialDeepStrictEqual(answer.body, {
      username: 'carol',
      authentication: { email: 'carol@example.com', authentication_realm: { name: realm, type: 'oidc' } },
    })

    const [token, refresh_token] = [text(answer, 'access_token'), text(answer, 'refresh_token')]
    const out = await call('logout', { token, refresh_token })
    const question = await browser.visit(text(out, 'redirect'), { until: GOODBYE })
    const goodbye = await browser.submit(question, { logout: 'yes' }, { until: GOODBYE })
    assert.ok(goodbye.url.startsWith(GOODBYE), goodbye.url)

    // Nobody is signed in there any more: a new login begins with the question who it is.
    const again = await browser.visit(text(await call('prepare', { realm }), 'redirect'), { until: CALLBACK })
    assert.match(again.url, /\/interaction\//)
  })
