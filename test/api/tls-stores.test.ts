/** The settings of PKCS#12 stores, as they are in a settings file, against real servers that demand a client certificate. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { createLdapDirectory } from '../../src/net/ldap-directory.ts'
import { createOutbound } from '../../src/net/outbound.ts'
import { createRemoteSecurityApi } from '../../src/portal/remote-security-api.ts'
import { PKCS12 } from '../support/pkcs12.ts'
import { readText } from '../support/settings-vectors.ts'
import { ADMIN, BASE, type Slapd, startSlapd } from '../support/slapd.ts'

const OIDC = 'xpack.security.authc.realms.oidc.oidc1.'
const LDAP = 'xpack.security.authc.realms.ldap.ldap1.'
const [TRUSTSTORE] = PKCS12.truststores
const KEYSTORE = PKCS12.keystores.find(({ keyPassword }) => keyPassword !== undefined)

let directory: string
let server: Server
let url: string
let slapd: Slapd

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ostiary-stores-'))
  assert.ok(KEYSTORE)
  writeFileSync(join(directory, 'trust.p12'), TRUSTSTORE.file)
  writeFileSync(join(directory, 'identity.p12'), KEYSTORE.file)
  writeFileSync(join(directory, 'old.jks'), PKCS12.jks)
  writeFileSync(join(directory, 'ca.crt'), PKCS12.authority)
  writeFileSync(join(directory, 'client.crt'), PKCS12.client.certificate)
  writeFileSync(join(directory, 'client.key'), PKCS12.client.key)
  const { certificate: cert, key } = PKCS12.server
  server = createServer({ cert, key, ca: PKCS12.authority, requestCert: true }, (request, response) => {
    const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ client: CN }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `https://localhost:${(server.address() as AddressInfo).port}`
  slapd = await startSlapd([], { authority: PKCS12.authority, certificate: cert, key })
})
after(async () => {
  server.closeAllConnections()
  server.close()
  await slapd.remove()
  rmSync(directory, { recursive: true })
})

/** @param tls what follows `ssl.` */
function read(tls: Readonly<Record<string, string>>, secrets: Readonly<Record<string, string>> = {}) {
  const inFile = {
    [`${OIDC}order`]: '2',
    [`${OIDC}rp.client_id`]: 'rp',
    [`${OIDC}rp.client_auth_method`]: 'none',
    [`${OIDC}rp.response_type`]: 'code',
    [`${OIDC}rp.redirect_uri`]: 'https://rp.example.com/cb',
    [`${OIDC}op.issuer`]: 'https://op.example.com',
    [`${OIDC}claims.principal`]: 'sub',
    [`${LDAP}order`]: '3',
    [`${LDAP}url`]: slapd.secureUrl,
    [`${LDAP}bind_dn`]: ADMIN.dn,
    [`${LDAP}user_search.base_dn`]: BASE,
    'xpack.security.authc.token.enabled': 'true',
    'elasticsearch.hosts': url,
    ...Object.fromEntries(
      Object.entries(tls).flatMap(([name, value]) => [
        [`${OIDC}ssl.${name}`, value],
        [`${LDAP}ssl.${name}`, value],
      ]),
    ),
    'elasticsearch.ssl.truststore.path': join(directory, 'trust.p12'),
    'elasticsearch.ssl.keystore.path': join(directory, 'portal.p12'),
  }
  writeFileSync(join(directory, 'portal.p12'), PKCS12.keystores[0].file)
  const inKeystore = {
    'ostiary.secret': 'a-secret-for-tests-of-more-than-32-characters',
    [`${LDAP}secure_bind_password`]: ADMIN.password,
    'elasticsearch.serviceAccountToken': 'token',
    'elasticsearch.ssl.truststore.password': TRUSTSTORE.password,
    'elasticsearch.ssl.keystore.password': PKCS12.keystores[0].password,
    ...Object.fromEntries(
      Object.entries(secrets).flatMap(([name, value]) => [
        [`${OIDC}ssl.${name}`, value],
        [`${LDAP}ssl.${name}`, value],
      ]),
    ),
  }
  const lines = Object.entries(inFile).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
  return readText(lines.join(''), { secrets: inKeystore })
}

type Read = ReturnType<typeof read>

async function askProvider({ settings }: Read): Promise<unknown> {
  const http = settings?.oidcRealms[0]?.http
  assert.ok(http)
  const outbound = createOutbound(http)
  try {
    return JSON.parse((await outbound.get(url)).body)
  } finally {
    await outbound.close()
  }
}

async function askDirectory({ settings }: Read): Promise<unknown> {
  const realm = settings?.ldapRealms[0]
  assert.ok(realm)
  const search = { base: BASE, scope: 'base', filter: '(dc={0})' } as const
  return createLdapDirectory(realm).converse((conversation) => conversation.search(search, 'example', []))
}

async function askApi({ settings }: Read): Promise<unknown> {
  const api = settings?.portal.api
  assert.ok(api)
  const remote = createRemoteSecurityApi({ settings: api, authorization: 'Basic own' })
  try {
    return (await remote.call({ method: 'GET', path: '/', as: 'portal', referenceId: 'r' })).body
  } finally {
    await remote.close()
  }
}

test('realms and portal trust the authorities of a truststore, and show the certificate of a keystore', async () => {
  assert.ok(KEYSTORE?.keyPassword)
  const outcome = read(
    {
      'truststore.path': join(directory, 'trust.p12'),
      'truststore.type': 'PKCS12',
      'keystore.path': join(directory, 'identity.p12'),
      'keystore.type': 'pkcs12',
    },
    {
      'truststore.secure_password': TRUSTSTORE.password,
      'keystore.secure_password': KEYSTORE.password,
      'keystore.secure_key_password': KEYSTORE.keyPassword,
    },
  )
  assert.deepEqual(outcome.problems, [])
  assert.deepEqual(await askProvider(outcome), { client: 'somebody' })
  assert.equal(((await askDirectory(outcome)) as unknown[]).length, 1)
  assert.deepEqual(await askApi(outcome), { client: 'somebody' })
})

test('PEM files do as well, in an LDAP realm too, and suites and versions are as they say', async () => {
  const outcome = read({
    certificate_authorities: join(directory, 'ca.crt'),
    certificate: join(directory, 'client.crt'),
    key: join(directory, 'client.key'),
    supported_protocols: 'TLSv1.2',
    cipher_suites: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    verification_mode: 'certificate',
  })
  assert.deepEqual(outcome.problems, [])
  assert.deepEqual(await askProvider(outcome), { client: 'somebody' })
  assert.equal(((await askDirectory(outcome)) as unknown[]).length, 1)
  assert.deepEqual(outcome.settings?.ldapRealms[0]?.trust.tls.ciphers, 'ECDHE-ECDSA-AES256-GCM-SHA384')
})

test('a directory that demands a certificate lets nobody search without one', async () => {
  await assert.rejects(askDirectory(read({ certificate_authorities: join(directory, 'ca.crt') })), /lets us search/)
})

test('a secret may stand in the settings file, with a warning, and not in both places', async () => {
  const stores = { 'truststore.path': join(directory, 'trust.p12'), 'truststore.password': TRUSTSTORE.password }
  const outcome = read(stores)
  assert.deepEqual(outcome.problems, [])
  assert.deepEqual(
    outcome.settings?.warnings.filter((text) => text.includes('truststore')),
    [OIDC, LDAP].map(
      (realm) =>
        `the secret [${realm}ssl.truststore.password] stands in the settings file: ` +
        `the keystore keeps it as [${realm}ssl.truststore.secure_password]`,
    ),
  )
  const twice = read(stores, { 'truststore.secure_password': TRUSTSTORE.password })
  assert.deepEqual(
    twice.problems,
    [OIDC, LDAP].map(
      (realm) =>
        `${realm}ssl.truststore.password: cannot specify both [${realm}ssl.truststore.secure_password] and ` +
        `[${realm}ssl.truststore.password]`,
    ),
  )
})

test('a truststore that cannot be used stops the start, with its setting and the reason', () => {
  const problem = (tls: Record<string, string>) => read(tls).problems.filter((text) => text.startsWith(LDAP))
  const failed = (file: string) =>
    `${LDAP}ssl.truststore.path: cannot read configured [PKCS12] keystore (as a truststore) [${directory}/${file}]: `
  assert.deepEqual(problem({ 'truststore.path': join(directory, 'trust.p12') }), [
    `${failed('trust.p12')}the password is wrong`,
  ])
  const [jks] = problem({ 'truststore.path': join(directory, 'old.jks') })
  assert.ok(jks?.startsWith(`${failed('old.jks')}it is a keystore of the type JKS, which is not read; [keytool `), jks)
  assert.deepEqual(problem({ 'truststore.path': join(directory, 'ca.crt') }), [
    `${failed('ca.crt')}it is not a PKCS#12 file`,
  ])
  assert.match(problem({ 'truststore.path': '/nowhere.p12' })[0] ?? '', /\[\/nowhere\.p12\]: ENOENT/)
})
