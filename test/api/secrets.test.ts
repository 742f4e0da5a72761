import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { bearer, callApi, FACILITATOR, text } from '../support/api-call.ts'
import { respond } from '../support/oidc-login.ts'
import { type Program, startProgram } from '../support/program.ts'

let program: Program
before(async () => (program = await startProgram({ settings: (yaml) => `${yaml}\nlog.level: trace\n` })))
after(() => program.remove())

test('after a login and a logout neither the log nor the data folder holds a secret', async () => {
  const response = await respond(program, 'alice', 'oidc2')
  const login = await callApi(program.api, '/_security/oidc/authenticate', {
    authorization: FACILITATOR,
    body: { ...response },
  })
  const [token, refresh_token] = [text(login, 'access_token'), text(login, 'refresh_token')]
  await callApi(program.api, '/_security/_authenticate', { authorization: bearer(token) })
  const logout = await callApi(program.api, '/_security/oidc/logout', {
    authorization: FACILITATOR,
    body: { token, refresh_token },
  })

  const idToken = new URL(text(logout, 'redirect')).searchParams.get('id_token_hint') ?? ''
  const code = new URL(response.redirect_uri).searchParams.get('code') ?? ''
  const secrets: Record<string, string | Buffer> = {
    'the access token': token,
    'the refresh token': refresh_token,
    // What the tokens are made of: the last 32 bytes are the random ones.
    'the bytes of the access token': Buffer.from(token, 'base64').subarray(-32),
    'the bytes of the refresh token': Buffer.from(refresh_token, 'base64').subarray(-32),
    'the ID token': idToken,
    'the code': code,
    'the password at the provider': 'alice-demo',
    "the facilitator's password": 'facilitator-demo',
    'the client secret': 'custom-web-app-demo-secret',
  }
  for (const secret of Object.values(secrets)) assert.ok(secret.length >= 10, 'nothing to look for')

  assert.equal(await program.stop(), 0)
  const files = await readdir(join(program.directory, 'data'), { recursive: true, withFileTypes: true })
  const places: Record<string, Buffer> = {}
  for (const file of files.filter((entry) => entry.isFile())) {
    places[file.name] = await readFile(join(file.parentPath, file.name))
  }
  // The demo prints its passwords, for everybody to know, and says so.
  places['the log'] = Buffer.from(
    program
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .join('\n'),
  )
  assert.ok(places['ostiary.db']?.includes('alice'), 'the search finds nothing at all')
  assert.ok(places['the log'].length > 0)
  for (const [place, content] of Object.entries(places)) {
    for (const [name, secret] of Object.entries(secrets)) assert.ok(!content.includes(secret), `${name} is in ${place}`)
  }
})
