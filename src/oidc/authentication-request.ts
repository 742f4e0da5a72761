import { buildEndpointUrl, formEncode } from './endpoint-url.ts'

/** What all requests of a client to an endpoint have in common. */
export interface AuthenticationClient {
  readonly endpoint: string
  /** `code`, `id_token` or `id_token token`. */
  readonly responseType: string
  readonly clientId: string
  readonly redirectUri: string
  /** `openid` among them (OIDC Core 1.0 §3.1.2.1). */
  readonly scopes: readonly string[]
}

export interface AuthenticationRequest {
  readonly state: string
  readonly nonce: string
  /** Sent if it has text. */
  readonly loginHint: string | undefined
  /** `S256`; for the code flow with PKCE. */
  readonly codeChallenge: string | undefined
}

/** @returns what builds the URL that starts a login at the provider (OIDC Core 1.0 §3.1.2.1, RFC 7636 §4.3) */
export function createAuthenticationUrls(client: AuthenticationClient): (request: AuthenticationRequest) => string {
  /** The part that stays the same, by the names of what follows it: those decide which parameters the endpoint may keep. */
  const starts = new Map<string, string>()
  const buildStart = (toFollow: readonly string[]) =>
    buildEndpointUrl(
      client.endpoint,
      [
        ['response_type', client.responseType],
        ['client_id', client.clientId],
        ['redirect_uri', client.redirectUri],
        ['scope', client.scopes.join(' ')],
      ],
      toFollow,
    )

  return ({ state, nonce, loginHint = '', codeChallenge }) => {
    const own: [name: string, value: string][] = [
      ['state', state],
      ['nonce', nonce],
    ]
    if (loginHint.trim() !== '') own.push(['login_hint', loginHint])
    if (codeChallenge !== undefined) own.push(['code_challenge', codeChallenge], ['code_challenge_method', 'S256'])
    const names = own.map(([name]) => name)
    const start = starts.get(names.join()) ?? buildStart(names)
    starts.set(names.join(), start)
    return `${start}&${formEncode(own)}`
  }
}
