import { SecurityError } from '../kernel/errors.ts'
import type { Outbound } from '../net/outbound.ts'
import type { ProviderMetadata } from '../oidc/provider-metadata.ts'
import type { OidcRealmSettings } from '../settings/settings.ts'
import { createProviderDiscovery } from './provider-discovery.ts'

/** Where a provider is reached, whoever said so: the settings or the provider's metadata. */
export interface ProviderEndpoints {
  readonly authorization: string
  /** Empty in the implicit flows if nobody named one. */
  readonly token: string
  readonly userinfo: string | undefined
  readonly endsession: string | undefined
  /** A URL or a file. */
  readonly keys: string
  /** Whether the provider's metadata promise an `iss` in each authentication response (RFC 9207 §3). */
  readonly responseIssuer: boolean
}

/**
 * The endpoints of a realm. If the settings leave a required one out, the missing ones come from discovery; a setting
 * that is given always wins, and with all required ones given a missing optional one means that it is not used.
 * @returns what rejects with SecurityError `provider_unavailable` until the provider has told its metadata
 */
export function createProviderEndpoints(parts: {
  readonly settings: OidcRealmSettings
  readonly outbound: Outbound
}): () => Promise<ProviderEndpoints> {
  const { settings, outbound } = parts
  const given = readEndpoints(settings, undefined)
  if (!Array.isArray(given)) return () => Promise.resolve(given)
  const discover = createProviderDiscovery({ issuer: settings.op.issuer, outbound })
  let known: ProviderEndpoints | undefined
  return async () => {
    if (known !== undefined) return known
    const endpoints = readEndpoints(settings, await discover())
    if (Array.isArray(endpoints)) throw new SecurityError('provider_unavailable', endpoints.join('; '))
    return (known = endpoints)
  }
}

/** @returns the endpoints, or what to say about the required ones that are missing */
function readEndpoints(
  { name, op, rp }: OidcRealmSettings,
  metadata: ProviderMetadata | undefined,
): ProviderEndpoints | string[] {
  const prefix = `xpack.security.authc.realms.oidc.${name}.`
  const authorization = op.authorizationEndpoint ?? metadata?.authorizationEndpoint
  const token = op.tokenEndpoint ?? metadata?.tokenEndpoint
  const keys = op.jwksetPath ?? metadata?.jwksUri
  const missing = [
    keys === undefined && `The configuration setting [${prefix}op.jwkset_path] is required`,
    authorization === undefined && `The configuration setting [${prefix}op.authorization_endpoint] is required`,
    token === undefined &&
      rp.responseType === 'code' &&
      `The configuration setting [${prefix}op.token_endpoint] is required when [${prefix}rp.response_type] is set to "code"`,
  ].filter((text) => text !== false)
  if (keys === undefined || authorization === undefined || missing.length > 0) return missing
  return {
    authorization,
    token: token ?? '',
    userinfo: op.userinfoEndpoint ?? metadata?.userinfoEndpoint,
    endsession: op.endsessionEndpoint ?? metadata?.endsessionEndpoint,
    keys,
    responseIssuer: metadata?.responseIssuer ?? false,
  }
}
