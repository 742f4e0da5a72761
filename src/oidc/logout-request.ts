import { buildEndpointUrl, formEncode, type Parameters } from './endpoint-url.ts'

/** What all logouts at an endpoint have in common. */
export interface LogoutClient {
  readonly endpoint: string
  /** Left out of the URL when unset: a provider may refuse an empty one. */
  readonly postLogoutRedirectUri: string | undefined
}

export interface LogoutRequest {
  /** Raw, even if it has expired: it says who signs out, it lets nobody in. */
  readonly idToken: string
  readonly state: string
}

/** @returns what builds the URL that ends the session at the provider (OIDC RP-Initiated Logout 1.0 §2) */
export function createLogoutUrls({ endpoint, postLogoutRedirectUri = '' }: LogoutClient) {
  const back: Parameters = postLogoutRedirectUri === '' ? [] : [['post_logout_redirect_uri', postLogoutRedirectUri]]
  const start = buildEndpointUrl(endpoint, [], ['id_token_hint', ...back.map(([name]) => name), 'state'])
  const separator = start.endsWith('?') ? '' : '&'
  const middle = back.length === 0 ? '' : `&${formEncode(back)}`
  return ({ idToken, state }: LogoutRequest): string =>
    `${start}${separator}${formEncode([['id_token_hint', idToken]])}${middle}&${formEncode([['state', state]])}`
}
