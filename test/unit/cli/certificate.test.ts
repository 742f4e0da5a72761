import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { createConfigFolder, runCommand } from '../../support/command.ts'

test('the authority has signed the certificate, for the names that were asked for', async (t) => {
  const directory = join(createConfigFolder(t).directory, 'certificates')
  const { code, out, err } = await runCommand(['certificate', directory, '--name', 'api.example.com,10.0.0.7'])
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, new RegExp(`xpack.security.http.ssl.key: ${directory}/server.key`))
  assert.deepEqual(readdirSync(directory).toSorted(), ['ca.crt', 'server.crt', 'server.key'])
  const read = (name: string) => new X509Certificate(readFileSync(join(directory, name)))
  const [authority, certificate] = [read('ca.crt'), read('server.crt')]
  assert.ok(authority.ca && !certificate.ca && certificate.verify(authority.publicKey))
  assert.equal(certificate.checkHost('api.example.com'), 'api.example.com')
  assert.equal(certificate.checkIP('10.0.0.7'), '10.0.0.7')
  assert.equal(certificate.checkHost('localhost'), undefined)
})

test('only its owner can read the key', async (t) => {
  const { directory } = createConfigFolder(t)
  await runCommand(['certificate', directory])
  assert.equal(statSync(join(directory, 'server.key')).mode & 0o777, 0o600)
})

test('nothing is overwritten', async (t) => {
  const { directory } = createConfigFolder(t)
  writeFileSync(join(directory, 'server.crt'), 'precious')
  const { code, err } = await runCommand(['certificate', directory])
  assert.deepEqual([code, err], [1, `${directory}/server.crt exists already, and nothing was written\n`])
  assert.deepEqual(readdirSync(directory), ['server.crt'])
})

test('names and days that cannot be are refused', async (t) => {
  const { directory } = createConfigFolder(t)
  assert.deepEqual(await runCommand(['certificate', directory, '--name', 'a b']), {
    code: 2,
    out: '',
    err: '[a b] is no host name and no address\n',
  })
  assert.equal((await runCommand(['certificate', directory, '--days', '0'])).code, 2)
})
