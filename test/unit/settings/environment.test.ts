import assert from 'node:assert/strict'
import test from 'node:test'
import { readText } from '../../support/settings-vectors.ts'

function read(env: Record<string, string>, yaml = 'http.port: 9200\n') {
  return readText(yaml, { env })
}

test('a variable overrides the file', () => {
  assert.equal(read({ OSTIARY_SETTING_HTTP_PORT: '9201' }).settings?.http.port, 9201)
})

test('an underscore stands for a dot, two for an underscore', () => {
  const { settings } = read({ OSTIARY_SETTING_PROVIDER_END__SESSION_ACCESS__TOKEN__HINT__MAY__REDIRECT: 'true' })
  assert.equal(settings?.provider.endSession.accessTokenHintMayRedirect, true)
})

test('capitals in the name of a setting are found', () => {
  const { settings } = read({ OSTIARY_SETTING_SERVER_PUBLICBASEURL: 'https://portal.example.com' })
  assert.equal(settings?.portal.publicBaseUrl, 'https://portal.example.com')
})

test('names of the user’s own are taken in lower case', () => {
  const { settings } = read({ OSTIARY_SETTING_XPACK_SECURITY_AUTHC_PROVIDERS_BASIC_FORM_ORDER: '3' })
  assert.deepEqual(
    settings?.portal.providers.map(({ name, order }) => [name, order]),
    [['form', 3]],
  )
})

test('a list is one text with commas', () => {
  const { settings } = read({ OSTIARY_SETTING_NODE_ROLES: 'security, provider' })
  assert.deepEqual(settings?.node.roles, new Set(['security', 'provider']))
})

test('an unknown name is refused with the one that was meant', () => {
  assert.deepEqual(read({ OSTIARY_SETTING_HTTP_PROT: '9201' }).error?.problems, [
    {
      setting: 'http.prot',
      where: 'environment variable OSTIARY_SETTING_HTTP_PROT',
      text: 'unknown setting [http.prot] did you mean [http.port]?',
    },
  ])
})

test('a secure setting is refused', () => {
  const { problems } = read({ OSTIARY_SETTING_BOOTSTRAP_PASSWORD: 'changeme' })
  assert.deepEqual(problems, [
    'bootstrap.password: Setting [bootstrap.password] is a secure setting and must be stored inside the Ostiary keystore, but was found inside the environment',
  ])
})

test('two variables for one setting are refused', () => {
  const { problems } = read({ OSTIARY_SETTING_HTTP_PORT: '9201', OSTIARY_SETTING_http_port: '9202' })
  assert.deepEqual(problems, [
    'http.port: [http.port] is set twice, first in environment variable OSTIARY_SETTING_HTTP_PORT',
  ])
})

test('other variables are nobody’s business', () => {
  assert.ok(read({ OSTIARY_KEYSTORE_PASSWORD: 'x', HTTP_PORT: '1' }).settings)
})
