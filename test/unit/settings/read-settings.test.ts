import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import test from 'node:test'
import { readText } from '../../support/settings-vectors.ts'

test('all problems are told at once, each with its setting, its place, what was found and what is expected', () => {
  const { error } = readText(
    [
      'http.prot: 9200',
      'http:',
      '  port: many',
      'xpack.security.authc.realms.oidc.oidc1:',
      '  order: 1',
      '  rp.client_id: portal',
      '  rp.response_type: hybrid',
      'provider.issuer: http://op.example.com',
    ].join('\n'),
    { env: { OSTIARY_SETTING_SERVER_PORT: '-1' } },
  )
  const realm = 'xpack.security.authc.realms.oidc.oidc1'
  assert.deepEqual(error?.message.split('\n').slice(1), [
    '  line 1: unknown setting [http.prot] did you mean [http.port]?',
    '  line 3: Failed to parse value [many] for setting [http.port]: expected a whole number from 0 to 65535',
    `  not set: The configuration setting [${realm}.rp.redirect_uri] is required`,
    `  not set: The configuration setting [${realm}.rp.client_secret] is required`,
    `  line 7: Invalid value [hybrid] for [${realm}.rp.response_type]. Allowed values are [code, id_token, id_token token]`,
    `  not set: The configuration setting [${realm}.op.issuer] is required`,
    `  not set: Setting [${realm}.claims.principal] is required`,
    '  environment variable OSTIARY_SETTING_SERVER_PORT: Failed to parse value [-1] for setting [server.port] must be >= 0',
    '  line 8: Invalid value [http://op.example.com] for [provider.issuer]. Expected an https URL, or http on a loopback ' +
      'host, without query and fragment.',
    '  not set: OpenID Connect Realm requires that the token service be enabled (xpack.security.authc.token.enabled)',
  ])
  assert.match(error?.message ?? '', /^10 problems with the settings of \/.*\/ostiary\.yml:\n/)
})

test('a problem whose text has Kibana’s short name is told with the full one', () => {
  const { error } = readText('xpack.security.authc.providers.oidc.oidc1.order: 0\n')
  assert.equal(
    error?.message.split('\n')[1],
    '  not set: [xpack.security.authc.providers.oidc.oidc1.realm] [authc.providers.1.oidc.oidc1.realm]: expected value ' +
      'of type [string] but got [undefined]',
  )
})

test('what is set twice is refused with both lines, however it is written', () => {
  const { error } = readText('http.port: 9200\nnode:\n  name: a\nhttp:\n  port: 9201\nnode.name: b\n')
  assert.deepEqual(error?.problems, [
    { setting: 'http.port', where: 'line 5', text: '[http.port] is set twice, first in line 1' },
    { setting: 'node.name', where: 'line 6', text: '[node.name] is set twice, first in line 3' },
  ])
})

test('relative paths start at the folder of the settings file', () => {
  const { settings } = readText('path.data: ../data\nprovider.accounts.path: users.yml\n')
  assert.ok(settings)
  assert.equal(settings.directory, dirname(settings.file))
  assert.equal(settings.node.data, `${dirname(settings.directory)}/data`)
  assert.equal(settings.provider.accountsPath, `${settings.directory}/users.yml`)
})

test('an absolute path stays as it is', () => {
  assert.equal(readText('path.data: /var/lib/ostiary\n').settings?.node.data, '/var/lib/ostiary')
})

test('the parts that run are those of node.roles', () => {
  assert.deepEqual(readText('node.roles: provider\n').settings?.node.roles, new Set(['provider']))
  assert.deepEqual(readText('').settings?.node.roles, new Set(['security', 'portal', 'provider']))
})
