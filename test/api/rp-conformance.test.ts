/**
 * The modules of the OpenID Foundation's conformance suite for relying parties that apply, re-enacted by name against
 * the scripted provider, in each of the three response types: the whole program, from prepare to the answer. Each
 * refusal is the one opaque 401, its reason is in the log under the id of the request, and nobody is asked for userinfo
 * after an ID token that is not believed.
 */
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { after, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import type { JsonObject } from '../../src/kernel/json.ts'
import { callApi, FACILITATOR, reason, text, type ApiAnswer } from '../support/api-call.ts'
import { createReenactment, RESPONSE_TYPES, type ResponseType } from '../support/conformance.ts'
import { type Program, startProgram } from '../support/program.ts'
import { createSigningKeyPair, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

const OPAQUE = 'unable to authenticate user [<OIDC Token>] for action [cluster:admin/xpack/security/oidc/authenticate]'
const { reenact, proveComplete } = createReenactment('realm')
/** Realms are called after their response type. */
const REALMS = { code: 'code', 'id_token token': 'implicit', id_token: 'token' } as const
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
  '-random': 'RS256',
  '-mismatch': 'RS256',
} as const
const SECRET = 'a-secret-of-the-tests-that-is-long-enough-0123456789'
const ACCESS_TOKEN = 'at-1'

const providers = new Map<string, ScriptedProvider>()
let program: Program
before(async () => {
  const realms: string[] = []
  const secrets: Record<string, string> = {}
  for (const responseType of RESPONSE_TYPES)
    for (const [variant, algorithm] of Object.entries(VARIANTS)) {
      const realm = `${REALMS[responseType]}${variant}`
      const provider = await startScriptedProvider()
      if (algorithm === 'ES256') provider.keys = [createSigningKeyPair('ES256')]
      scriptDiscovery(provider, variant)
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
  readonly flows?: readonly ResponseType[]
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
    flows: ['code', 'id_token'],
    claims: () => ({ at_hash: null }),
    sign: async (_provider, claims) => new UnsecuredJWT(claims).encode(),
    refused: /Signed ID token expected/,
  },
  {
    name: 'oidcc-client-test-idtoken-sig-none',
    flows: ['id_token token'],
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
    flows: ['code', 'id_token token'],
    userinfo: { sub: 'aliceinvalid' },
    refused: /it is for subject \[aliceinvalid\] while the ID Token was for subject \[alice\]/,
  },
  {
    name: 'oidcc-client-test-invalid-athash',
    flows: ['code', 'id_token token'],
    claims: () => ({ at_hash: atHash.replace(/^./, (first) => (first === 'x' ? 'y' : 'x')) }),
    refused: /Access token hash \(at_hash\) mismatch/,
  },
  {
    name: 'oidcc-client-test-missing-athash',
    flows: ['id_token token'],
    claims: () => ({ at_hash: null }),
    refused: /ID Token doesn't contain at_hash claim/,
  },
]

for (const module of MODULES)
  for (const responseType of module.flows ?? RESPONSE_TYPES)
    reenact(module.name, responseType, async () => {
      const login = await begin(responseType, module.variant)
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

for (const responseType of RESPONSE_TYPES) {
  reenact('oidcc-client-test-signing-key-rotation', responseType, async () => {
    for (const kid of ['before', 'after']) {
      const { answer } = await finish(await begin(responseType, '-rotation'), { sign: withFreshKeys(kid) })
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
    }
  })

  reenact('oidcc-client-test-signing-key-rotation-just-before-signing', responseType, async () => {
    const { answer, asked } = await finish(await begin(responseType, '-just-before'), { sign: withFreshKeys('late') })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.equal(asked.filter(({ path }) => path === '/jwks').length, 1)
  })

  reenact('oidcc-client-test-nonce-unless-code-flow', responseType, async () => {
    const { redirect } = await begin(responseType)
    assert.match(redirect.searchParams.get('nonce') ?? '', /^[\w.~-]{43}$/)
  })

  reenact('oidcc-client-test-scope-userinfo-claims', responseType, async () => {
    const login = await begin(responseType)
    assert.equal(login.redirect.searchParams.get('scope'), 'openid profile email')
    // Without an access token the claims that a scope asks for are in the ID token (OIDC Core 1.0 §5.4).
    const { answer } = await finish(login, {
      claims: () => (responseType === 'id_token' ? { email: 'alice@example.com' } : {}),
    })
    assert.equal((answer.body['authentication'] as JsonObject)['email'], 'alice@example.com')
  })

  reenact('oidcc-client-test-discovery-openid-config', responseType, async () => {
    const { provider, redirect } = await begin(responseType)
    assert.ok(provider.count('discovery') > 0)
    assert.equal(redirect.origin + redirect.pathname, provider.urls.authorization)
  })

  reenact('oidcc-client-test-discovery-jwks-uri-keys', responseType, async () => {
    const login = await begin(responseType, '-random')
    const { answer } = await finish(login)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.equal(login.provider.count('jwks'), 0)
    assert.ok(login.provider.requests.some(({ path }) => path === RANDOM_KEYS))
  })

  reenact('oidcc-client-test-discovery-issuer-mismatch', responseType, async () => {
    const realm = `${REALMS[responseType]}-mismatch`
    const opaqueId = randomUUID()
    const prepared = await callOidc('prepare', { realm }, opaqueId)
    assert.deepEqual([prepared.status, prepared.body['redirect']], [503, undefined])
    const response = { redirect_uri: '/cb?code=c&state=s', state: 's', nonce: 'n', realm }
    const answer = await callOidc('authenticate', response, opaqueId)
    assert.deepEqual([answer.status, reason(answer)], [401, OPAQUE])
    assert.match(await findLogLine(opaqueId), /The metadata of the issuer .* are of another issuer/)
    const asked = new Set(providerOf(realm).requests.map(({ path }) => path))
    assert.deepEqual([...asked], ['/.well-known/openid-configuration'])
  })
}

for (const responseType of ['code', 'id_token token'] as const)
  reenact('oidcc-client-test-userinfo-bearer-header', responseType, async () => {
    const { asked } = await finish(await begin(responseType))
    const userinfo = asked.find(({ path }) => path === '/userinfo')
    assert.equal(userinfo?.headers.authorization, `Bearer ${ACCESS_TOKEN}`)
    assert.ok(!userinfo?.body.includes(ACCESS_TOKEN))
  })

reenact('oidcc-client-test-client-secret-basic', 'code', async () => {
  const { asked } = await finish(await begin('code'))
  const token = asked.find(({ path }) => path === '/token')
  assert.equal(token?.headers.authorization, `Basic ${Buffer.from(`rp:${SECRET}`).toString('base64')}`)
  assert.doesNotMatch(token?.body ?? '', /client_/)
})

proveComplete()

interface Login {
  readonly realm: string
  readonly provider: ScriptedProvider
  readonly responseType: ResponseType
  readonly state: string
  readonly nonce: string
  readonly redirect: URL
}

const RANDOM_KEYS = `/${randomUUID()}` as const

function scriptDiscovery(provider: ScriptedProvider, variant: string): void {
  if (variant === '-random') {
    provider.script(RANDOM_KEYS, () => ({ body: { keys: provider.keys.map(({ jwk }) => jwk) } }))
    const jwks_uri = provider.issuer + RANDOM_KEYS
    provider.script('discovery', () => ({ body: { ...provider.metadata, jwks_uri } }))
  }
  if (variant === '-mismatch')
    provider.script('discovery', () => ({ body: { ...provider.metadata, issuer: `${provider.issuer}INVALID` } }))
}

function providerOf(realm: string): ScriptedProvider {
  const provider = providers.get(realm)
  if (provider === undefined) throw new Error(`no provider of ${realm}`)
  return provider
}

function callOidc(path: string, body: Record<string, string>, opaqueId = randomUUID()): Promise<ApiAnswer> {
  return callApi(program.api, `/_security/oidc/${path}`, { authorization: FACILITATOR, body, opaqueId })
}

async function begin(responseType: ResponseType, variant: keyof typeof VARIANTS = ''): Promise<Login> {
  const realm = `${REALMS[responseType]}${variant}`
  const prepared = await callOidc('prepare', { realm })
  const [state, nonce] = [text(prepared, 'state'), text(prepared, 'nonce')]
  const redirect = new URL(text(prepared, 'redirect'))
  return { realm, provider: providerOf(realm), responseType, state, nonce, redirect }
}

async function finish(login: Login, { claims, sign, userinfo }: Answer = {}) {
  const { realm, provider, responseType, state, nonce } = login
  const good = provider.claims(nonce, responseType === 'id_token' ? {} : { at_hash: atHash })
  const changed = Object.entries({ ...good, ...claims?.(good) }).filter(([, value]) => value !== null)
  const idToken = await (sign ?? ((by, payload) => by.sign(payload)))(provider, Object.fromEntries(changed))
  provider.script('token', () => ({ body: { access_token: ACCESS_TOKEN, token_type: 'Bearer', id_token: idToken } }))
  provider.script('userinfo', () => ({ body: userinfo ?? { sub: 'alice', email: 'alice@example.com' } }))
  const redirect_uri = {
    code: `/cb?code=c-1&state=${state}`,
    'id_token token': `/cb#id_token=${idToken}&access_token=${ACCESS_TOKEN}&token_type=Bearer&state=${state}`,
    id_token: `/cb#id_token=${idToken}&state=${state}`,
  }[responseType]
  const before = provider.requests.length
  const opaqueId = randomUUID()
  const answer = await callOidc('authenticate', { redirect_uri, state, nonce, realm }, opaqueId)
  return { answer, opaqueId, asked: provider.requests.slice(before) }
}

/** `rp-implicit-checks`: what the suite looks at in every module. */
function checkRequests({ responseType, redirect }: Login, asked: ScriptedProvider['requests']): void {
  const parameters = redirect.searchParams
  assert.ok(parameters.get('scope')?.split(' ').includes('openid'))
  assert.equal(parameters.get('client_id'), 'rp')
  assert.equal(parameters.get('redirect_uri'), 'https://rp.example.com/cb')
  assert.match(parameters.get('nonce') ?? '', /^[\w.~-]{1,43}$/)
  const token = asked.filter(({ path }) => path === '/token')
  assert.equal(token.length, responseType === 'code' ? 1 : 0)
  if (responseType === 'code')
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
