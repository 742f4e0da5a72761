/**
 * APIs that clients can ask access tokens for, each by its identifier. Its tokens are looked up here like all others, or
 * are JWTs that the API can check alone. RFC 8707; RFC 9068 for the JWTs.
 */
import { type Configuration, errors } from 'oidc-provider'
import type { ProviderResourceSettings } from '../settings/settings.ts'

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>

/** What every API is expected to verify: RFC 9068 §2.1. */
const SIGNATURE = { sign: { alg: 'RS256' } } as const

export function buildResourceIndicators(resources: readonly ProviderResourceSettings[]): ResourceIndicators {
  if (resources.length === 0) return { enabled: false }
  const known = new Map(resources.map((resource) => [resource.identifier, resource]))
  return {
    enabled: true,
    getResourceServerInfo(_ctx, identifier) {
      const resource = known.get(identifier)
      // RFC 8707 §2: identifiers are compared as they are.
      if (resource === undefined) throw new errors.InvalidTarget('the resource is not known')
      const { scope, accessTokenFormat } = resource
      return { scope, audience: identifier, accessTokenFormat, jwt: SIGNATURE }
    },
  }
}

export function isJwtAccessToken(token: object): token is { readonly sid?: string } {
  const { resourceServer } = token as { resourceServer?: { accessTokenFormat?: string } }
  return resourceServer?.accessTokenFormat === 'jwt'
}
