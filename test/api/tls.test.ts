/** The security API over TLS, as the program serves it. */
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { Agent, request } from 'undici'
import { createTrialCertificates } from '../../src/net/trial-certificates.ts'
import { startSecurityServer } from '../support/security-server.ts'

/** @returns its address, and what clients must trust */
async function start(t: TestContext, certificateFile = 'server.crt') {
  const made = await createTrialCertificates({ names: ['localhost'], days: 1 })
  const settings = `
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.certificate: ${certificateFile}
xpack.security.http.ssl.key: server.key
`
  const files = { 'server.crt': made.certificate, 'server.key': made.key }
  return { address: await startSecurityServer(t, { settings, files }), authority: made.authority }
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
