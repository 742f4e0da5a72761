import assert from 'node:assert/strict'
import test from 'node:test'
import { buildDiscoveryUrl, readProviderMetadata } from '../../../src/oidc/provider-metadata.ts'

test('one trailing slash of the issuer is dropped', () => {
  const expected = 'https://op/tenant/.well-known/openid-configuration'
  assert.equal(buildDiscoveryUrl('https://op/tenant'), expected)
  assert.equal(buildDiscoveryUrl('https://op/tenant/'), expected)
})

test('the names of the standard become ours, anything but a text is absent', () => {
  const document = { issuer: 'https://op', jwks_uri: 'https://op/keys', token_endpoint: 5, end_session_endpoint: null }
  assert.deepEqual(readProviderMetadata(JSON.stringify(document), 'https://op'), {
    authorizationEndpoint: undefined,
    tokenEndpoint: undefined,
    userinfoEndpoint: undefined,
    endsessionEndpoint: undefined,
    jwksUri: 'https://op/keys',
    responseIssuer: false,
  })
})

test('a promised iss in responses is known', () => {
  const text = '{"issuer":"https://op","authorization_response_iss_parameter_supported":true}'
  assert.equal(readProviderMetadata(text, 'https://op').responseIssuer, true)
})

test('metadata of another issuer are refused (oidcc-client-test-discovery-issuer-mismatch)', () => {
  for (const issuer of ['https://opINVALID', 'https://op/', 5])
    assert.throws(() => readProviderMetadata(JSON.stringify({ issuer }), 'https://op'), {
      reason: 'provider_unavailable',
      message: /are of another issuer/,
    })
})

test('what is no JSON object is refused', () => {
  const reason = 'provider_unavailable'
  for (const text of ['<html>', '[]', '']) assert.throws(() => readProviderMetadata(text, 'https://op'), { reason })
})
