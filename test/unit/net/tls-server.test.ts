import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { connect, type ConnectionOptions, createServer, type PeerCertificate, type TLSSocket } from 'node:tls'
import { createTlsServer } from '../../../src/net/tls-server.ts'
import { createTrialCertificates } from '../../../src/net/trial-certificates.ts'
import type { TlsServerSettings } from '../../../src/settings/settings.ts'
import { PKCS12 } from '../../support/pkcs12.ts'
import { readVectors } from '../../support/vectors.ts'

interface Identity {
  readonly password: string
  readonly passphrase: string
  readonly pkcs12: string
  readonly certificate: string
  readonly encryptedKey: string
}
const IDENTITY = readVectors('tls-identities.json') as Identity

const DEFAULTS: TlsServerSettings = {
  prefix: 'xpack.security.http.ssl.',
  certificate: undefined,
  key: undefined,
  keyPassphrase: undefined,
  keystore: undefined,
  keystorePassword: undefined,
  keystoreKeyPassword: undefined,
  certificateAuthorities: [],
  truststore: undefined,
  truststorePassword: undefined,
  clientAuthentication: 'none',
  supportedProtocols: ['TLSv1.3', 'TLSv1.2'],
  cipherSuites: undefined,
}

/** A folder with certificate, key and authority of a server. */
async function makeFiles(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-tls-'))
  t.after(() => rm(directory, { recursive: true }))
  const files = {
    certificate: join(directory, 'server.crt'),
    key: join(directory, 'server.key'),
    authority: join(directory, 'ca.crt'),
    other: join(directory, 'other'),
  }
  const write = async (now?: number) => {
    const made = await createTrialCertificates({
      names: ['localhost', '127.0.0.1'],
      days: 2,
      ...(now !== undefined && { now }),
    })
    await writeFile(files.certificate, made.certificate)
    await writeFile(files.key, made.key)
    await writeFile(files.authority, made.authority)
    return made
  }
  return { files, write, made: await write() }
}

/** A server that says hello. @returns a function that connects to it */
async function listen(t: TestContext, settings: Partial<TlsServerSettings>) {
  const told: string[] = []
  const log = { info: (text: string) => told.push(text), error: (_fields: object, text: string) => told.push(text) }
  const tls = createTlsServer({ settings: { ...DEFAULTS, ...settings }, log, reloadInterval: 10 })
  const server = createServer(tls.options, (socket) => {
    socket.on('error', () => {}).on('data', (data) => socket.write(data))
    socket.write('hello')
  }).listen(0, '127.0.0.1')
  tls.follow(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: TLSSocket[] = []
  t.after(() => {
    tls.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const open = async (options: ConnectionOptions = {}) => {
    const socket = connect({ port, host: '127.0.0.1', ...options })
    sockets.push(socket)
    // A server that does not know the client's certificate just hangs up.
    const closed = once(socket, 'close').then(() => Promise.reject(new Error('the server has hung up')))
    const [said] = (await Promise.race([once(socket, 'data'), closed])) as [Buffer]
    assert.equal(said.toString(), 'hello')
    return socket
  }
  return { open, told }
}

function serialOf(socket: TLSSocket): string {
  return (socket.getPeerCertificate() satisfies PeerCertificate).serialNumber
}

test('a client that trusts the authority connects, and no other', async (t) => {
  const { files, made } = await makeFiles(t)
  const { open } = await listen(t, files)
  assert.equal((await open({ ca: made.authority })).authorized, true)
  await assert.rejects(open(), /unable to (verify|get)/)
})

test('changed files are used by the next connection, and the open ones stay', async (t) => {
  const { files, write, made } = await makeFiles(t)
  const { open, told } = await listen(t, files)
  const before = await open({ ca: made.authority })
  const renewed = await write()
  while (told.every((text) => !text.includes('are in use'))) await new Promise((resolve) => setTimeout(resolve, 10))
  const after = await open({ ca: renewed.authority })
  assert.notEqual(serialOf(after), serialOf(before))
  before.write('still here')
  assert.equal(((await once(before, 'data')) as [Buffer])[0].toString(), 'still here')
})

test('changed files that cannot be used are told, and the old ones stay in use', async (t) => {
  const { files, made } = await makeFiles(t)
  const { open, told } = await listen(t, files)
  await writeFile(files.certificate, 'broken')
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.match(told[0] ?? '', /have changed, and the old ones stay in use/)
  await open({ ca: made.authority })
})

test('a PKCS#12 file serves as well', async (t) => {
  const { files } = await makeFiles(t)
  await writeFile(files.other, Buffer.from(IDENTITY.pkcs12, 'base64'))
  const { open } = await listen(t, { keystore: files.other, keystorePassword: IDENTITY.password })
  assert.equal((await open({ ca: IDENTITY.certificate })).authorized, true)
})

test('an encrypted key opens with its passphrase', async (t) => {
  const { files } = await makeFiles(t)
  await writeFile(files.certificate, IDENTITY.certificate)
  await writeFile(files.key, IDENTITY.encryptedKey)
  const { certificate, key } = files
  const { open } = await listen(t, { certificate, key, keyPassphrase: IDENTITY.passphrase })
  await open({ ca: IDENTITY.certificate })
  assert.throws(() => createTlsServer({ settings: { ...DEFAULTS, certificate, key, keyPassphrase: 'no' }, log: QUIET }))
})

const QUIET = { info: () => {}, error: () => {} }

test('a file that is missing is named with its setting', async (t) => {
  const { files } = await makeFiles(t)
  const settings = { ...DEFAULTS, ...files, key: '/nowhere/server.key' }
  assert.throws(() => createTlsServer({ settings, log: QUIET }), {
    message: 'cannot read the file [/nowhere/server.key] of [xpack.security.http.ssl.key]',
  })
})

test('a key that is not the certificate’s is refused', async (t) => {
  const { files } = await makeFiles(t)
  const { key } = await createTrialCertificates({ names: ['localhost'], days: 1 })
  await writeFile(files.key, key)
  assert.throws(
    () => createTlsServer({ settings: { ...DEFAULTS, ...files }, log: QUIET }),
    /^Error: cannot use \[.*server\.crt\] and \[.*server\.key\] of \[xpack\.security\.http\.ssl\.\*\]: .*mismatch/,
  )
})

test('where client certificates are required, a client without one does not get in', async (t) => {
  const { files, made } = await makeFiles(t)
  const required = { clientAuthentication: 'required', certificateAuthorities: [files.authority] } as const
  const { open } = await listen(t, { ...files, ...required })
  await assert.rejects(open({ ca: made.authority }))
})

test('clients of the authorities in a truststore get in, and a changed one counts for the next', async (t) => {
  const { files, made } = await makeFiles(t)
  const [store] = PKCS12.truststores
  const truststore = files.other
  await writeFile(truststore, store.file)
  const { open, told } = await listen(t, {
    certificate: files.certificate,
    key: files.key,
    clientAuthentication: 'required',
    truststore,
    truststorePassword: store.password,
  })
  const client = { ca: made.authority, cert: PKCS12.client.certificate, key: PKCS12.client.key }
  await open(client)
  await assert.rejects(open({ ca: made.authority }))

  await writeFile(`${truststore}.new`, PKCS12.stranger)
  await rename(`${truststore}.new`, truststore)
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.deepEqual(told, ['the TLS files of [xpack.security.http.ssl.*] have changed and are in use'])
  await assert.rejects(open(client))

  await writeFile(truststore, 'broken')
  while (told.length === 1) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.match(told[1] ?? '', /have changed, and the old ones stay in use/)
})

for (const { name, password, keyPassword, file } of PKCS12.keystores) {
  test(`a keystore serves: ${name}`, async (t) => {
    const { files } = await makeFiles(t)
    await writeFile(files.other, file)
    const passwords = { keystorePassword: password, keystoreKeyPassword: keyPassword }
    const { open } = await listen(t, { keystore: files.other, ...passwords })
    // It is made for a client, and shows no host.
    const socket = await open({ ca: PKCS12.authority, checkServerIdentity: () => undefined, rejectUnauthorized: false })
    assert.equal(socket.getPeerCertificate().subject.CN, 'somebody')
  })
}

test('stores that cannot be used are named with the reason', async (t) => {
  const { files } = await makeFiles(t)
  const { certificate, key, other } = files
  const create = (settings: Partial<TlsServerSettings>) => () =>
    createTlsServer({ settings: { ...DEFAULTS, ...settings }, log: QUIET })
  await writeFile(other, PKCS12.truststores[0].file)
  assert.throws(create({ certificate, key, truststore: other, truststorePassword: 'wrong' }), {
    message: `cannot use [${other}] of [xpack.security.http.ssl.truststore.path]: the password is wrong`,
  })
  assert.throws(create({ keystore: other, keystorePassword: PKCS12.truststores[0].password }), {
    message: `cannot use [${other}] of [xpack.security.http.ssl.*]: it has no private key`,
  })
  await writeFile(other, PKCS12.jks)
  assert.throws(create({ certificate, key, truststore: other }), /keystore of the type JKS, which is not read/)
})

test('only the versions and suites that are asked for are spoken', async (t) => {
  const { files, made } = await makeFiles(t)
  const cipherSuites = ['ECDHE-ECDSA-AES256-GCM-SHA384']
  const { open } = await listen(t, { ...files, supportedProtocols: ['TLSv1.2'], cipherSuites })
  const socket = await open({ ca: made.authority })
  assert.equal(socket.getProtocol(), 'TLSv1.2')
  assert.equal(socket.getCipher().name, 'ECDHE-ECDSA-AES256-GCM-SHA384')
  await assert.rejects(open({ ca: made.authority, minVersion: 'TLSv1.3' }))
})
