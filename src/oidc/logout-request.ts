import { buildEndpointUrl } from './endpoint-url.ts'

export interface LogoutRequest {
  readonly endpoint: string
  /** Raw, even if it has expired: it says who signs out, it lets nobody in. */
  readonly idToken: string
  /** Left out of the URL when unset: a provider may refuse an empty one. */
  readonly postLogoutRedirectUri: string | undefined
  readonly state: string
}

/** The URL that ends the session at the provider (OIDC RP-Initiated Logout 1.0 §2). */
export function buildLogoutUrl(request: LogoutRequest): string {
  return buildEndpointUrl(request.endpoint, [
    ['id_token_hint', request.idToken],
    ['post_logout_redirect_uri', request.postLogoutRedirectUri === '' ? undefined : request.postLogoutRedirectUri],
    ['state', request.state],
  ])
}
