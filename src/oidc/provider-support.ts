import { readJsonObject } from '../kernel/json.ts'

/** What a provider says that it can do (OIDC Discovery 1.0 §3, RFC 8414 §2); `undefined` where it says nothing. */
export interface ProviderSupport {
  readonly scopes: readonly string[] | undefined
  readonly responseTypes: readonly string[] | undefined
  readonly signatureAlgorithms: readonly string[] | undefined
  readonly clientAuthMethods: readonly string[] | undefined
  readonly challengeMethods: readonly string[] | undefined
  readonly claims: readonly string[] | undefined
}

/** @param text of a metadata document that was found good */
export function readProviderSupport(text: string): ProviderSupport {
  const document = readJsonObject(text) ?? {}
  const readList = (name: string) => {
    const value = document[name]
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined
  }
  return {
    scopes: readList('scopes_supported'),
    responseTypes: readList('response_types_supported'),
    signatureAlgorithms: readList('id_token_signing_alg_values_supported'),
    // RFC 8414 §2: what is meant if nothing is said.
    clientAuthMethods: readList('token_endpoint_auth_methods_supported') ?? ['client_secret_basic'],
    challengeMethods: readList('code_challenge_methods_supported'),
    claims: readList('claims_supported'),
  }
}
