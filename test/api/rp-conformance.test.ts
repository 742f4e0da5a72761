/**
 * The modules of the OpenID Foundation's conformance suite for relying parties that apply, re-enacted by name against
 * the scripted provider, in each of the three response types: the whole program, from prepare to the answer. Each
 * refusal is the one opaque 401, its reason is in the log under the id of the request, and nobody is asked for userinfo
 * after an ID token that is not believed.
 */
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import type { JsonObject } from '../../src/kernel/json.ts'
import { callApi, FACILITATOR, reason, text, type ApiAnswer } from '../support/api-call.ts'
import { type Program, startProgram } from '../support/program.ts'
import { createSigningKeyPair, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

const OPAQUE = 'unable to authenticate user [<OIDC Token>] for action [cluster:admin/xpack/security/oidc/authenticate]'
const FLOWS = { code: 'code', implicit: 'id_token token', token: 'id_token' } as const
type Flow = keyof typeof FLOWS
/** Realms with a provider of their own: how often keys may be fetched is counted for each realm. */
const VARIANTS = {
  '': 'RS256',
  '-hs': 'HS256',
  '-es': 'ES256',
  '-signature': 'RS256',
  '-single': 'RS256',
  '-multiple': 'RS256',
  '-rotation': 'RS256',
  '-just-before': 'RS256',
} as const
const SECRET = 'a-secret-of-the-tests-that-is-long-enough-0123456789'
const ACCESS_TOKEN = 'at-1'

const providers = new Map<string, ScriptedProvider>()
let program: Program
before(async () => {
  const realms: string[] = []
  const secrets: Record<string, string> = {}
  for (const [flow, responseType] of Object.entries(FLOWS))
    for (const [variant, algorithm] of Object.entries(VARIANTS)) {
      const realm = `${flow}${variant}`
      const provider = await startScriptedProvider()
      if (algorithm === 'ES256') provider.keys = [createSigningKeyPair('ES256')]
      provider.script('userinfo', () => ({ body: { sub: 'alice', email: 'alice@example.com' } }))
      providers.set(realm, provider)
      secrets[`xpack.security.authc.realms.oidc.${realm}.rp.client_secret`] = SECRET
      realms.push(`
xpack.security.authc.realms.oidc.${realm}:
  order: ${10 + realms.length}
  rp.client_id: rp
  rp.response_type: ${responseType}
  rp.redirect_uri: 'https://rp.example.com/cb'
  rp.requested_scopes: [openid, profile, email]
  rp.signature_algorithm: ${algorithm}
  op.issuer: '${provider.issuer}'
  claims.principal: sub
  claims.mail: email
`)
    }
  program = await startProgram({ secrets, settings: (yaml) => yaml + realms.join('') })
})
after(async () => {
  for (const provider of providers.values()) await provider[Symbol.asyncDispose]()
  await program.remove()
})

interface Answer {
  /** Claims that are changed; `null` takes one away. */
  readonly claims?: (good: JWTPayload) => Record<string, unknown>
  readonly sign?: (provider: ScriptedProvider, claims: JWTPayload) => Promise<string>
  readonly userinfo?: JsonObject
}

interface Module extends Answer {
  readonly name: string
  /** All if absent. */
  readonly flows?: readonly Flow[]
  readonly variant?: keyof typeof VARIANTS
  /** In the log; absent: the login succeeds. */
  readonly refused?: RegExp
}

const atHash = createHash('sha256').update(ACCESS_TOKEN).digest().subarray(0, 16).toString('base64url')
const breakSignature = (token: string) =>
  token.replace(/.{8}$/, (end) => (end === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA'))
const withFreshKeys =
  (...keys: readonly (string | null)[]) =>
  (provider: ScriptedProvider, claims: JWTPayload) => {
    provider.keys = keys.map((kid) => createSigningKeyPair('RS256', kid))
    return provider.sign(claims)
  }
const BAD_SIGNATURE = /Signed JWT rejected: Invalid signature/

const MODULES: readonly Module[] = [
  { name: 'oidcc-client-test' },
  {
    name: 'oidcc-client-test-invalid-iss',
    claims: ({ iss }) => ({ iss: `${iss}1` }),
    refused: /Unexpected JWT issuer/,
  },
  { name: 'oidcc-client-test-missing-sub', claims: () => ({ sub: null }), refused: /Missing JWT subject/ },
  {
    name: 'oidcc-client-test-invalid-aud',
    claims: () => ({ aud: 'rp1' }),
    refused: /Unexpected JWT audience: \[rp1\]/,
  },
  { name: 'oidcc-client-test-missing-aud', claims: () => ({ aud: null }), refused: /Missing JWT audience/ },
  { name: 'oidcc-client-test-missing-iat', claims: () => ({ iat: null }), refused: /Missing JWT issue time/ },
  {
    name: 'oidcc-client-test-nonce-invalid',
    claims: ({ nonce }) => ({ nonce: `${String(nonce)}1` }),
    refused: /Unexpected JWT nonce/,
  },
  { name: 'oidcc-client-test-idtoken-sig-rs256', sign: (provider, claims) => provider.sign(claims, { alg: 'RS256' }) },
  {
    name: 'oidcc-client-test-idtoken-sig-none',
    flows: ['code', 'token'],
    claims: () => ({ at_hash: null }),
    sign: async (_provider, claims) => new UnsecuredJWT(claims).encode(),
    refused: /Signed ID token expected/,
  },
  {
    name: 'oidcc-client-test-idtoken-sig-none',
    flows: ['implicit'],
    sign: async (_provider, claims) => new UnsecuredJWT(claims).encode(),
    // The access token is looked at first, and `none` has no hash to look with.
    refused: /Access token hash \(at_hash\) mismatch/,
  },
  {
    name: 'oidcc-client-test-invalid-sig-rs256',
    variant: '-signature',
    sign: async (provider, claims) => breakSignature(await provider.sign(claims)),
    refused: BAD_SIGNATURE,
  },
  { name: 'oidcc-client-test-kid-absent-single-jwks', variant: '-single', sign: withFreshKeys(null) },
  { name: 'oidcc-client-test-kid-absent-multiple-jwks', variant: '-multiple', sign: withFreshKeys(null, null, null) },
  {
    name: 'oidcc-client-test-invalid-sig-hs256',
    variant: '-hs',
    sign: async (_provider, claims) =>
      breakSignature(await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET))),
    refused: BAD_SIGNATURE,
  },
  {
    name: 'oidcc-client-test-invalid-sig-es256',
    variant: '-es',
    sign: async (provider, claims) => breakSignature(await provider.sign(claims)),
    refused: BAD_SIGNATURE,
  },
  {
    name: 'oidcc-client-test-userinfo-invalid-sub',
    flows: ['code', 'implicit'],
    userinfo: { sub: 'aliceinvalid' },
    refused: /it is for subject \[aliceinvalid\] while the ID Token was for subject \[alice\]/,
  },
  {
    name: 'oidcc-client-test-invalid-athash',
    flows: ['code', 'implicit'],
    claims: () => ({ at_hash: atHash.replace(/^./, (first) => (first === 'x' ? 'y' : 'x')) }),
    refused: /Access token hash \(at_hash\) mismatch/,
  },
  {
    name: 'oidcc-client-test-missing-athash',
    flows: ['implicit'],
    claims: () => ({ at_hash: null }),
    refused: /ID Token doesn't contain at_hash claim/,
  },
]

for (const module of MODULES)
  for (const flow of module.flows ?? (['code', 'implicit', 'token'] as const))
    test(`${module.name} in the flow ${FLOWS[flow]}`, async () => {
      const realm = `${flow}${module.variant ?? ''}`
      const login = await begin(realm)
      const { answer, asked, opaqueId } = await finish(login, module)
      checkRequests(login, asked)
      if (module.refused === undefined) {
        assert.equal(answer.status, 200, JSON.stringify(answer.body))
        assert.equal(answer.body['username'], 'alice')
        return
      }
      assert.deepEqual([answer.status, reason(answer)], [401, OPAQUE])
      assert.equal(answer.body['access_token'], undefined)
      assert.match(await findLogLine(opaqueId), module.refused)
      const mayAskUserinfo = module.userinfo !== undefined
      assert.equal(
        asked.some(({ path }) => path === '/userinfo'),
        mayAskUserinfo,
        'userinfo comes after all checks',
      )
    })

for (const flow of ['code', 'implicit', 'token'] as const) {
  test(`oidcc-client-test-signing-key-rotation in the flow ${FLOWS[flow]}`, async () => {
    for (const kid of [`${flow}-before`, `${flow}-after`]) {
      const { answer } = await finish(await begin(`${flow}-rotation`), { sign: withFreshKeys(kid) })
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
    }
  })

  test(`oidcc-client-test-signing-key-rotation-just-before-signing in the flow ${FLOWS[flow]}`, async () => {
    const login = await begin(`${flow}-just-before`)
    const { answer, asked } = await finish(login, { sign: withFreshKeys('just-before') })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.equal(asked.filter(({ path }) => path === '/jwks').length, 1)
  })

  test(`oidcc-client-test-nonce-unless-code-flow in the flow ${FLOWS[flow]}`, async () => {
    const { redirect } = await begin(flow)
    assert.match(redirect.searchParams.get('nonce') ?? '', /^[\w.~-]{43}$/)
  })
}

for (const flow of ['code', 'implicit'] as const)
  test(`oidcc-client-test-scope-userinfo-claims and -userinfo-bearer-header in the flow ${FLOWS[flow]}`, async () => {
    const login = await begin(flow)
    assert.equal(login.redirect.searchParams.get('scope'), 'openid profile email')
    const { answer, asked } = await finish(login)
    assert.equal((answer.body['authentication'] as JsonObject)['email'], 'alice@example.com')
    const userinfo = asked.find(({ path }) => path === '/userinfo')
    assert.equal(userinfo?.headers.authorization, `Bearer ${ACCESS_TOKEN}`)
    assert.ok(!userinfo?.body.includes(ACCESS_TOKEN))
  })

test('oidcc-client-test-client-secret-basic in the code flow', async () => {
  const { asked } = await finish(await begin('code'))
  const token = asked.find(({ path }) => path === '/token')
  assert.equal(token?.headers.authorization, `Basic ${Buffer.from(`rp:${SECRET}`).toString('base64')}`)
  assert.doesNotMatch(token?.body ?? '', /client_/)
})

interface Login {
  readonly realm: string
  readonly flow: Flow
  readonly state: string
  readonly nonce: string
  readonly redirect: URL
}

function providerOf(realm: string): ScriptedProvider {
  const provider = providers.get(realm)
  if (provider === undefined) throw new Error(`no provider of ${realm}`)
  return provider
}

async function begin(realm: string): Promise<Login> {
  const prepared = await callApi(program.api, '/_security/oidc/prepare', {
    authorization: FACILITATOR,
    body: { realm },
  })
  const flow = (['code', 'implicit', 'token'] as const).find((each) => realm.startsWith(each)) ?? 'code'
  const [state, nonce] = [text(prepared, 'state'), text(prepared, 'nonce')]
  return { realm, flow, state, nonce, redirect: new URL(text(prepared, 'redirect')) }
}

async function finish({ realm, flow, state, nonce }: Login, { claims, sign, userinfo }: Answer = {}) {
  const provider = providerOf(realm)
  const good = provider.claims(nonce, flow === 'token' ? {} : { at_hash: atHash })
  const changed = Object.entries({ ...good, ...claims?.(good) }).filter(([, value]) => value !== null)
  const idToken = await (sign ?? ((by, payload) => by.sign(payload)))(provider, Object.fromEntries(changed))
  provider.script('token', () => ({ body: { access_token: ACCESS_TOKEN, token_type: 'Bearer', id_token: idToken } }))
  provider.script('userinfo', () => ({ body: userinfo ?? { sub: 'alice', email: 'alice@example.com' } }))
  const response = {
    code: `/cb?code=c-1&state=${state}`,
    implicit: `/cb#id_token=${idToken}&access_token=${ACCESS_TOKEN}&token_type=Bearer&state=${state}`,
    token: `/cb#id_token=${idToken}&state=${state}`,
  }[flow]
  const before = provider.requests.length
  const opaqueId = randomUUID()
  const answer: ApiAnswer = await callApi(program.api, '/_security/oidc/authenticate', {
    authorization: FACILITATOR,
    body: { redirect_uri: response, state, nonce, realm },
    opaqueId,
  })
  return { answer, opaqueId, asked: provider.requests.slice(before) }
}

/** `rp-implicit-checks`: what the suite looks at in every module. */
function checkRequests({ flow, redirect }: Login, asked: ScriptedProvider['requests']): void {
  const parameters = redirect.searchParams
  assert.ok(parameters.get('scope')?.split(' ').includes('openid'))
  assert.equal(parameters.get('client_id'), 'rp')
  assert.equal(parameters.get('redirect_uri'), 'https://rp.example.com/cb')
  assert.match(parameters.get('nonce') ?? '', /^[\w.~-]{1,43}$/)
  const token = asked.filter(({ path }) => path === '/token')
  assert.equal(token.length, flow === 'code' ? 1 : 0)
  if (flow === 'code')
    assert.equal(new URLSearchParams(token[0]?.body).get('redirect_uri'), 'https://rp.example.com/cb')
}

/** The log arrives by another way than the answer, and may do so later. */
async function findLogLine(id: string): Promise<string> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const line = program
      .output()
      .split('\n')
      .find((each) => each.includes(id) && each.includes('Authentication to realm'))
    if (line !== undefined) return line
    await sleep(10)
  }
  throw new Error(`nothing in the log about ${id}`)
}
