import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import type { SecureVersion, TLSSocket } from 'node:tls'
import { openOutbound } from '../../support/outbound.ts'
import { readText } from '../../support/settings-vectors.ts'
import tlsServers from '../../vectors/tls-servers.json' with { type: 'json' }

const { key, cert } = tlsServers.localhost
const OWN = tlsServers['op.example.com']
const REALM = 'xpack.security.authc.realms.oidc.r1'

/** A provider that lets in nobody but who has our certificate, and says in which words they spoke. */
async function startServer(t: TestContext, versions: { minVersion?: SecureVersion; maxVersion?: SecureVersion } = {}) {
  const server = createServer({ key, cert, ca: [OWN.cert], requestCert: true, ...versions }, (request, response) => {
    const socket = request.socket as TLSSocket
    const name = String(socket.getPeerCertificate().subject.CN)
    response.end(`${name} ${socket.getProtocol()} ${socket.getCipher().standardName}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `https://localhost:${(server.address() as AddressInfo).port}/`
}

function createFiles(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ostiary-tls-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const sealed = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'of the key' } as const
  writeFileSync(join(directory, 'ca.crt'), cert)
  writeFileSync(join(directory, 'rp.crt'), OWN.cert)
  writeFileSync(join(directory, 'rp.key'), OWN.key)
  writeFileSync(join(directory, 'sealed.key'), createPrivateKey(OWN.key).export(sealed))
  writeFileSync(join(directory, 'other.key'), key)
  const args = [
    'pkcs12',
    '-export',
    '-in',
    'rp.crt',
    '-inkey',
    'rp.key',
    '-out',
    'rp.p12',
    '-passout',
    'pass:of the store',
  ]
  assert.equal(spawnSync('openssl', args, { cwd: directory }).status, 0)
  return directory
}

/** The settings of a realm as they are read from its file, with its secrets. */
function readRealm(
  directory: string,
  ssl: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
) {
  const yaml = [
    'xpack.security.authc.token.enabled: true',
    `${REALM}:`,
    '  order: 1',
    '  rp.client_id: rp',
    '  rp.client_auth_method: none',
    '  rp.response_type: code',
    '  rp.redirect_uri: https://rp.example.com/api/security/oidc/callback',
    '  op.issuer: https://op.example.com',
    '  claims.principal: sub',
    `  ssl.certificate_authorities: ['${join(directory, 'ca.crt')}']`,
    ...Object.entries(ssl).map(([name, value]) => `  ssl.${name}: ${value.replace('~', directory)}`),
  ]
  const named = Object.entries(secrets).map(([name, value]) => [`${REALM}.ssl.${name}`, value])
  const sealing = { 'ostiary.secret': 'a-secret-for-tests-of-more-than-32-characters' }
  return readText(yaml.join('\n'), { secrets: { ...sealing, ...Object.fromEntries(named) } })
}

async function call(url: string, { settings, problems }: ReturnType<typeof readRealm>): Promise<string> {
  assert.deepEqual(problems, [])
  await using outbound = openOutbound(settings?.oidcRealms[0]?.http)
  return (await outbound.get(url)).body
}

const PEM = { certificate: '~/rp.crt', key: '~/rp.key' }
const IDENTITIES: [name: string, ssl: Record<string, string>, secrets: Record<string, string>][] = [
  ['PEM files', PEM, {}],
  ['a PEM key with a passphrase', { ...PEM, key: '~/sealed.key' }, { secure_key_passphrase: 'of the key' }],
  ['a PKCS#12 keystore', { 'keystore.path': '~/rp.p12' }, { 'keystore.secure_password': 'of the store' }],
]
for (const [name, ssl, secrets] of IDENTITIES)
  test(`a provider that wants a client certificate gets that of ${name}`, async (t) => {
    const [url, directory] = [await startServer(t), createFiles(t)]
    assert.match(await call(url, readRealm(directory, ssl, secrets)), /^op\.example\.com TLSv1\.3 /)
    await assert.rejects(call(url, readRealm(directory, {}, {})), 'without a certificate nobody is let in')
  })

test('TLS is spoken in the versions and with the suites that the settings name', async (t) => {
  const [url, directory] = [await startServer(t), createFiles(t)]
  const only12 = { ...PEM, supported_protocols: 'TLSv1.2', cipher_suites: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' }
  const expected = 'op.example.com TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'
  assert.equal(await call(url, readRealm(directory, only12, {})), expected)
  const modern = await startServer(t, { minVersion: 'TLSv1.3' })
  await assert.rejects(call(modern, readRealm(directory, only12, {})), { code: /PROTOCOL_VERSION|ECONNRESET/ })
})

const REFUSED: [name: string, ssl: Record<string, string>, secrets: Record<string, string>, problem: RegExp][] = [
  [
    'a key without its certificate',
    { key: '~/rp.key' },
    {},
    /cannot specify \[\S+ssl\.key\] without also setting \[\S+ssl\.certificate\]$/,
  ],
  [
    'a keystore beside PEM files',
    { ...PEM, 'keystore.path': '~/rp.p12' },
    {},
    /cannot specify both \[\S+keystore\.path\] and \[\S+ssl\.certificate\]$/,
  ],
  [
    'a key of another certificate',
    { ...PEM, key: '~/other.key' },
    {},
    /cannot use \[\S+ssl\.certificate\] to show a certificate: /,
  ],
  [
    'a wrong passphrase',
    { ...PEM, key: '~/sealed.key' },
    { secure_key_passphrase: 'not-this-one' },
    /cannot use \[\S+ssl\.certificate\]/,
  ],
  [
    'a wrong password',
    { 'keystore.path': '~/rp.p12' },
    { 'keystore.secure_password': 'not-this-one' },
    /cannot use \[\S+keystore\.path\]/,
  ],
  ['a file that is not there', { ...PEM, key: '~/none.key' }, {}, /ENOENT/],
  ['an unknown cipher suite', { cipher_suites: 'TLS_ROT13' }, {}, /Invalid value \[TLS_ROT13\] .*no such cipher suite/],
  ['an old protocol', { supported_protocols: 'SSLv3' }, {}, /Invalid value \[SSLv3\]/],
]
for (const [name, ssl, secrets, problem] of REFUSED)
  test(`${name} is refused at the start`, (t) => {
    const { problems } = readRealm(createFiles(t), ssl, secrets)
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.match(problems[0] ?? '', problem)
    assert.doesNotMatch(problems[0] ?? '', /not-this-one/)
  })
