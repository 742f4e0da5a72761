/** The shared hostile inputs at the security API and its realm: the provider's response, the three calls, tokens, administration. */
import { after, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { ELASTIC, FACILITATOR } from '../support/api-call.ts'
import {
  type BodyConsumer,
  type HostileRequest,
  testHostileInputs,
  type ValueConsumer,
} from '../support/hostile-inputs.ts'
import { HOSTILE_JWT_REALM } from '../support/hostile-jwts.ts'
import { type Program, startProgram } from '../support/program.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

const REALMS = { code: 'code', implicit: 'id_token' } as const

let provider: ScriptedProvider
let program: Program
before(async () => {
  provider = await startScriptedProvider()
  provider.keys = [HOSTILE_JWT_REALM.key]
  // The code carries what the provider is to answer it with.
  provider.script('token', async ({ body }) => {
    const code = new URLSearchParams(body).get('code') ?? ''
    const { idToken, claims } = JSON.parse(Buffer.from(code, 'base64url').toString()) as Record<string, string>
    return { body: { access_token: 'at', token_type: 'Bearer', id_token: idToken ?? (await sign(claims ?? '')) } }
  })
  provider.script('userinfo', () => ({ body: { sub: 'alice' } }))
  const realms = Object.entries(REALMS).map(
    ([name, responseType], index) => `
xpack.security.authc.realms.oidc.${name}:
  order: ${10 + index}
  rp.client_id: rp
  rp.client_auth_method: none
  rp.response_type: ${responseType}
  rp.redirect_uri: 'https://rp.example.com/cb'
  op.issuer: '${provider.issuer}'
  op.authorization_endpoint: '${provider.urls.authorization}'
  op.token_endpoint: '${provider.urls.token}'
  op.jwkset_path: '${provider.urls.jwks}'
  claims.principal: sub
  claims.groups: groups
`,
  )
  program = await startProgram({ settings: (yaml) => yaml + realms.join('') })
})
after(async () => {
  await program.remove()
  await provider[Symbol.asyncDispose]()
})

/** Half a surrogate pair has no UTF-8, so no claim of it can arrive. */
async function sign(claims: string): Promise<string> {
  const all = provider.claims('n', JSON.parse(claims) as Record<string, unknown>)
  const header = { alg: 'RS256', kid: 'key-1' }
  return new SignJWT(all).setProtectedHeader(header).sign(HOSTILE_JWT_REALM.key.privateKey)
}

let serial = 0
const JSON_TYPE = { 'content-type': 'application/json' }

function post(path: string, body: unknown, authorization = FACILITATOR, method = 'POST') {
  return { method, url: program.api + path, headers: { authorization, ...JSON_TYPE }, body: JSON.stringify(body) }
}
const oidc = (call: string, field: string, more: object = {}): ValueConsumer => ({
  good: 'https://op.example.com/',
  ask: (value) => post(`/_security/oidc/${call}`, { ...more, [field]: value }),
})
/** A response whose state is new, so that nothing else is wrong with it. */
const response = (build: (value: string) => string, realm: keyof typeof REALMS = 'code'): ValueConsumer => ({
  ask: (value) => {
    const state = `state-${++serial}`
    const redirect_uri = `/cb${build(value).replace('STATE', state)}`
    return post('/_security/oidc/authenticate', { redirect_uri, state, nonce: 'n', realm })
  },
})
const answered = (answer: (value: string) => object) =>
  response((value) => `?state=STATE&code=${Buffer.from(JSON.stringify(answer(value))).toString('base64url')}`)
const encode = (value: string) => encodeURIComponent(value.toWellFormed())

const GOOD = { redirect_uri: '/cb?code=c&state=s', state: 's', nonce: 'n', realm: 'code' }
const VALUES: Readonly<Record<string, ValueConsumer>> = {
  'prepare: realm': oidc('prepare', 'realm'),
  'prepare: iss': oidc('prepare', 'iss'),
  'prepare: login_hint': oidc('prepare', 'login_hint', { realm: 'code' }),
  'prepare: state': oidc('prepare', 'state', { realm: 'code' }),
  'prepare: nonce': oidc('prepare', 'nonce', { realm: 'code' }),
  'authenticate: redirect_uri': oidc('authenticate', 'redirect_uri', GOOD),
  'authenticate: state': oidc('authenticate', 'state', GOOD),
  'authenticate: nonce': {
    ask: (nonce) => {
      const state = `state-${++serial}`
      const code = Buffer.from(JSON.stringify({ claims: '{}' })).toString('base64url')
      const redirect_uri = `/cb?state=${state}&code=${code}`
      return post('/_security/oidc/authenticate', { redirect_uri, state, nonce, realm: 'code' })
    },
  },
  'authenticate: realm': oidc('authenticate', 'realm', GOOD),
  'response: state': response((value) => `?state=${encode(value)}&code=c`),
  'response: iss': response((value) => `?state=STATE&code=c&iss=${encode(value)}`),
  'response: error': response((value) => `?state=STATE&error=${encode(value)}`),
  'response: error_description': response((value) => `?state=STATE&error=e&error_description=${encode(value)}`),
  'response: id_token in the fragment': response((value) => `#state=STATE&id_token=${encode(value)}`, 'implicit'),
  'token answer: id_token': answered((value) => ({ idToken: value })),
  'ID token: sub': answered((sub) => ({ claims: JSON.stringify({ sub }) })),
  'ID token: a group': answered((group) => ({ claims: JSON.stringify({ groups: [group] }) })),
  'logout: token': oidc('logout', 'token'),
  'logout: refresh_token': oidc('logout', 'refresh_token', { token: 'unknown' }),
  'token: username': {
    ask: (username) =>
      post('/_security/oauth2/token', { grant_type: 'password', username, password: 'wrong' }, ELASTIC),
  },
  'token: refresh_token': {
    ask: (refresh_token) => post('/_security/oauth2/token', { grant_type: 'refresh_token', refresh_token }, ELASTIC),
  },
  'invalidation: token': { ask: (token) => post('/_security/oauth2/token', { token }, ELASTIC, 'DELETE') },
  'invalidation: realm_name': {
    ask: (realm_name) => post('/_security/oauth2/token', { realm_name }, ELASTIC, 'DELETE'),
  },
  'bearer token': {
    ask: (token) => ({
      method: 'GET',
      url: `${program.api}/_security/_authenticate`,
      headers: { authorization: `Bearer ${token}` },
    }),
  },
  'name of a user': { ask: (name) => ({ ...get(`/_security/user/${encode(name)}`) }) },
  'name of a new role': {
    ask: (name) => post(`/_security/role/${encode(name)}`, { cluster: ['monitor'] }, ELASTIC, 'PUT'),
  },
  'name of a new role mapping': {
    ask: (name) => post(`/_security/role_mapping/${encode(name)}`, mapping({ username: 'x' }), ELASTIC, 'PUT'),
  },
  'value of a role-mapping rule': {
    ask: (value) => post('/_security/role_mapping/hostile', mapping({ groups: value }), ELASTIC, 'PUT'),
  },
  'explanation: id_token': {
    ask: (id_token) => post('/_ostiary/realm/code/_explain', { id_token }, ELASTIC),
  },
  'explanation: a claim': {
    ask: (sub) => post('/_ostiary/realm/code/_explain', { claims: { sub, groups: [sub] } }, ELASTIC),
  },
}

function get(path: string) {
  return { method: 'GET', url: program.api + path, headers: { authorization: ELASTIC } }
}
const mapping = (field: object) => ({ roles: ['monitor'], enabled: true, rules: { field } })

const body = (path: string, field: BodyConsumer['field'], authorization = FACILITATOR, method = 'POST') => ({
  field,
  method,
  url: program.api + path,
  headers: { authorization },
})
const BODIES = (): Readonly<Record<string, BodyConsumer>> => ({
  'prepare: body': body('/_security/oidc/prepare', ['realm', 'code']),
  'authenticate: body': body('/_security/oidc/authenticate', ['redirect_uri', '/cb?code=c&state=s']),
  'logout: body': body('/_security/oidc/logout', ['token', 'unknown']),
  'token: body': body('/_security/oauth2/token', ['grant_type', 'client_credentials'], ELASTIC),
  'invalidation: body': body('/_security/oauth2/token', ['token', 'unknown'], ELASTIC, 'DELETE'),
  'role mapping: body': body('/_security/role_mapping/hostile', ['enabled', 'true'], ELASTIC, 'PUT'),
  'user: body': body('/_security/user/hostile', ['full_name', 'x'], ELASTIC, 'PUT'),
  'explanation: body': body('/_ostiary/realm/code/_explain', ['id_token', 'x'], ELASTIC),
})

/** The realm's callers learn nothing, the log does. It arrives by another way than the answer, and may do so later. */
async function explain({ url }: HostileRequest, id: string): Promise<string> {
  if (!url.endsWith('/_security/oidc/authenticate')) return ''
  for (let attempt = 0; attempt < 500; attempt++) {
    const output = program.output()
    const at = output.indexOf(`"http.request.id":"${id}"`)
    const reason = at === -1 ? undefined : /"event\.reason":"(\w+)"/.exec(output.slice(at, at + 200))?.[1]
    if (reason !== undefined) return ` ${reason}`
    await sleep(10)
  }
  throw new Error(`nothing in the log about ${id}`)
}

testHostileInputs('api', {
  values: () => VALUES,
  bodies: BODIES,
  places: () => ({ provider: provider.issuer }),
  explain,
})
