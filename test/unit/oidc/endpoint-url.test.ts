import assert from 'node:assert/strict'
import test from 'node:test'
import { buildEndpointUrl } from '../../../src/oidc/endpoint-url.ts'
import vectors from '../../vectors/endpoint-urls.json' with { type: 'json' }

for (const { name, endpoint, parameters, url } of vectors)
  test(`URL of an endpoint: ${name}`, () => {
    const pairs = parameters.map(([key = '', value]) => [key ?? '', value ?? undefined] as const)
    assert.equal(buildEndpointUrl(endpoint, pairs), url)
  })
