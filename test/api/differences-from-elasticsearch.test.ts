/** What docs/differences-from-elasticsearch.md says of the realm: each row of its table is shown by the test of its number. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'node:test'
import { SecurityError } from '../../src/kernel/errors.ts'
import type { OidcRealm } from '../../src/authc/oidc-realm.ts'
import { basic, callApi, reason, text } from '../support/api-call.ts'
import { openRealmBench, type RealmBench } from '../support/oidc-realm.ts'
import { BOOTSTRAP_PASSWORD, startRestApi } from '../support/rest-api.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

const ELASTIC = basic('elastic', BOOTSTRAP_PASSWORD)
const seconds = () => Math.floor(Date.now() / 1000)

/** A login whose ID token has these claims. */
async function logIn(bench: RealmBench, claims: Record<string, unknown>, change = {}) {
  const realm = bench.openRealm(change)
  return bench.finish(realm, await bench.begin(realm, { claims }))
}

function refusedFor(reason: string, detail: RegExp) {
  return (error: unknown) => error instanceof SecurityError && error.reason === reason && detail.test(chainOf(error))
}

function chainOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${chainOf(error.cause)}` : ''
}

const SHOWN: Readonly<Record<string, (bench: RealmBench) => Promise<void>>> = {
  async D1(bench) {
    await logIn(bench, { exp: seconds() - 50 })
    await assert.rejects(logIn(bench, { exp: seconds() - 70 }), refusedFor('id_token_invalid', /Expired JWT/))
  },
  async D2(bench) {
    const { userinfo } = bench.provider.urls
    bench.provider.script('userinfo', () => ({ body: { sub: 'alice', aud: 'rp', groups: ['b', 'c'] } }))
    const { user } = await logIn(bench, { aud: ['rp'], groups: ['a', 'b'] }, { op: { userinfoEndpoint: userinfo } })
    assert.deepEqual(user.metadata['oidc(groups)'], ['a', 'b', 'c'])
    assert.deepEqual(user.metadata['oidc(aud)'], ['rp'])
  },
  async D3(bench) {
    bench.provider.script('userinfo', () => ({ body: { sub: 'mallory' } }))
    const op = { userinfoEndpoint: bench.provider.urls.userinfo }
    await assert.rejects(logIn(bench, {}, { op }), refusedFor('userinfo_failed', /for subject \[mallory\]/))
  },
  async D4() {
    await using api = await openApi()
    const answer = await callApi(api.address, '/_security/oidc/prepare', {
      authorization: ELASTIC,
      body: { realm: 'nobody' },
    })
    assert.equal(answer.status, 400)
    assert.equal(reason(answer), 'Cannot find OpenID Connect realm with name [nobody]')
  },
  async D5(bench) {
    await using api = await openApi([bench.openRealm()])
    const body = { state: 'a', nonce: 'b', redirect_uri: '/cb?code=c&state=other' }
    const answer = await callApi(api.address, '/_security/oidc/authenticate', { authorization: ELASTIC, body })
    assert.equal(answer.status, 401)
    assert.doesNotMatch(JSON.stringify(answer.body), /state|caused_by/)
    const id = answer.headers.get('x-request-id')
    const line = api.lines.find((entry) => entry['http.request.id'] === id)
    assert.match(JSON.stringify(line), /Invalid state parameter/)
  },
  async D6(bench) {
    const { redirect } = await bench.begin(bench.openRealm())
    const names = 'response_type client_id redirect_uri scope state nonce code_challenge code_challenge_method'
    assert.equal([...redirect.searchParams.keys()].join(' '), names)
  },
  async D7(bench) {
    const url = await bench.openRealm({ rp: { postLogoutRedirectUri: undefined } }).buildLogoutUrl('a.b.c')
    assert.deepEqual([...new URL(url ?? '').searchParams.keys()], ['id_token_hint', 'state'])
  },
  async D8(bench) {
    await logIn(bench, { nbf: seconds() + 50 })
    await assert.rejects(logIn(bench, { nbf: seconds() + 70 }), refusedFor('id_token_invalid', /JWT before use time/))
  },
  async D9(bench) {
    const realm = bench.openRealm()
    await bench.finish(realm, await bench.begin(realm))
    const known = bench.provider.count('jwks')
    const expired = await bench.begin(realm, { claims: { exp: 1 } })
    await assert.rejects(bench.finish(realm, expired), refusedFor('id_token_invalid', /Expired JWT/))
    assert.equal(bench.provider.count('jwks'), known)
    for (const _ of [1, 2, 3]) {
      const unknown = await bench.begin(realm, { header: { kid: 'unknown' } })
      await assert.rejects(bench.finish(realm, unknown), refusedFor('id_token_invalid', /no matching key/))
    }
    assert.equal(bench.provider.count('jwks'), known + 2)
  },
  async D10(bench) {
    const { user } = await logIn(bench, { id_token_hint: 'raw' })
    assert.ok('oidc(sub)' in user.metadata)
    assert.ok(!('oidc(id_token_hint)' in user.metadata))
  },
  async D11(bench) {
    const { user } = await logIn(bench, { number: 4711 }, { claims: { principal: 'number' } })
    assert.equal(user.username, '4711')
  },
  async D12(bench) {
    const realm = bench.openRealm()
    const login = await bench.begin(realm)
    const refused = bench.finish(realm, login, '/cb?error=access_denied&state=other')
    await assert.rejects(refused, refusedFor('state_invalid', /Invalid state parameter/))
    const foreign = bench.finish(realm, login, `/cb?code=c&state=${login.state}&iss=https%3A%2F%2Fother.example`)
    await assert.rejects(foreign, refusedFor('issuer_mismatch', /other\.example/))
  },
  async D13(bench) {
    await using other = await startScriptedProvider()
    const first = bench.openRealm({ name: 'first' }, other)
    const second = bench.openRealm({ name: 'second' })
    const { state, nonce } = await bench.begin(second)
    await using api = await openApi([first, second])
    const body = { state, nonce, redirect_uri: `/cb?code=c&state=${state}` }
    const answer = await callApi(api.address, '/_security/oidc/authenticate', { authorization: ELASTIC, body })
    assert.equal(answer.status, 200)
    assert.equal(other.count('token'), 0)
  },
  async D14(bench) {
    const realm = bench.openRealm()
    const login = await bench.begin(realm)
    assert.equal(login.redirect.searchParams.get('code_challenge_method'), 'S256')
    await bench.finish(realm, login)
    const exchange = bench.provider.requests.find(({ path }) => path === '/token')
    assert.match(new URLSearchParams(exchange?.body).get('code_verifier') ?? '', /^[\w-]{43}$/)
  },
  async D15(bench) {
    const realm = bench.openRealm()
    const login = await bench.begin(realm)
    await bench.finish(realm, login)
    await assert.rejects(bench.finish(realm, login), refusedFor('response_replayed', /./))
  },
  async D16(bench) {
    bench.provider.script('discovery', () => ({ body: bench.provider.metadata }))
    bench.provider.script('userinfo', () => ({ body: { sub: 'alice' } }))
    const found = { authorizationEndpoint: undefined, tokenEndpoint: undefined, jwksetPath: undefined }
    const change = { op: found, rp: { clientAuthMethod: 'none' as const }, claims: { principal: '/who/name' } }
    const { user } = await logIn(bench, { who: { name: 'nested' } }, change)
    assert.equal(user.username, 'nested')
  },
  async D17(bench) {
    const realm = bench.openRealm()
    const { state, nonce } = await bench.begin(realm)
    await using api = await openApi([realm])
    const body = { state, nonce, redirect_uri: `/cb?code=c&state=${state}` }
    const answer = await callApi(api.address, '/_security/oidc/authenticate', { authorization: ELASTIC, body })
    assert.equal(text(answer, 'type'), 'Bearer')
  },
  async D18() {
    await using api = await openApi()
    const answer = await callApi(api.address, '/_security/oidc/prepare', {
      authorization: ELASTIC,
      body: { realms: 'oidc1' },
    })
    assert.equal(answer.status, 400)
    assert.match(reason(answer), /\[oidc_prepare_authentication\] unknown field \[realms\] did you mean \[realm\]\?/)
  },
  async D19(bench) {
    assert.throws(() => bench.openRealm({ claimPatterns: { principal: '^(?=a)(.+)$' } }), /unsupported.*\(\?=/)
    const { user } = await logIn(bench, {}, { claimPatterns: { principal: '^(?i)(ALICE)$' } })
    assert.equal(user.username, 'alice')
  },
  async D20() {
    await using api = await openApi()
    const answer = await callApi(api.address, '/_license', { authorization: ELASTIC, method: 'GET' })
    assert.equal(answer.status, 400)
    assert.match(reason(answer), /no handler found for uri \[\/_license\]/)
  },
}

const page = readFileSync(resolve(import.meta.dirname, '../../docs/differences-from-elasticsearch.md'), 'utf8')
const rows = [...page.matchAll(/^\| (D\d+) \| (.+?) \| (.+?) \|/gm)]

test('every difference that the page numbers has its test, and every test its row', () => {
  const numbers = rows.map(([, number]) => number)
  assert.deepEqual(numbers, Object.keys(SHOWN))
})

for (const [, number = '', , ours = ''] of rows) {
  test(`${number}: ${ours}`, async () => {
    await using bench = await openRealmBench()
    await SHOWN[number]?.(bench)
  })
}

async function openApi(realms: readonly OidcRealm[] = []) {
  const api = await startRestApi({ realms })
  return Object.assign(api, { [Symbol.asyncDispose]: () => api.close() })
}
