/** What a node looks at before it begins: the server's promises, the schema, the secrets of the other nodes, TLS. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createTrialCertificates, type TrialCertificates } from '../../src/net/trial-certificates.ts'
import { createTrust } from '../../src/net/trust.ts'
import { openConnection, type Address } from '../../src/store/postgres/connection.ts'
import { migrate } from '../../src/store/postgres/migration.ts'
import { MIGRATIONS } from '../../src/store/postgres/schema.ts'
import { createPostgresStore } from '../../src/store/postgres.ts'
import { PKCS12 } from '../support/pkcs12.ts'
import { startPostgres, type PostgresServer } from '../support/postgres.ts'
import { readText } from '../support/settings-vectors.ts'
import { START } from './records.ts'

let server: PostgresServer
let certificates: TrialCertificates

before(async () => {
  certificates = await createTrialCertificates({ names: ['localhost'], days: 1 })
  server = await startPostgres({ tls: certificates })
})
after(() => server.remove())

const open = (address: Address, fingerprints = ['one']) =>
  createPostgresStore({ address, poolSize: 2, fingerprints, clock: () => START })

const trust = (verificationMode: 'full' | 'certificate' | 'none', certificateAuthorities?: string[]) =>
  createTrust({ verificationMode, certificateAuthorities })

async function accepts(address: Address, fingerprints?: string[]): Promise<void> {
  const store = await open(address, fingerprints)
  await store.check()
  await store.close()
}

const refuses = (address: Address, message: RegExp, fingerprints?: string[]) =>
  assert.rejects(open(address, fingerprints), { reason: 'store_unavailable', message })

test('any number of nodes that begin at one moment on an empty database all begin', async () => {
  const address = server.address(await server.createDatabase())
  await Promise.all(Array.from({ length: 6 }, () => accepts(address)))
})

test('also where there are no advisory locks', async () => {
  const database = await server.createDatabase()
  await server.query(database, `alter database ${database} set search_path = public, pg_catalog`)
  const missing = `begin raise exception 'no such lock' using errcode = 'feature_not_supported'; end`
  const lock = 'create function public.pg_advisory_xact_lock(integer) returns void language plpgsql as'
  await server.query(database, `${lock} $$ ${missing} $$`)
  await assert.rejects(server.query(database, 'select pg_advisory_xact_lock(1)'), { code: '0A000' })
  await Promise.all(Array.from({ length: 6 }, () => accepts(server.address(database))))
})

test('a database that writes bytes in another way by itself is read rightly', async () => {
  const database = await server.createDatabase()
  await server.query(database, `alter database ${database} set bytea_output = escape`)
  const store = await open(server.address(database))
  const key = new Uint8Array([0, 1, 92, 255])
  assert.equal(await store.artefacts.create({ model: 'Mark', key, payload: key }), true)
  assert.deepEqual((await store.artefacts.find(key))?.payload, key)
  await store.close()
})

test('a node with other secrets is refused, and changes nothing', async () => {
  const address = server.address(await server.createDatabase())
  await accepts(address, ['one'])
  await refuses(address, /belongs to nodes with another \[ostiary\.secret\]: put theirs into the keystore/, ['two'])
  await accepts(address, ['one'])
})

test('secrets are rotated while nodes with the old and the new first secret take turns', async () => {
  const address = server.address(await server.createDatabase())
  await accepts(address, ['old'])
  await accepts(address, ['old', 'new'])
  await accepts(address, ['new', 'old'])
  await accepts(address, ['old', 'new'])
  await accepts(address, ['new', 'old'])
  await accepts(address, ['new'])
  await refuses(address, /another \[ostiary\.secret\]/, ['old'])
})

test('an older schema is brought up to date once, a newer one is refused', async () => {
  const database = await server.createDatabase()
  const address = server.address(database)
  await accepts(address)
  const newer = [...MIGRATIONS, 'create table later (name text)']
  const connections = await Promise.all([openConnection(address), openConnection(address)])
  await Promise.all(connections.map((connection) => migrate(connection, ['one'], newer)))
  await Promise.all(connections.map((connection) => connection.close()))
  assert.deepEqual(await server.query(database, 'select * from later'), [])
  const versions = `the schema version ${newer.length}, but this version of Ostiary knows none above ${MIGRATIONS.length}\\.`
  await refuses(address, new RegExp(versions))
})

for (const version of MIGRATIONS.keys()) {
  if (version === 0) continue
  test(`a start brings a database of schema version ${version} up to date, and what is in it stays`, async () => {
    const database = await server.createDatabase()
    const connection = await openConnection(server.address(database))
    await migrate(connection, ['one'], MIGRATIONS.slice(0, version))
    await connection.exec(`
      insert into document (kind, name, version, body) values ('user', 'old', 3, '{"is":"kept"}');
      insert into token_pair (
        id, created_at, remove_at, access_hash, access_expires_at, access_invalidated, username, realm, client, authentication)
      values (7, ${START}, ${START + 100}, 'hash', ${START + 50}, 1, 'alice', 'oidc1', '{}', '{}');
      insert into artefact (key, model, payload) values ('key', 'Grant', 'payload')`)
    await connection.close()

    const store = await open(server.address(database))
    assert.deepEqual(await store.documents.get('user', 'old'), { name: 'old', body: { is: 'kept' }, version: 3 })
    assert.equal((await store.tokens.find(7n))?.accessInvalidated, true)
    assert.equal((await store.artefacts.find(Buffer.from('key')))?.model, 'Grant')
    await store.close()
    assert.deepEqual(await server.query(database, 'select version from ostiary_schema'), [
      { version: MIGRATIONS.length },
    ])
  })
}

test('a migration that fails leaves the database as it was', async () => {
  const database = await server.createDatabase()
  const connection = await openConnection(server.address(database))
  const broken = [...MIGRATIONS, 'create table half (name text); select 1 / 0']
  await assert.rejects(migrate(connection, ['one'], broken), /division by zero/)
  await connection.close()
  assert.deepEqual(await server.query(database, "select 1 from pg_tables where schemaname = 'public'"), [])
})

test('a database of another program is refused, and its tables stay', async () => {
  const database = await server.createDatabase()
  await server.query(database, 'create table document (theirs text)')
  await refuses(server.address(database), /has tables of another program/)
  assert.deepEqual(await server.query(database, 'select theirs from document'), [])
})

test('a server that would acknowledge before it has synced is refused', async () => {
  const database = await server.createDatabase()
  await server.query(database, `alter database ${database} set synchronous_commit = off`)
  await refuses(
    server.address(database),
    /has \[synchronous_commit = off\], so a sign-out that was answered could be lost/,
  )
  await server.query(database, `alter database ${database} set synchronous_commit = remote_apply`)
  await accepts(server.address(database))
})

test('a replica is refused: it would answer with what was', async () => {
  const database = await server.createDatabase()
  await server.query(database, `alter database ${database} set default_transaction_read_only = on`)
  await refuses(
    server.address(database),
    /is a replica or read-only: \[store\.postgres\.url\] must lead to the primary/,
  )
})

test('texts of another encoding are refused', async () => {
  await server.query('postgres', "create database latin template template0 encoding 'LATIN1' locale 'C'")
  await refuses(server.address('latin'), /has the encoding \[LATIN1\]/)
})

test('a start without a server, or with a wrong password, says where it tried and not with what', async () => {
  const address = server.address('nowhere', { password: 'a-wrong-password' })
  const finding = /^the database \[nowhere\] at \[127\.0\.0\.1:\d+\] cannot be used$/
  await assert.rejects(open(address), (error: Error) => {
    assert.match(error.message, finding)
    assert.match(String(error.cause), /password authentication failed/)
    assert.doesNotMatch(String(error.cause), /a-wrong-password/)
    return true
  })
  await refuses({ ...address, port: 1 }, /^the database \[nowhere\] at \[127\.0\.0\.1:1\] cannot be used$/)
})

test('a start without the password that the server asks for names the setting', async () => {
  await assert.rejects(open(server.address('postgres', { password: undefined })), (error: Error) => {
    assert.match(String(error.cause), /it asks for a password, and the keystore has no \[store\.postgres\.password\]$/)
    return true
  })
})

test('TLS: its own authority is trusted, the host name is compared in full mode, and no other authority will do', async () => {
  const database = await server.createDatabase()
  const trusted = [certificates.authority]
  const byName = server.address(database, { host: 'localhost' })
  const byNumber = server.address(database)
  await accepts({ ...byName, ssl: trust('full', trusted) })
  await accepts({ ...byNumber, ssl: trust('certificate', trusted) })
  await accepts({ ...byNumber, ssl: trust('none') })

  const refusesTls = (ssl: Address['ssl'], code: string) =>
    assert.rejects(open({ ...byNumber, ssl }), (error: Error) => {
      assert.equal((error.cause as NodeJS.ErrnoException).code, code)
      return true
    })
  await refusesTls(trust('full', trusted), 'ERR_TLS_CERT_ALTNAME_INVALID')
  await refusesTls(trust('certificate'), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  const { authority } = await createTrialCertificates({ names: ['localhost'], days: 1 })
  await assert.rejects(open({ ...byName, ssl: trust('full', [authority]) }), { reason: 'store_unavailable' })

  const connection = await openConnection({ ...byName, ssl: trust('full', trusted) })
  const encrypted = await connection.run('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
  assert.deepEqual(encrypted[0]?.['ssl'], 1)
  await connection.close()
})

test('TLS: a truststore says whom to trust, and a certificate is shown to a server that demands one', async (t) => {
  const demanding = await startPostgres({ tls: { ...PKCS12.server, clients: PKCS12.authority } })
  t.after(() => demanding.remove())
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [truststore] = PKCS12.truststores
  writeFileSync(join(folder, 'trust.p12'), truststore.file)
  writeFileSync(join(folder, 'client.crt'), PKCS12.client.certificate)
  writeFileSync(join(folder, 'client.key'), PKCS12.client.key)
  const trusting = `
store.type: postgres
store.postgres.url: postgres://ostiary@localhost:${demanding.port}/postgres
store.postgres.ssl.enabled: true
store.postgres.ssl.truststore.path: ${folder}/trust.p12
`
  const read = (yaml: string) => {
    const secrets = {
      'ostiary.secret': 'a-secret-for-tests-of-more-than-32-characters',
      'store.postgres.ssl.truststore.secure_password': truststore.password,
    }
    const { settings, problems } = readText(yaml, { secrets })
    assert.deepEqual(problems, [])
    const ssl = settings?.postgres?.ssl
    assert.ok(ssl)
    return demanding.address('postgres', { host: 'localhost', ssl: createTrust(ssl, ssl.tls) })
  }
  await assert.rejects(open(read(trusting)), (error: Error) => {
    assert.match(String(error.cause), /requires a valid client certificate/)
    return true
  })
  await accepts(
    read(`${trusting}
store.postgres.ssl.certificate: ${folder}/client.crt
store.postgres.ssl.key: ${folder}/client.key
`),
  )
})

test('TLS that is asked for is never given up: a server without it is refused', async () => {
  const plain = await startPostgres()
  try {
    await assert.rejects(open(plain.address('postgres', { ssl: trust('none') })), (error: Error) => {
      assert.match(String(error.cause), /does not support SSL/)
      return true
    })
  } finally {
    await plain.remove()
  }
})
