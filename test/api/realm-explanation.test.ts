import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../src/kernel/json.ts'
import { callApi, ELASTIC, FACILITATOR, reason } from '../support/api-call.ts'
import { runCommand } from '../support/command.ts'
import { type Program, startProgram } from '../support/program.ts'
import { startScriptedProvider, type ScriptedProvider } from '../support/scripted-provider.ts'

let program: Program
let provider: ScriptedProvider
before(async () => {
  provider = await startScriptedProvider()
  program = await startProgram({
    settings: (yaml) => `${yaml}
xpack.security.authc.realms.oidc.staff:
  order: 9
  rp.client_id: 'rp'
  rp.client_auth_method: none
  rp.response_type: code
  rp.redirect_uri: 'http://localhost:3000/callback'
  op.issuer: '${provider.issuer}'
  claims.principal: email
  claims.groups: /access/groups
  claim_patterns.principal: '^([^@]+)@staff\\.example\\.com$'
xpack.security.authc.realms.oidc.delegating:
  order: 10
  rp.client_id: 'rp'
  rp.client_auth_method: none
  rp.response_type: code
  rp.redirect_uri: 'http://localhost:3000/callback'
  op.issuer: '${provider.issuer}'
  claims.principal: sub
  authorization_realms: default_native
`,
  })
  const mapping = { enabled: true, roles: ['finance_data'], rules: { field: { groups: 'finance' } } }
  await callApi(program.api, '/_security/role_mapping/finance', { authorization: ELASTIC, body: mapping })
})
after(async () => {
  await provider[Symbol.asyncDispose]()
  await program.remove()
})

function explain(body: JsonObject, realm = 'staff', authorization = ELASTIC) {
  return callApi(program.api, `/_ostiary/realm/${realm}/_explain`, { authorization, body })
}

test('claims are explained: every pattern, every mapping rule, the user and the roles', async () => {
  const claims = { sub: '1', email: 'james@staff.example.com', access: { groups: ['finance', 'it'] }, exp: 5 }
  const { status, body } = await explain({ claims })
  assert.equal(status, 200)
  assert.deepEqual(body['properties'], [
    {
      property: 'principal',
      setting: 'xpack.security.authc.realms.oidc.staff.claims.principal',
      claim: 'email',
      pattern: '^([^@]+)@staff\\.example\\.com$',
      found: 'james@staff.example.com',
      values: [{ text: 'james@staff.example.com', taken: 'james' }],
    },
    {
      property: 'groups',
      setting: 'xpack.security.authc.realms.oidc.staff.claims.groups',
      claim: '/access/groups',
      found: ['finance', 'it'],
      values: [
        { text: 'finance', taken: 'finance' },
        { text: 'it', taken: 'it' },
      ],
    },
  ])
  assert.deepEqual(body['metadata_left_out'], ['access', 'exp'])
  assert.deepEqual(body['user'], {
    username: 'james',
    full_name: null,
    email: null,
    groups: ['finance', 'it'],
    dn: null,
    roles: ['finance_data'],
    metadata: { 'oidc(sub)': '1', 'oidc(email)': 'james@staff.example.com' },
  })
  const explained = body['role_mappings'] as JsonObject[]
  assert.deepEqual(
    explained.find(({ name }) => name === 'finance'),
    {
      name: 'finance',
      enabled: true,
      matched: true,
      roles: ['finance_data'],
      rules: {
        matched: true,
        field: 'groups',
        found: ['finance', 'it'],
        values: [{ value: 'finance', matched: true }],
      },
    },
  )
})

test('claims that give no principal are explained with the reason for which a login fails', async () => {
  const { status, body } = await explain({ claims: { email: 'james@elsewhere.example.com' } })
  assert.equal(status, 200)
  assert.equal(body['user'], null)
  assert.deepEqual(body['role_mappings'], [])
  assert.deepEqual(body['problem'], {
    reason: 'principal_missing',
    detail:
      'Claim [email] with pattern [^([^@]+)@staff\\.example\\.com$] for ' +
      '[xpack.security.authc.realms.oidc.staff.claims.principal] gives no principal',
  })
  assert.deepEqual((body['properties'] as JsonObject[])[0]?.['values'], [
    { text: 'james@elsewhere.example.com', taken: null },
  ])
})

test('an ID token is explained without being believed, and what is wrong with it is said', async () => {
  const more = { email: 'james@staff.example.com' }
  const good = await explain({ id_token: await provider.sign(provider.claims('n', more)) })
  assert.deepEqual(good.body['id_token'], { verified: false })
  assert.equal((good.body['user'] as JsonObject)['username'], 'james')
  const stale = await explain({ id_token: await provider.sign(provider.claims('n', { ...more, exp: 5 })) })
  assert.deepEqual(stale.body['id_token'], { verified: false, problem: 'Expired JWT' })
  assert.equal((stale.body['user'] as JsonObject)['username'], 'james')
})

test('an explanation needs manage_security, a realm, and one input', async () => {
  const claims = { email: 'james@staff.example.com' }
  const denied = await explain({ claims }, 'staff', FACILITATOR)
  assert.equal(denied.status, 403)
  assert.match(reason(denied), /granted by the cluster privileges \[manage_security,all\]$/)

  const unknown = await explain({ claims }, 'nowhere')
  assert.equal(unknown.status, 400)
  assert.equal(reason(unknown), 'Cannot find OpenID Connect realm with name [nowhere]')
  for (const body of [{}, { claims, id_token: 'a.b.c' }]) {
    const refused = await explain(body)
    assert.equal(refused.status, 400)
    assert.equal(reason(refused), 'Validation Failed: 1: exactly one of [claims, id_token] must be provided;')
  }
  const noToken = await explain({ id_token: 'abc' })
  assert.deepEqual([noToken.status, reason(noToken)], [400, 'the ID token is no JWT whose claims can be read'])
})

async function explainByCommand(file: string, content: string, ...args: string[]) {
  const path = join(program.directory, file)
  await writeFile(path, content)
  const option = file.endsWith('.jwt') ? '--id-token' : '--claims'
  const command = ['realm', 'explain', 'staff', option, path, '--config', program.settingsFile, ...args]
  return runCommand(command, { env: { NO_COLOR: '1', OSTIARY_PASSWORD: 'elastic-demo' } })
}

test('the command shows each pattern, each rule and the user', async () => {
  const claims = { email: 'james@staff.example.com', access: { groups: ['it'] } }
  const { code, out, err } = await explainByCommand('claims.json', JSON.stringify(claims))
  assert.deepEqual([code, err], [0, ''])
  for (const line of [
    'Claims, as the realm [staff] maps them',
    '  principal  from the claim [email], pattern ^([^@]+)@staff\\.example\\.com$',
    '    ✔ james@staff.example.com → james',
    '    ✔ it',
    '  ✖ finance does not match',
    '      ✖ groups is "finance"; found: ["it"]',
    '  username   james',
    '  roles      none: the login succeeds, and may do nothing',
    '  not in it  access',
  ])
    assert.ok(out.split('\n').includes(line), `${line}\nis not in\n${out}`)
})

test('the command says why nobody would be logged in, and that an ID token was not verified', async () => {
  const token = await provider.sign(provider.claims('n', { email: 'james@elsewhere.example.com', exp: 5 }))
  const { out } = await explainByCommand('id-token.jwt', `${token}\n`)
  assert.match(out, /^The ID token was not verified: its signature and nonce were not looked at\.\n.*Expired JWT$/m)
  assert.match(out, /^ {4}✖ james@elsewhere\.example\.com: does not match the pattern, dropped$/m)
  assert.match(out, /^✖ A login would fail: Claim \[email\] .* gives no principal \(principal_missing\)$/m)
})

test('the command shows control characters of claims and does not send them to the terminal', async () => {
  const claims = { email: '\u001b[2Jjames@staff.example.com', '\u001b]0;x': '\u202e' }
  const { out } = await explainByCommand('claims.json', JSON.stringify(claims))
  assert.match(out, /\\u\{1b\}\[2Jjames@staff/)
  assert.doesNotMatch(out, /[^\P{Cc}\n]|\p{Cf}/u)
})

test('the command says that it needs the server, and what for', async () => {
  const { code, err } = await explainByCommand('claims.json', '{}', '--server', 'http://127.0.0.1:1')
  assert.equal(code, 1)
  assert.match(err, /^the server at http:\/\/127\.0\.0\.1:1 does not answer, and only it has the role mappings: /)
})

test('the command refuses what is no JSON, and says what the server refuses', async () => {
  const noJson = await explainByCommand('claims.json', 'no JSON')
  assert.deepEqual([noJson.code, noJson.out], [2, ''])
  assert.match(noJson.err, /claims\.json holds no JSON object/)
  const denied = await explainByCommand('claims.json', '{}', '--user', 'facilitator')
  assert.deepEqual([denied.code, denied.out], [1, ''])
  assert.match(
    denied.err,
    /^the server at http:\/\/127\.0\.0\.1:\d+ refuses: 401 unable to authenticate user \[facilitator\]/,
  )
})

test('of a realm that looks users up, the look-up is told and no mapping', async () => {
  const { body } = await explain({ claims: { sub: 'james', groups: ['finance'] } }, 'delegating')
  assert.deepEqual(body['lookup'], { principal: 'james', realms: ['default_native'] })
  assert.deepEqual(body['role_mappings'], [])
  assert.equal(body['user'], null)
  assert.equal(body['problem'], undefined)
})
