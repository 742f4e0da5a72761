import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { SecurityError } from '../../../src/kernel/errors.ts'
import { describeError } from '../../../src/observe/log.ts'
import { openRealmBench, type RealmBench, type RealmChange } from '../../support/oidc-realm.ts'
import { createSigningKeyPair, startScriptedProvider } from '../../support/scripted-provider.ts'

const DISCOVERED = {
  authorizationEndpoint: undefined,
  tokenEndpoint: undefined,
  endsessionEndpoint: undefined,
  jwksetPath: undefined,
}
const atHash = (accessToken: string) =>
  createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')

/** How often the key endpoint was asked after the first time. */
const reloads = ({ provider }: RealmBench) => provider.count('jwks') - 1

/** Waits until the realm has its keys, so that a later fetch is one on demand. */
async function openWithKeys(bench: RealmBench, change: RealmChange = {}) {
  const realm = bench.openRealm(change)
  await bench.finish(realm, await bench.begin(realm))
  return realm
}

test('a login by the code flow becomes a user with roles, metadata and a hint (oidcc-client-test)', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  const realm = bench.openRealm({ op: { userinfoEndpoint: provider.urls.userinfo } })
  const login = await bench.begin(realm, { claims: { name: 'Alice A', groups: ['engineering'], sid: 's-1' } })
  provider.script('userinfo', () => ({
    body: { sub: 'alice', email: 'alice@example.com', name: 'Other', groups: ['finance-team'] },
  }))
  const { state, nonce } = login
  const result = await realm.authenticate({ redirectUri: `/cb?code=c-1&state=${state}`, state, nonce })

  const { metadata, ...user } = result.authentication.user
  assert.deepEqual(user, {
    username: 'alice',
    roles: ['finance_data'],
    fullName: 'Alice A',
    email: 'alice@example.com',
    enabled: true,
  })
  const { sub, iss, groups, aud } = {
    sub: 'alice',
    iss: provider.issuer,
    groups: ['engineering', 'finance-team'],
    aud: ['rp'],
  }
  assert.partialDeepStrictEqual(metadata, {
    'oidc(sub)': sub,
    'oidc(iss)': iss,
    'oidc(groups)': groups,
    'oidc(aud)': aud,
  })
  assert.deepEqual(bench.mapped, [{ username: sub, dn: undefined, groups, metadata, realm: { name: 'oidc1' } }])
  const ref = { name: 'oidc1', type: 'oidc' }
  assert.partialDeepStrictEqual(result.authentication, { authenticationRealm: ref, lookupRealm: ref, type: 'realm' })
  assert.deepEqual(result.subject, { issuer: provider.issuer, subject: 'alice', sessionId: 's-1' })
  assert.equal(decodeJwt(result.idToken)['nonce'], nonce)

  const [token, userinfo] = provider.requests.filter(({ path }) => path === '/token' || path === '/userinfo')
  assert.deepEqual(Object.fromEntries(new URLSearchParams(token?.body)), {
    grant_type: 'authorization_code',
    code: 'c-1',
    redirect_uri: 'https://rp.example.com/cb',
    code_verifier: new URLSearchParams(token?.body).get('code_verifier'),
  })
  const verifier = new URLSearchParams(token?.body).get('code_verifier') ?? ''
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  assert.equal(login.redirect.searchParams.get('code_challenge'), challenge)
  assert.match(token?.headers.authorization ?? '', /^Basic /)
  assert.equal(userinfo?.headers.authorization, 'Bearer at-1')
})

test('prepare keeps the state and nonce of its caller, and refuses blank ones', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm()
  const { redirect, ...given } = await realm.prepare({ state: 'my state', nonce: 'my nonce', loginHint: 'alice' })
  assert.deepEqual(given, { state: 'my state', nonce: 'my nonce', realm: 'oidc1' })
  assert.equal(new URL(redirect).searchParams.get('login_hint'), 'alice')
  const refused = { reason: 'argument_illegal', message: 'The value must not be null or empty string' }
  for (const wishes of [{ state: '' }, { state: ' ' }, { nonce: '' }])
    await assert.rejects(realm.prepare(wishes), refused)
})

test('fresh state and nonce have 43 characters of base64url (rp-implicit-checks)', async () => {
  await using bench = await openRealmBench()
  const { state, nonce } = await bench.openRealm().prepare({})
  for (const value of [state, nonce]) assert.match(value, /^[\w-]{43}$/)
})

test('without PKCE, and in the implicit flows, no challenge and no verifier are sent', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm({ rp: { pkce: false } })
  const login = await bench.begin(realm)
  await bench.finish(realm, login)
  assert.equal(login.redirect.searchParams.has('code_challenge'), false)
  assert.doesNotMatch(bench.provider.requests.find(({ path }) => path === '/token')?.body ?? '', /verifier/)
  const { redirect } = await bench.openRealm({ rp: { responseType: 'id_token' } }).prepare({})
  assert.equal(new URL(redirect).searchParams.has('code_challenge'), false)
})

test('another node finishes what this one began, with the same verifier (A-15)', async () => {
  await using bench = await openRealmBench()
  const [here, there, other] = [bench.openRealm(), bench.openRealm(), bench.openRealm({ name: 'oidc2' })]
  const login = await bench.begin(here)
  assert.ok(there.knowsState(login.state))
  assert.ok(!other.knowsState(login.state))
  await bench.finish(there, login)
  const form = new URLSearchParams(bench.provider.requests.find(({ path }) => path === '/token')?.body)
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  assert.equal(login.redirect.searchParams.get('code_challenge'), challenge)
})

for (const [responseType, tokens] of Object.entries({
  id_token: '',
  'id_token token': '&access_token=at-1&token_type=Bearer',
}))
  test(`a login by the implicit flow ${responseType}`, async () => {
    await using bench = await openRealmBench()
    const { provider } = bench
    const realm = bench.openRealm({
      rp: { responseType: responseType as 'id_token' },
      op: { userinfoEndpoint: provider.urls.userinfo, tokenEndpoint: undefined },
    })
    provider.script('userinfo', () => ({ body: { sub: 'alice', name: 'Alice A' } }))
    const login = await realm.prepare({})
    const idToken = await provider.sign(provider.claims(login.nonce, { at_hash: atHash('at-1') }))
    const url = `https://rp.example.com/cb#state=${login.state}&id_token=${idToken}${tokens}`
    const { user } = await bench.finish(realm, login, url)
    assert.equal(user.username, 'alice')
    // Userinfo needs an access token.
    assert.equal(user.fullName, tokens === '' ? null : 'Alice A')
    assert.equal(provider.count('token'), 0)
  })

test('a forged access token of the browser is refused before userinfo is asked (oidcc-client-test-invalid-athash)', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  const realm = bench.openRealm({
    rp: { responseType: 'id_token token' },
    op: { userinfoEndpoint: provider.urls.userinfo },
  })
  const login = await realm.prepare({})
  const idToken = await provider.sign(provider.claims(login.nonce, { at_hash: atHash('at-1') }))
  const url = `/cb#state=${login.state}&id_token=${idToken}&access_token=at-2&token_type=Bearer`
  await assert.rejects(bench.finish(realm, login, url), { reason: 'access_token_invalid' })
  assert.equal(provider.count('userinfo'), 0)
})

const refusedIdTokens = {
  'another issuer (oidcc-client-test-invalid-iss)': {
    claims: { iss: 'https://evil' },
    inner: 'Unexpected JWT issuer: https://evil',
  },
  'another audience (oidcc-client-test-invalid-aud)': {
    claims: { aud: 'rp1' },
    inner: 'Unexpected JWT audience: [rp1]',
  },
  'an old expiry': { claims: { exp: 1 }, inner: 'Expired JWT' },
  'no subject': { claims: { sub: undefined }, inner: 'Missing JWT subject (sub) claim' },
  'another type (A-13)': { header: { typ: 'at+jwt' }, inner: 'JOSE header typ (type) at+jwt not allowed' },
}

for (const [name, { inner, ...answer }] of Object.entries(refusedIdTokens))
  test(`an ID token with ${name} is refused, without asking for newer keys`, async () => {
    await using bench = await openRealmBench()
    const { provider } = bench
    const realm = await openWithKeys(bench, { op: { userinfoEndpoint: undefined } })
    const login = await bench.begin(realm, answer)
    await assert.rejects(bench.finish(realm, login), {
      reason: 'id_token_invalid',
      message: 'Failed to parse or validate the ID Token',
      cause: new SecurityError('id_token_invalid', inner),
    })
    assert.equal(reloads(bench), 0)
    assert.equal(provider.count('userinfo'), 0)
  })

test('a nonce of another login is refused (oidcc-client-test-nonce-invalid)', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm()
  const login = await bench.begin(realm)
  await assert.rejects(bench.finish(realm, { ...login, nonce: 'other' }), ({ cause }: Error) => {
    assert.match(String(cause), /Unexpected JWT nonce/)
    return true
  })
})

test('a payload changed after signing costs one reload (A-21)', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  const realm = await openWithKeys(bench)
  const login = await bench.begin(realm)
  const [header, , signature] = (await provider.sign(provider.claims(login.nonce))).split('.')
  const payload = Buffer.from(JSON.stringify(provider.claims(login.nonce, { sub: 'mallory' }))).toString('base64url')
  const body = { access_token: 'at-1', token_type: 'Bearer', id_token: [header, payload, signature].join('.') }
  provider.script('token', () => ({ body }))
  await assert.rejects(bench.finish(realm, login), (error) => {
    assert.match(describeError(error), /caused by: Signed JWT rejected: Invalid signature$/)
    return true
  })
  assert.equal(reloads(bench), 1)
})

test('a new key is fetched for the first token that needs it (oidcc-client-test-signing-key-rotation)', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  const realm = await openWithKeys(bench)
  for (const kid of ['key-2', 'key-3']) {
    provider.keys = [createSigningKeyPair('RS256', kid)]
    await bench.finish(realm, await bench.begin(realm))
  }
  assert.equal(reloads(bench), 2)
  provider.keys = [createSigningKeyPair('RS256', 'key-4')]
  await assert.rejects(bench.finish(realm, await bench.begin(realm)), { reason: 'id_token_invalid' })
  assert.equal(reloads(bench), 2)
})

test('an ID token under the client secret needs no keys of the provider', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  const realm = bench.openRealm({ rp: { signatureAlgorithm: 'HS256' } })
  const login = await bench.begin(realm)
  const jwt = new SignJWT(provider.claims(login.nonce)).setProtectedHeader({ alg: 'HS256' })
  const idToken = await jwt.sign(Buffer.from('s'.repeat(64)))
  provider.script('token', () => ({ body: { access_token: 'a', token_type: 'Bearer', id_token: idToken } }))
  assert.equal((await bench.finish(realm, login)).user.username, 'alice')
  assert.equal(provider.count('jwks'), 0)
})

test('a wrong state, a refusal or a foreign issuer sends nothing to the provider (A-15, A-24, A-43)', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm()
  const login = await bench.begin(realm)
  const responses = {
    state_invalid: `/cb?code=c-1&state=other`,
    provider_refused: `/cb?error=access_denied&state=${login.state}`,
    issuer_mismatch: `/cb?code=c-1&state=${login.state}&iss=https%3A%2F%2Fevil`,
    response_type_unexpected: `/cb?state=${login.state}`,
    response_invalid: '/cb',
  }
  for (const [reason, url] of Object.entries(responses))
    await assert.rejects(bench.finish(realm, login, url), { reason })
  assert.equal(bench.provider.count('token'), 0)
  // None of them was an attempt: the login still works.
  await bench.finish(realm, login)
})

test('a response is redeemed once, in turn, in parallel and on two nodes (A-25)', async () => {
  await using bench = await openRealmBench()
  const [here, there] = [bench.openRealm(), bench.openRealm()]
  for (const nodes of [
    [here, here],
    [here, there],
    [here, here, here, here, there, there],
  ]) {
    const login = await bench.begin(here)
    const outcomes = await Promise.allSettled(nodes.map((node) => bench.finish(node, login)))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.equal((outcome.reason as SecurityError).reason, 'response_replayed')
    for (const node of [here, there]) await assert.rejects(bench.finish(node, login), { reason: 'response_replayed' })
  }
})

test('a replayed response of the implicit flow is refused although its ID token is alive (A-25)', async () => {
  await using bench = await openRealmBench()
  const [here, there] = [0, 1].map(() => bench.openRealm({ rp: { responseType: 'id_token' } }))
  assert.ok(here && there)
  const login = await here.prepare({})
  const idToken = await bench.provider.sign(bench.provider.claims(login.nonce))
  const url = `/cb#state=${login.state}&id_token=${idToken}`
  await bench.finish(here, login, url)
  bench.time.ahead = 301
  for (const node of [here, there])
    await assert.rejects(bench.finish(node, login, url), { reason: 'response_replayed' })
})

test('a failed attempt uses its response up', async () => {
  await using bench = await openRealmBench()
  const [here, there] = [bench.openRealm(), bench.openRealm()]
  const login = await bench.begin(here, { claims: { exp: 1 } })
  await assert.rejects(bench.finish(here, login), { reason: 'id_token_invalid' })
  for (const node of [here, there]) await assert.rejects(bench.finish(node, login), { reason: 'response_replayed' })
  assert.equal(bench.provider.count('token'), 1)
})

test('a response is remembered until its ID token is dead, an hour at most', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm()
  const now = Math.floor(Date.now() / 1000)
  for (const [exp, keepUntil] of [
    [now + 300, now + 360],
    [now + 86_400, now + 3600],
  ] as const) {
    const { state, nonce } = await bench.begin(realm, { claims: { exp } })
    const { response } = await realm.authenticate({ redirectUri: `/cb?code=c&state=${state}`, state, nonce })
    assert.ok(Math.abs(response.keepUntil - keepUntil) <= 5)
  }
})

const tokenEndpointFailures = {
  'a refusal': {
    answer: { status: 400, body: { error: 'invalid_grant' } },
    message: 'Failed to exchange code for Id Token. Code=[invalid_grant], Description=[null]',
  },
  'a wrong client secret': {
    answer: { status: 401, body: { error: 'invalid_client' } },
    message: 'Failed to exchange code for Id Token',
  },
  'no content type': {
    answer: { headers: {}, body: {} },
    message: 'Unable to parse Token Response. Content type was expected to be [application/json] but was [null]',
  },
  'a nest 10000 deep (A-34)': {
    answer: { body: `${'['.repeat(10_000)}${']'.repeat(10_000)}` },
    message: 'Failed to exchange code for Id Token using the Token Endpoint. Unable to parse Token Response',
  },
  'an answer of 2 MiB (A-32)': {
    answer: { body: ' '.repeat(2_097_152) },
    message: 'Failed to exchange code for Id Token using the Token Endpoint.',
  },
}

for (const [name, { answer, message }] of Object.entries(tokenEndpointFailures))
  test(`a token endpoint with ${name} fails the login`, async () => {
    await using bench = await openRealmBench()
    const realm = bench.openRealm()
    const login = await bench.begin(realm)
    bench.provider.script('token', () => answer)
    await assert.rejects(bench.finish(realm, login), { reason: 'code_exchange_failed', message })
  })

test('a token endpoint that is down fails the login', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm({ op: { tokenEndpoint: 'http://127.0.0.1:1/token' } })
  const message = 'Failed to exchange code for Id Token using the Token Endpoint.'
  await assert.rejects(bench.finish(realm, await bench.begin(realm)), { reason: 'code_exchange_failed', message })
})

const userinfoFailures = {
  'another subject (A-14, oidcc-client-test-userinfo-invalid-sub)': { body: { sub: 'aliceinvalid' } },
  'no subject (A-14)': { body: {} },
  'a status of 404': { status: 404, body: '' },
  'a JWT': { headers: { 'content-type': 'application/jwt' }, body: 'e30.e30.c2ln' },
}

for (const [name, answer] of Object.entries(userinfoFailures))
  test(`userinfo with ${name} fails the login, once`, async () => {
    await using bench = await openRealmBench()
    const { provider } = bench
    const realm = bench.openRealm({ op: { userinfoEndpoint: provider.urls.userinfo } })
    const login = await bench.begin(realm)
    provider.script('userinfo', () => answer)
    await assert.rejects(bench.finish(realm, login), { reason: 'userinfo_failed' })
    assert.equal(provider.count('userinfo'), 1)
    assert.equal(bench.mapped.length, 0)
  })

test('userinfo that is down fails the login', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm({ op: { userinfoEndpoint: 'http://127.0.0.1:1/' } })
  const message = 'Failed to get claims from the Userinfo Endpoint.'
  await assert.rejects(bench.finish(realm, await bench.begin(realm)), { reason: 'userinfo_failed', message })
})

test('claims that contradict, cannot be mapped or name nobody fail the login', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  const realm = bench.openRealm({ op: { userinfoEndpoint: provider.urls.userinfo } })
  provider.script('userinfo', () => ({ body: { sub: 'alice', level: '1' } }))
  const cases = [
    { claims: { level: 1 }, reason: 'claims_unmergeable' },
    { claims: { groups: [{ name: 'x' }] }, reason: 'claims_unmappable' },
  ]
  for (const { claims, reason } of cases)
    await assert.rejects(bench.finish(realm, await bench.begin(realm, { claims })), { reason })
  const anonymous = bench.openRealm({ claims: { principal: 'preferred_username' } })
  await assert.rejects(bench.finish(anonymous, await bench.begin(anonymous)), { reason: 'principal_missing' })
})

test('a principal pattern that takes parts of names is warned about at the start (A-45)', async () => {
  await using bench = await openRealmBench()
  bench.openRealm({ claimPatterns: { principal: '^(.+)@staff$' } })
  assert.doesNotMatch(bench.logged.join(''), /not anchored/)
  bench.openRealm({ claimPatterns: { principal: '^(.+)@staff' } })
  assert.match(bench.logged.join(''), /claim_patterns\.principal\] is not anchored at both ends/)
})

test('without metadata the user and the role mappings see none', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm({ populateUserMetadata: false })
  const { user } = await bench.finish(realm, await bench.begin(realm))
  assert.deepEqual([user.metadata, bench.mapped[0]?.metadata], [{}, {}])
})

test('client_secret_post, client_secret_jwt, private_key_jwt and none', async () => {
  await using bench = await openRealmBench()
  const pair = createSigningKeyPair('ES256', null)
  const clientAuthJwtSigningKey = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const realms: Required<RealmChange>['rp'][] = [
    { clientAuthMethod: 'client_secret_post' },
    { clientAuthMethod: 'client_secret_jwt' },
    { clientAuthMethod: 'private_key_jwt', clientAuthJwtSigningKey, clientAuthJwtSignatureAlgorithm: 'ES256' },
    { clientAuthMethod: 'none', clientSecret: undefined },
  ]
  for (const rp of realms) {
    const realm = bench.openRealm({ rp })
    await bench.finish(realm, await bench.begin(realm))
  }
  const requests = bench.provider.requests.filter(({ path }) => path === '/token')
  assert.ok(requests.every(({ headers }) => headers.authorization === undefined))
  const [post, secretJwt, keyJwt, none] = requests.map(({ body }) => new URLSearchParams(body))
  assert.deepEqual([post?.get('client_id'), post?.get('client_secret')], ['rp', 's'.repeat(64)])
  for (const [form, alg] of [
    [secretJwt, 'HS384'],
    [keyJwt, 'ES256'],
  ] as const) {
    const assertion = form?.get('client_assertion') ?? ''
    assert.equal(decodeProtectedHeader(assertion).alg, alg)
    assert.equal(decodeJwt(assertion).aud, bench.provider.urls.token)
    assert.equal(form?.has('client_id'), false)
  }
  assert.deepEqual([none?.get('client_id'), none?.has('client_secret')], ['rp', false])
})

test('a short secret fails every login by client_secret_jwt', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm({ rp: { clientAuthMethod: 'client_secret_jwt', clientSecret: 's'.repeat(47) } })
  await assert.rejects(bench.finish(realm, await bench.begin(realm)), (error) => {
    const [outer, inner] = ['Failed to exchange code for Id Token using the Token Endpoint.', 'at least 384 bits']
    assert.match(describeError(error), new RegExp(`^${outer}; caused by: .*${inner}$`))
    return true
  })
  assert.equal(bench.provider.count('token'), 0)
})

test('endpoints that are left out come from discovery (oidcc-client-test-discovery-openid-config, -jwks-uri-keys)', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  const realm = bench.openRealm({ op: DISCOVERED })
  provider.script('userinfo', () => ({ body: { sub: 'alice', name: 'from userinfo' } }))
  const { user } = await bench.finish(realm, await bench.begin(realm))
  assert.equal(user.fullName, 'from userinfo')
  assert.match((await realm.buildLogoutUrl('a.b.c')) ?? '', /\/logout\?id_token_hint=a\.b\.c&/)
  assert.equal(provider.count('discovery'), 1)
})

test('with all required endpoints given, discovery does not run and a missing one means off', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm({ op: { endsessionEndpoint: undefined } })
  await bench.finish(realm, await bench.begin(realm))
  assert.equal(await realm.buildLogoutUrl('a.b.c'), null)
  assert.deepEqual([bench.provider.count('discovery'), bench.provider.count('userinfo')], [0, 0])
})

test('a setting that is given wins over discovery', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm({ op: { jwksetPath: undefined, authorizationEndpoint: 'https://op.example.com/in' } })
  const { redirect } = await realm.prepare({})
  assert.equal(new URL(redirect).origin, 'https://op.example.com')
})

test('an issuer that announces iss in its responses must send it (A-43)', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  const promise = { authorization_response_iss_parameter_supported: true }
  provider.script('discovery', () => ({ body: { ...provider.metadata, ...promise } }))
  const realm = bench.openRealm({ op: DISCOVERED })
  const login = await bench.begin(realm)
  await assert.rejects(bench.finish(realm, login), { reason: 'issuer_mismatch' })
  assert.equal(provider.count('token'), 0)
  const url = `/cb?code=c&state=${login.state}&iss=${encodeURIComponent(provider.issuer)}`
  provider.script('userinfo', () => ({ body: { sub: 'alice' } }))
  await bench.finish(realm, login, url)
})

test('a provider that starts later is found when it is needed', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  provider.script('discovery', () => ({ status: 503, body: '' }))
  const realm = bench.openRealm({ op: DISCOVERED })
  await assert.rejects(realm.prepare({}), { reason: 'provider_unavailable' })
  assert.equal(await realm.buildLogoutUrl('a.b.c'), null)
  assert.match(bench.logged.join(''), /The metadata of the OpenID Provider are not known yet/)
  provider.script('discovery', () => ({ body: provider.metadata }))
  await realm.prepare({})
})

const badMetadata = {
  'another issuer (oidcc-client-test-discovery-issuer-mismatch)': [
    { issuer: 'https://otherINVALID' },
    /are of another issuer/,
  ],
  'no authorization endpoint': [{ authorization_endpoint: undefined }, /op\.authorization_endpoint\] is required$/],
  'no token endpoint': [{ token_endpoint: undefined }, /op\.token_endpoint\] is required when .* is set to "code"$/],
  'no keys': [{ jwks_uri: undefined }, /op\.jwkset_path\] is required$/],
  'keys over http (A-32)': [{ jwks_uri: 'http://op.example.com/keys' }, /is not protected/],
  'keys in a file (A-32)': [{ jwks_uri: 'file:///etc/passwd' }, /is not protected/],
  'a script to sign in with (A-32)': [{ authorization_endpoint: 'javascript:alert(1)' }, /is not protected/],
  'a script to sign out with (A-32)': [{ end_session_endpoint: 'javascript:alert(1)' }, /is not protected/],
  'a token endpoint over http (A-32)': [{ token_endpoint: 'http://op.example.com/token' }, /is not protected/],
} as const

for (const [name, [change, message]] of Object.entries(badMetadata))
  test(`metadata with ${name} are not used`, async () => {
    await using bench = await openRealmBench()
    const { provider } = bench
    provider.script('discovery', () => ({ body: { ...provider.metadata, ...change } }))
    const realm = bench.openRealm({ op: DISCOVERED })
    await assert.rejects(realm.prepare({}), { reason: 'provider_unavailable', message })
    const { state, nonce } = { state: 's', nonce: 'n' }
    const attempt = realm.authenticate({ redirectUri: '/cb?code=c&state=s', state, nonce })
    await assert.rejects(attempt, { reason: 'provider_unavailable' })
    assert.equal(provider.count('token'), 0)
  })

test('the logout URL has hint, return address and a fresh state (rp-logout-url)', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm()
  const [first, second] = [await realm.buildLogoutUrl('a.b.c'), await realm.buildLogoutUrl('a.b.c')]
  const { searchParams } = new URL(first ?? '')
  assert.deepEqual([...searchParams.keys()], ['id_token_hint', 'post_logout_redirect_uri', 'state'])
  assert.match(searchParams.get('state') ?? '', /^[\w-]{43}$/)
  assert.notEqual(first, second)
})

test('a code that was stolen into another login comes with another verifier (A-44)', async () => {
  await using bench = await openRealmBench()
  const realm = bench.openRealm()
  const victim = await bench.begin(realm)
  const idToken = await bench.provider.sign(bench.provider.claims(victim.nonce))
  // As a provider judges it (RFC 7636 §4.6).
  bench.provider.script('token', ({ body }) => {
    const verifier = new URLSearchParams(body).get('code_verifier') ?? ''
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    return challenge === victim.redirect.searchParams.get('code_challenge')
      ? { body: { access_token: 'at-1', token_type: 'Bearer', id_token: idToken } }
      : { status: 400, body: { error: 'invalid_grant' } }
  })
  const thief = await realm.prepare({})
  for (const { state, nonce } of [thief, { state: thief.state + 'x', nonce: victim.nonce }])
    await assert.rejects(realm.authenticate({ redirectUri: `/cb?code=stolen&state=${state}`, state, nonce }), {
      reason: 'code_exchange_failed',
      message: /Code=\[invalid_grant\]/,
    })
  assert.equal((await bench.finish(realm, victim)).user.username, 'alice')
})

test('two providers: the code of one is never offered to the other (A-15, A-43)', async () => {
  await using bench = await openRealmBench()
  await using stranger = await startScriptedProvider()
  const [ours, theirs] = [bench.openRealm(), bench.openRealm({ name: 'oidc2' }, stranger)]
  const login = await bench.begin(ours)
  assert.deepEqual([ours.knowsState(login.state), theirs.knowsState(login.state)], [true, false])
  const url = `/cb?code=c&state=${login.state}&iss=${encodeURIComponent(bench.provider.issuer)}`
  await assert.rejects(bench.finish(theirs, login, url), { reason: 'issuer_mismatch' })
  assert.equal(stranger.count('token'), 0)
  await bench.finish(ours, login, url)
})

test('no complete token, code or secret is logged (A-47)', async () => {
  await using bench = await openRealmBench()
  const { provider } = bench
  const realm = bench.openRealm({ op: { userinfoEndpoint: provider.urls.userinfo } })
  for (const claims of [{ exp: 1 }, {}]) {
    const login = await bench.begin(realm, { claims, tokens: { access_token: 'the-access-token' } })
    await assert.rejects(bench.finish(realm, login, `/cb?code=the-code&state=${login.state}`))
  }
  const logged = bench.logged.join('')
  assert.match(logged, /The ID token was refused/)
  for (const secret of ['the-access-token', 'the-code', 's'.repeat(64)]) assert.ok(!logged.includes(secret))
  assert.doesNotMatch(logged, /[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/)
})
