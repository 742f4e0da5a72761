import { SecurityError } from '../kernel/errors.ts'
import { readJsonObject, type JsonObject } from '../kernel/json.ts'
import type { ClientCredentials } from './client-authentication.ts'
import { formEncode } from './endpoint-url.ts'
import { readJwt, textMember, type Jwt } from './jwt.ts'
import { mediaType, textOrNull, type ProviderAnswer } from './provider-answer.ts'

/** What the token endpoint gave for a code. The provider's refresh token is thrown away. */
export interface CodeTokens {
  readonly idToken: Jwt
  readonly accessToken: string
  /** As it is; Bearer is demanded later. */
  readonly tokenType: string
}

const FAILED = 'Failed to exchange code for Id Token'
const UNPARSABLE = 'Failed to exchange code for Id Token using the Token Endpoint. Unable to parse Token Response'

/** The body of the token request (OIDC Core 1.0 §3.1.3.1, RFC 7636 §4.5). */
export function buildTokenRequestBody(
  code: string,
  redirectUri: string,
  codeVerifier: string | undefined,
  credentials: ClientCredentials,
): string {
  return formEncode([
    ['grant_type', 'authorization_code'],
    ['code', code],
    ['redirect_uri', redirectUri],
    ['code_verifier', codeVerifier],
    ...credentials.parameters,
  ])
}

/**
 * Judges the answer of the token endpoint (OIDC Core 1.0 §3.1.3.3 and §3.1.3.4).
 * @throws SecurityError `code_exchange_failed`
 */
export function readTokenAnswer(answer: ProviderAnswer): CodeTokens {
  const type = mediaType(answer.contentType)
  if (type !== 'application/json')
    refuse(`Unable to parse Token Response. Content type was expected to be [application/json] but was [${type}]`)

  const body = readJsonObject(answer.body)
  if (answer.status === 400) {
    if (body === undefined || typeof body['error'] !== 'string') refuse(UNPARSABLE)
    refuse(`${FAILED}. Code=[${body['error']}], Description=[${textOrNull(body['error_description'])}]`)
  }
  if (answer.status !== 200) refuse(FAILED, describeStatus(answer.status, body))

  if (body === undefined) refuse(UNPARSABLE)
  const accessToken = textMember(body, 'access_token')?.trim()
  const tokenType = textMember(body, 'token_type')?.trim()
  // RFC 6749 appendix A.12: anything else could not be sent in a header.
  if (accessToken === undefined || !/^[\x20-\x7e]+$/.test(accessToken)) refuse(UNPARSABLE)
  if (tokenType === undefined || tokenType === '') refuse(UNPARSABLE)
  const text = body['id_token'] ?? undefined
  if (text === undefined) refuse('Token Response did not contain an ID Token or parsing of the JWT failed.')
  const idToken = typeof text === 'string' ? readJwt(text) : undefined
  return { idToken: idToken ?? refuse(UNPARSABLE), accessToken, tokenType }
}

/** For the log: what an operator needs to know of a refusal that is about the client, such as `invalid_client`. */
function describeStatus(status: number, body: JsonObject | undefined): Error {
  const error = body === undefined ? undefined : textMember(body, 'error')
  // RFC 6749 §5.2: an error code has these characters only.
  const isCode = error !== undefined && /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(error)
  return new Error(`HTTP status [${status}], error [${isCode ? error : null}]`)
}

function refuse(detail: string, cause?: Error): never {
  throw new SecurityError('code_exchange_failed', detail, cause)
}
