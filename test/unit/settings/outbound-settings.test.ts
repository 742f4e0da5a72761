import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import test from 'node:test'
import { readText } from '../../support/settings-vectors.ts'

const REALM = 'xpack.security.authc.realms.oidc.r1'

function readAuthorities(paths: readonly string[]) {
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
    `  ssl.certificate_authorities: ${JSON.stringify(paths)}`,
  ]
  return readText(yaml.join('\n'))
}

test('certificate authorities are read from their files, others are refused by their path', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ostiary-certificates-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const [pem = ''] = rootCertificates
  writeFileSync(join(directory, 'ca.pem'), pem)
  writeFileSync(join(directory, 'other.pem'), 'no certificate')

  const { settings } = readAuthorities([join(directory, 'ca.pem')])
  assert.deepEqual(settings?.oidcRealms[0]?.http.certificateAuthorities, [pem])

  const start = `${REALM}.ssl.certificate_authorities: cannot read configured [PEM] certificate_authorities`
  const { problems } = readAuthorities([join(directory, 'other.pem'), 'missing.pem'])
  assert.equal(problems.length, 2)
  assert.ok(problems[0]?.startsWith(`${start} [${directory}/other.pem]: `), problems[0])
  assert.match(problems[1] ?? '', /\[missing\.pem\]: ENOENT/)
})
