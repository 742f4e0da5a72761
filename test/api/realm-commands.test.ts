import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { createConfigFolder, runCommand } from '../support/command.ts'
import { type ForeignProvider, startForeignProvider } from '../support/oidc-provider.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import tlsServers from '../vectors/tls-servers.json' with { type: 'json' }

const SECRET = 's'.repeat(64)
const PREFIX = 'xpack.security.authc.realms.oidc.oidc1'

async function useForeignProvider(t: TestContext, ...args: Parameters<typeof startForeignProvider>) {
  const provider = await startForeignProvider(...args)
  t.after(() => provider[Symbol.asyncDispose]())
  return provider
}

/** A folder with a settings file and a keystore. */
async function configure(t: TestContext, settings: string, secret = SECRET): Promise<string> {
  const { config } = createConfigFolder(t)
  writeFileSync(config, `node.roles: [security]\nxpack.security.authc.token.enabled: true\n${settings}`)
  await runCommand(['keystore', 'create', '--config', config])
  const add = ['keystore', 'add', `${PREFIX}.rp.client_secret`, '--stdin', '--config', config]
  assert.equal((await runCommand(add, { input: secret })).code, 0)
  return config
}

function realmOf({ issuer }: { issuer: string }, more = ''): string {
  return `${PREFIX}:
  order: 2
  rp.client_id: rp
  rp.response_type: code
  rp.redirect_uri: 'https://rp.example.com/cb'
  op.issuer: '${issuer}'
  claims.principal: sub
${more}`
}

async function check(config: string) {
  const { code, out, err } = await runCommand(['realm', 'check', 'oidc1', '--config', config], {
    env: { NO_COLOR: '1' },
  })
  return { code, lines: out.split('\n'), err }
}

function lineOf({ lines }: { lines: string[] }, subject: string): string {
  const at = lines.findIndex((line) => new RegExp(`^[✔•✖] ${subject} `).test(line))
  return at < 0 ? `no line [${subject}] in:\n${lines.join('\n')}` : lines.slice(at, at + 2).join('\n')
}

test('discover prints a realm that starts and passes the check, once its client is registered', async (t) => {
  const provider = await useForeignProvider(t, { redirect_uris: ['https://p.example.com/api/security/oidc/callback'] })
  const args = ['realm', 'discover', provider.issuer, '--name', 'oidc1', '--portal', 'https://p.example.com/']
  const discovered = await runCommand(args)
  assert.equal(discovered.err, '')
  assert.equal(discovered.code, 0)
  assert.match(discovered.out, /^# {6}redirect URI {14}https:\/\/p\.example\.com\/api\/security\/oidc\/callback$/m)
  assert.match(discovered.out, /^# {6}post-logout redirect URI {2}https:\/\/p\.example\.com\/security\/logged_out$/m)
  assert.match(discovered.out, new RegExp(`^# 3\\. ostiary keystore add ${PREFIX}\\.rp\\.client_secret$`, 'm'))

  const config = await configure(t, discovered.out.replace('<the client id>', 'rp'))
  const checked = await check(config)
  assert.equal(checked.code, 0, checked.lines.join('\n') + checked.err)
  assert.match(checked.lines.at(-2) ?? '', /^Nothing stands in the way of logins/)
  assert.match(lineOf(checked, 'metadata'), /^✔/)
  assert.match(lineOf(checked, 'issuer'), /^✔/)
  assert.match(lineOf(checked, 'clock'), /^✔ clock +ours and the provider's agree/)
  assert.match(lineOf(checked, 'keys'), /^✔ keys .*for RS256: \S+/)
  assert.match(lineOf(checked, 'credentials'), /^✔ .*knows the client \[rp\] with client_secret_basic/)
  assert.match(lineOf(checked, 'redirect URI'), /^✔ .*callback is registered/)
})

test('discover refuses what is no issuer, and an issuer that calls itself otherwise', async (t) => {
  await using provider = await startScriptedProvider()
  const slash = await runCommand(['realm', 'discover', `${provider.issuer}/`])
  assert.deepEqual([slash.code, slash.out], [1, ''])
  assert.match(slash.err, new RegExp(`are of another issuer \\[${provider.issuer}\\]: use exactly that one`))
  const missing = await runCommand(['realm', 'discover', `${provider.issuer}/elsewhere`])
  assert.match(missing.err, /answers 404: is \[.*\/elsewhere\] the issuer, path and all\?/)
  provider.script('discovery', () => ({ body: 'no JSON' }))
  const page = await runCommand(['realm', 'discover', provider.issuer])
  assert.match(page.err, /are no JSON object: is \[.*\] the issuer, path and all\?/)
  const insecure = await runCommand(['realm', 'discover', 'http://op.example.com'])
  assert.deepEqual([insecure.code, insecure.out], [2, ''])
  assert.match(insecure.err, /expected an https URL/)
  t.diagnostic('no stanza was printed')
})

test('what a provider says of itself cannot add lines to the stanza', async () => {
  await using provider = await startScriptedProvider()
  const hostile = { ...provider.metadata, token_endpoint: "https://op/t'\nbootstrap.password: x" }
  provider.script('discovery', () => ({ body: hostile }))
  const { out } = await runCommand(['realm', 'discover', provider.issuer])
  assert.match(out, /^ {2}op\.token_endpoint: 'https:\/\/op\/t'' bootstrap\.password: x'$/m)
})

const FAULTS: [
  name: string,
  provider: (t: TestContext) => Promise<ForeignProvider>,
  secret: string,
  more: string,
  line: [string, RegExp],
][] = [
  [
    'a wrong client secret',
    (t) => useForeignProvider(t),
    'x'.repeat(64),
    '',
    [
      'credentials',
      /^✖ .*refuses the client \[rp\] with client_secret_basic: 401 invalid_client\n +→ compare .*rp\.client_id/,
    ],
  ],
  [
    'a redirect URI that is not registered',
    (t) => useForeignProvider(t, { redirect_uris: ['https://rp.example.com/other'] }),
    SECRET,
    '',
    ['redirect URI', /^✖ .*answers 400 to a login.*\n +→ register exactly this redirect URI for the client \[rp\]/],
  ],
  [
    'an algorithm that the provider has no key for',
    (t) => useForeignProvider(t),
    SECRET,
    '  rp.signature_algorithm: ES256\n',
    ['keys', /^✖ .*no key for ES256; there are: /],
  ],
  [
    'a client authentication that the provider does not support',
    (t) => useForeignProvider(t, {}, { clientAuthMethods: ['client_secret_basic'] }),
    SECRET,
    '  rp.client_auth_method: client_secret_post\n',
    [
      'authentication',
      /^✖ .*client_secret_post is not among what the provider supports: client_secret_basic\n +→ set /,
    ],
  ],
]

for (const [name, start, secret, more, [subject, expected]] of FAULTS)
  test(`check finds ${name}, and says what to change`, async (t) => {
    const provider = await start(t)
    const result = await check(await configure(t, realmOf(provider, more), secret))
    assert.equal(result.code, 1, result.lines.join('\n'))
    assert.match(lineOf(result, subject), expected)
    assert.match(result.err, /problems?: logins with the realm \[oidc1\] will fail/)
  })

test('check finds a clock that is off, another issuer, and a provider that is away', async (t) => {
  await using provider = await startScriptedProvider()
  provider.script('discovery', () => ({
    headers: { 'content-type': 'application/json', date: new Date(Date.now() - 300_000).toUTCString() },
    body: { ...provider.metadata, issuer: `${provider.issuer}/` },
  }))
  const other = await check(await configure(t, realmOf(provider)))
  assert.match(
    lineOf(other, 'clock'),
    /^✖ .*provider's is (299|300|301) s behind ours; 60 s are allowed\n +→ set the clocks by NTP/,
  )
  assert.match(
    lineOf(other, 'issuer'),
    new RegExp(`^✖ .*another issuer.*\\n +→ if that is the provider, set ${PREFIX}.op.issuer: '`),
  )

  const away = await check(await configure(t, realmOf({ issuer: 'http://127.0.0.1:1' })))
  assert.equal(away.code, 1)
  assert.match(lineOf(away, 'metadata'), /^✖ .*cannot be fetched: .*ECONNREFUSED/)
  assert.match(lineOf(away, 'token'), /^✖ .*nobody names this endpoint/)
})

test('check finds an address that speaks no TLS, in words', async (t) => {
  await using provider = await startScriptedProvider()
  const issuer = provider.issuer.replace('http:', 'https:')
  const result = await check(await configure(t, realmOf({ issuer })))
  const reason = 'SSL routines: wrong version number'
  assert.match(lineOf(result, 'TLS'), new RegExp(`no connection: ${reason}\\n +→ what answers there speaks no TLS`))
  assert.match(lineOf(result, 'metadata'), new RegExp(`cannot be fetched: ${reason}\\n`))
})

test('check finds a certificate that is not trusted, and is content once its authority is named', async (t) => {
  const { key, cert } = tlsServers.localhost
  const server = createServer({ key, cert }, (_request, response) => response.writeHead(404).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const config = await configure(t, realmOf({ issuer }))
  assert.match(
    lineOf(await check(config), 'TLS'),
    /^✖ .*localhost, TLSv1\.3, valid for \d+ days, not trusted: \S+\n +→ name the authority .*ssl\.certificate_authorities$/,
  )
  writeFileSync(join(dirname(config), 'ca.crt'), cert)
  writeFileSync(config, '  ssl.certificate_authorities: [ca.crt]\n', { flag: 'a' })
  assert.match(lineOf(await check(config), 'TLS'), /^✔ .*localhost, TLSv1\.3, valid for \d+ days\n/)
})

test('a realm that is not there is refused with the nearest name', async (t) => {
  await using provider = await startScriptedProvider()
  const config = await configure(t, realmOf(provider))
  const { code, err } = await runCommand(['realm', 'check', 'oidc2', '--config', config])
  assert.equal(code, 2)
  assert.match(
    err,
    new RegExp(
      `^no OpenID Connect realm \\[oidc2\\] is enabled in ${join(dirname(config), 'ostiary.yml')}: did you mean \\[oidc1\\]\\?`,
    ),
  )
})

test('what a hostile provider says cannot steer the terminal or add settings', async (t) => {
  const evil = '\u001b[2J\u0007\nx'
  const provider = await startScriptedProvider()
  t.after(() => provider[Symbol.asyncDispose]())
  const [first] = provider.keys
  assert.ok(first)
  provider.keys = [{ ...first, jwk: { ...first.jwk, kid: evil } }]
  provider.script('token', () => ({ status: 400, body: { error: evil } }))
  provider.script('discovery', () => ({
    body: {
      ...provider.metadata,
      userinfo_endpoint: `${provider.issuer}/'\n  order: 1`,
      id_token_signing_alg_values_supported: [evil],
      scopes_supported: [evil],
    },
  }))
  const discovered = await runCommand(['realm', 'discover', provider.issuer, '--portal', 'https://p.example.com'])
  assert.match(discovered.out, /^ {2}op\.userinfo_endpoint: 'http:\S+\/'' {3}order: 1'$/m)
  const checked = await check(await configure(t, realmOf(provider)))
  assert.equal(checked.code, 1)
  assert.match(checked.lines.join('\n'), /\\u\{1b\}\[2J/)
  for (const text of [discovered.out, ...checked.lines, checked.err]) assert.doesNotMatch(text, /[^\P{Cc}\n]/u)

  provider.script('discovery', () => ({ body: { ...provider.metadata, issuer: evil } }))
  const { err } = await runCommand(['realm', 'discover', provider.issuer])
  assert.match(err, /are of another issuer \[\\u\{1b\}\[2J/)
  assert.doesNotMatch(err, /[^\P{Cc}\n]/u)
})
