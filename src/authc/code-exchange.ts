import type { Clock } from '../kernel/clock.ts'
import { SecurityError } from '../kernel/errors.ts'
import type { Outbound } from '../net/outbound.ts'
import { createClientCredentials, readSigningKey, type ClientAuthentication } from '../oidc/client-authentication.ts'
import { buildTokenRequestBody, readTokenAnswer, type CodeTokens } from '../oidc/token-request.ts'
import type { OidcRealmSettings } from '../settings/settings.ts'

/** @throws SecurityError `code_exchange_failed` */
export type CodeExchange = (request: {
  readonly code: string
  readonly tokenEndpoint: string
  readonly codeVerifier: string | undefined
}) => Promise<CodeTokens>

/**
 * The exchange of a code for tokens, with the realm's credentials (OIDC Core 1.0 §3.1.3).
 * @throws Error if the key of `private_key_jwt` is none
 */
export function createCodeExchange(parts: {
  readonly rp: OidcRealmSettings['rp']
  readonly outbound: Outbound
  readonly clock: Clock
}): CodeExchange {
  const { rp, outbound, clock } = parts
  const buildCredentials = createClientCredentials(readClientAuthentication(rp), rp.clientId)

  return async ({ code, tokenEndpoint, codeVerifier }) => {
    const ask = async () => {
      const credentials = await buildCredentials(tokenEndpoint, clock())
      const form = buildTokenRequestBody(code, rp.redirectUri, codeVerifier, credentials)
      return outbound.post(tokenEndpoint, form, { authorization: credentials.authorization })
    }
    const answer = await ask().catch((cause: unknown) => {
      const detail = 'Failed to exchange code for Id Token using the Token Endpoint.'
      throw new SecurityError('code_exchange_failed', detail, cause)
    })
    return readTokenAnswer(answer)
  }
}

/** The settings make sure that each method has its secret or key. */
function readClientAuthentication(rp: OidcRealmSettings['rp']): ClientAuthentication {
  const { clientAuthMethod: method, clientSecret: secret = '', clientAuthJwtSignatureAlgorithm: algorithm } = rp
  switch (method) {
    case 'client_secret_basic':
    case 'client_secret_post':
      return { method, secret }
    case 'client_secret_jwt':
      return { method, secret, algorithm }
    case 'private_key_jwt':
      return { method, key: readSigningKey(rp.clientAuthJwtSigningKey ?? '', algorithm) }
    case 'none':
      return { method }
  }
  return method satisfies never
}
