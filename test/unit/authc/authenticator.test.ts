import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authentication, User } from '../../../src/authc/authentication.ts'
import { createAuthenticator, readCredentials } from '../../../src/authc/authenticator.ts'
import type { PasswordRealm } from '../../../src/authc/realms.ts'
import { createTokenService } from '../../../src/authc/token-service.ts'
import { SecurityError } from '../../../src/kernel/errors.ts'
import { createSealer } from '../../../src/kernel/sealer.ts'
import type { TokenPairs } from '../../../src/store/store.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

const HEADERS: readonly { name: string; header: string | undefined; is: object | string }[] = [
  { name: 'no header', header: undefined, is: { scheme: 'none' } },
  { name: 'an empty header', header: '', is: { scheme: 'none' } },
  { name: 'a scheme alone', header: 'Bearer', is: { scheme: 'none' } },
  { name: 'a bearer without a value', header: 'Bearer  ', is: { scheme: 'none' } },
  { name: 'a scheme that nobody knows', header: 'Digest abc', is: { scheme: 'none' } },
  { name: 'a bearer token', header: 'Bearer abc', is: { scheme: 'bearer', token: 'abc' } },
  { name: 'a scheme in other letters', header: 'bEARER abc', is: { scheme: 'bearer', token: 'abc' } },
  { name: 'two blanks after the scheme', header: 'Bearer  abc', is: { scheme: 'bearer', token: ' abc' } },
  { name: 'an API key', header: 'ApiKey abc', is: { scheme: 'apikey' } },
  { name: 'name and password', header: `Basic ${base64('joe:secret')}`, is: basic('joe', 'secret') },
  { name: 'a password with colons', header: `Basic ${base64('joe:a:b:')}`, is: basic('joe', 'a:b:') },
  { name: 'an empty name and password', header: `Basic ${base64(':')}`, is: basic('', '') },
  { name: 'letters beyond ASCII', header: `Basic ${base64('jö:pä')}`, is: basic('jö', 'pä') },
  { name: 'no colon', header: `Basic ${base64('joe')}`, is: 'credentials_malformed' },
  { name: 'a Basic value that is no base64', header: 'Basic jo:e', is: 'credentials_malformed' },
  { name: 'an empty Basic value', header: 'Basic ', is: 'credentials_malformed' },
]

for (const { name, header, is } of HEADERS) {
  test(`${name} is read as ${JSON.stringify(is)}`, () => {
    if (typeof is === 'string') assert.throws(() => readCredentials(header), { reason: is })
    else assert.deepEqual(readCredentials(header), is)
  })
}

test('the realms are asked in order, and the first that accepts is named in the authentication', async () => {
  const asked: string[] = []
  const passwords = { joe: 'secret' }
  const realms = [realm('first', {}, asked), realm('second', passwords, asked), realm('third', passwords, asked)]
  const authentication = await authenticator(realms).authenticate(basic('joe', 'secret'))
  assert.deepEqual(asked, ['first', 'second'])
  assert.equal(authentication.authenticationRealm.name, 'second')
  assert.equal(authentication.lookupRealm.name, 'second')
  assert.equal(authentication.type, 'realm')
  assert.equal(authentication.user.username, 'joe')
})

test('a password that no realm accepts is rejected, without the password in the message', async () => {
  const attempt = authenticator([realm('first', { joe: 'secret' })]).authenticate(basic('joe', 'hunter2'))
  await assert.rejects(attempt, (error: SecurityError) => {
    assert.equal(error.reason, 'credentials_rejected')
    assert.doesNotMatch(error.message, /hunter2/)
    return true
  })
})

test('a realm that cannot say ends the attempt: no later realm may let in whom an earlier one might refuse', async () => {
  const away: PasswordRealm = {
    ...realm('away', {}),
    authenticate: () => Promise.reject(new SecurityError('store_unavailable', 'the store is away')),
  }
  const attempt = authenticator([away, realm('next', { joe: 'secret' })]).authenticate(basic('joe', 'secret'))
  await assert.rejects(attempt, { reason: 'store_unavailable' })
})

test('a name that is a realm’s own gets in by no other realm', async () => {
  const reserved: PasswordRealm = { ...realm('reserved', { elastic: 'secret' }), owns: (name) => name === 'elastic' }
  const both = authenticator([reserved, realm('ldap', { elastic: 'known to a directory', joe: 'secret' })])
  const attempt = both.authenticate(basic('elastic', 'known to a directory'))
  await assert.rejects(attempt, { reason: 'credentials_rejected' })
  assert.equal((await both.authenticate(basic('joe', 'secret'))).authenticationRealm.name, 'ldap')
})

test('who was let in twice is known by heart until any user is written', async () => {
  const asked: string[] = []
  const told: string[] = []
  const realms = [realm('empty', {}, asked), realm('native', { joe: 'secret', ann: 'secret' }, asked)]
  const chain = authenticator(realms)
  const enter = async (username: string, password = 'secret') => {
    asked.length = told.length = 0
    const credentials = { scheme: 'basic', username, password } as const
    return chain.authenticate(credentials, ({ name }) => told.push(name)).then(({ user }) => user.username)
  }
  mark = 1
  await enter('joe')
  await enter('joe')
  assert.equal(await enter('joe'), 'joe')
  assert.deepEqual({ asked, told }, { asked: [], told: ['empty'] })
  assert.equal(await enter('ann'), 'ann')
  for (const [username, password] of [
    ['joe', 'secret2'],
    ['jo', 'esecret'],
    ['joe:', 'secret'],
  ] as const) {
    await assert.rejects(enter(username, password), { reason: 'credentials_rejected' })
    assert.deepEqual(told, ['empty', 'native'])
  }
  mark = 2
  await enter('joe')
  assert.deepEqual(asked, ['empty', 'native'])
  mark = undefined
  await enter('joe')
  assert.deepEqual(asked, ['empty', 'native'])
})

test('who is refused, and whom a directory lets in, is not known by heart', async () => {
  const asked: string[] = []
  const ldap: PasswordRealm = { ...realm('ldap', { joe: 'secret' }, asked), ref: { name: 'ldap', type: 'ldap' } }
  const last = realm('last', { ann: 'secret' }, asked)
  const chain = authenticator([ldap, last])
  mark = 1
  for (let time = 1; time <= 3; time++) {
    await chain.authenticate(basic('joe', 'secret'))
    assert.equal(asked.splice(0).join(), 'ldap')
    await chain.authenticate(basic('ann', 'secret'))
    assert.equal(asked.splice(0).join(), 'ldap,last')
    await assert.rejects(chain.authenticate(basic('joe', 'wrong')), { reason: 'credentials_rejected' })
    assert.equal(asked.splice(0).join(), 'ldap,last')
  }
})

test('an API key is rejected', async () => {
  await assert.rejects(authenticator([]).authenticate({ scheme: 'apikey' }), { reason: 'credentials_rejected' })
})

test('the secret of the caller inside the process is known, and nothing like it', async () => {
  const secret = 'a-secret-of-this-process-of-43-characters-0'
  const internal = { secret, authentication: portal }
  const withPortal = createAuthenticator({ realms: [], tokens, store, internal })
  assert.equal(await withPortal.authenticate({ scheme: 'bearer', token: secret }), portal)
  for (const token of [secret.slice(1), `${secret}0`, secret.replace('0', '1'), secret.toUpperCase()]) {
    await assert.rejects(withPortal.authenticate({ scheme: 'bearer', token }), { reason: 'token_unknown' })
  }
  await assert.rejects(authenticator([]).authenticate({ scheme: 'bearer', token: secret }), { reason: 'token_unknown' })
})

function basic(username: string, password: string) {
  return { scheme: 'basic', username, password } as const
}

/** @param asked gets the name of the realm each time that it is asked */
function realm(name: string, passwords: Readonly<Record<string, string>>, asked: string[] = []): PasswordRealm {
  const find = (username: string): User | undefined =>
    Object.hasOwn(passwords, username)
      ? { username, roles: [], fullName: null, email: null, metadata: {}, enabled: true }
      : undefined
  return {
    ref: { name, type: 'native' },
    async authenticate(username, password) {
      asked.push(name)
      return passwords[username] === password ? find(username) : undefined
    },
    lookup: async (username) => find(username),
  }
}

const portal: Authentication = {
  user: { username: 'ostiary/portal', roles: [], fullName: null, email: null, metadata: {}, enabled: true },
  authenticationRealm: { name: '_service_account', type: '_service_account' },
  lookupRealm: { name: '_service_account', type: '_service_account' },
  type: 'internal',
}

/** A token service over a store that has nothing. */
const tokens = createTokenService({
  store: { tokens: { findAccess: async () => undefined, readMark: () => undefined } as unknown as TokenPairs },
  sealer: createSealer(['a secret of the tests']),
  clock: () => 1_800_000_000,
  accessLifetime: 1200,
  enabled: true,
})

/** What tells whether any user was written: `undefined` where that is not known. */
let mark: number | undefined
const store = { documents: { readMark: () => mark } }

function authenticator(realms: readonly PasswordRealm[]) {
  mark = undefined
  return createAuthenticator({ realms, tokens, store })
}
