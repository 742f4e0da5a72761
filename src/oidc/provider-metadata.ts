import { SecurityError } from '../kernel/errors.ts'
import { readJsonObject } from '../kernel/json.ts'
import { textMember } from './jwt.ts'

/** What a provider says about itself (OIDC Discovery 1.0 §3, RP-Initiated Logout 1.0 §2.1, RFC 9207 §3). */
export interface ProviderMetadata {
  readonly authorizationEndpoint: string | undefined
  readonly tokenEndpoint: string | undefined
  readonly userinfoEndpoint: string | undefined
  readonly endsessionEndpoint: string | undefined
  readonly jwksUri: string | undefined
  /** Whether every authentication response has an `iss`. */
  readonly responseIssuer: boolean
}

/** OIDC Discovery 1.0 §4.1: one trailing slash of the issuer is dropped. */
export function buildDiscoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
}

/**
 * Reads the metadata document of an issuer.
 * @throws SecurityError `provider_unavailable` if it is none, or another issuer's (OIDC Discovery 1.0 §4.3)
 */
export function readProviderMetadata(text: string, issuer: string): ProviderMetadata {
  const document = readJsonObject(text)
  if (document === undefined)
    throw new SecurityError('provider_unavailable', `The metadata of the issuer [${issuer}] are no JSON object`)
  if (document['issuer'] !== issuer) {
    const found = textMember(document, 'issuer') ?? null
    const detail = `The metadata of the issuer [${issuer}] are of another issuer [${found}]`
    throw new SecurityError('provider_unavailable', detail)
  }
  return {
    authorizationEndpoint: textMember(document, 'authorization_endpoint'),
    tokenEndpoint: textMember(document, 'token_endpoint'),
    userinfoEndpoint: textMember(document, 'userinfo_endpoint'),
    endsessionEndpoint: textMember(document, 'end_session_endpoint'),
    jwksUri: textMember(document, 'jwks_uri'),
    responseIssuer: document['authorization_response_iss_parameter_supported'] === true,
  }
}
