/** The security API over TLS, as the program serves it. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { Agent, request } from 'undici'
import { createTrialCertificates } from '../../src/net/trial-certificates.ts'
import { createLog } from '../../src/observe/log.ts'
import { startServer } from '../../src/server.ts'
import { createKeystore } from '../../src/settings/keystore.ts'
import { readSettings } from '../../src/settings/read-settings.ts'

/** Starts the API alone. @returns its address, and what clients must trust */
async function start(t: TestContext, certificateFile = 'server.crt') {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-tls-'))
  t.after(() => rm(directory, { recursive: true }))
  const made = await createTrialCertificates({ names: ['localhost'], days: 1 })
  const file = join(directory, 'ostiary.yml')
  await writeFile(join(directory, 'server.crt'), made.certificate)
  await writeFile(join(directory, 'server.key'), made.key)
  await writeFile(
    file,
    `node.roles: security
http.port: 0
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.certificate: ${certificateFile}
xpack.security.http.ssl.key: server.key
`,
  )
  const keystore = await createKeystore({ file: join(directory, 'ostiary.keystore'), password: '' })
  keystore.set('bootstrap.password', 'elastic-password')
  const settings = readSettings({ file, env: {}, keystore })
  const server = await startServer({ settings, keystore, log: createLog('silent') })
  t.after(() => server.close())
  return { address: server.addresses.security ?? '', authority: made.authority }
}

test('who trusts the authority is served over TLS, tokens included, and nobody without', async (t) => {
  const { address, authority } = await start(t)
  assert.match(address, /^https:\/\/localhost:\d+$/)
  const dispatcher = new Agent({ connect: { ca: authority } })
  t.after(() => dispatcher.close())
  const answer = await request(`${address}/_security/oauth2/token`, {
    dispatcher,
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('elastic:elastic-password').toString('base64')}`,
      'content-type': 'application/json',
    },
    body: '{"grant_type":"client_credentials"}',
  })
  assert.equal(answer.statusCode, 200)
  assert.match(await answer.body.text(), /"access_token"/)
  await assert.rejects(request(address))
  await assert.rejects(request(address.replace('https:', 'http:')))
})

test('a file that is missing stops the start, and is named with its setting', async (t) => {
  await assert.rejects(start(t, 'lost.crt'), {
    name: 'SettingsError',
    message: /cannot read the file \[.*lost\.crt\] of \[xpack\.security\.http\.ssl\.certificate\]/,
  })
})
