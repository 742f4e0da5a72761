import { buildEndpointUrl } from './endpoint-url.ts'

export interface AuthenticationRequest {
  readonly endpoint: string
  /** `code`, `id_token` or `id_token token`. */
  readonly responseType: string
  readonly clientId: string
  readonly redirectUri: string
  /** `openid` among them (OIDC Core 1.0 §3.1.2.1). */
  readonly scopes: readonly string[]
  readonly state: string
  readonly nonce: string
  /** Sent if it has text. */
  readonly loginHint: string | undefined
  /** `S256`; for the code flow with PKCE. */
  readonly codeChallenge: string | undefined
}

/** The URL that starts a login at the provider (OIDC Core 1.0 §3.1.2.1, RFC 7636 §4.3). */
export function buildAuthenticationUrl(request: AuthenticationRequest): string {
  return buildEndpointUrl(request.endpoint, [
    ['response_type', request.responseType],
    ['client_id', request.clientId],
    ['redirect_uri', request.redirectUri],
    ['scope', request.scopes.join(' ')],
    ['state', request.state],
    ['nonce', request.nonce],
    ['login_hint', request.loginHint?.trim() === '' ? undefined : request.loginHint],
    ['code_challenge', request.codeChallenge],
    ['code_challenge_method', request.codeChallenge === undefined ? undefined : 'S256'],
  ])
}
