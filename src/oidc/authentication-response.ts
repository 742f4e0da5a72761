import { SecurityError } from '../kernel/errors.ts'
import { readJwt, type Jwt } from './jwt.ts'

/** RFC 6749 appendix A: what `error` and `error_description` may be made of, and what an access token may. */
const NOT_IN_ERRORS = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g
const ACCESS_TOKEN = /^[\x21-\x7e]+$/

/** RFC 2396 §2, and beyond ASCII all that can be seen. A search for one bad place: linear, however long the text. */
const NOT_IN_URIS = /[^\w\-.~:/?#[\]@!$&'()*+,;=%\P{ASCII}]|[\p{Z}\p{C}]|%(?![\dA-Fa-f]{2})/u

/** How the provider answered a login by way of the browser (OIDC Core 1.0 §3.1.2.5, §3.1.2.6 and §3.2.2.5). */
export interface AuthenticationResponse {
  readonly state: string | undefined
  /** RFC 9207 §2. */
  readonly issuer: string | undefined
  readonly refusal: { readonly code: string; readonly description: string | null } | undefined
  readonly code: string | undefined
  readonly idToken: Jwt | undefined
  /** Always of the type Bearer. */
  readonly accessToken: string | undefined
}

/**
 * Reads the URL to which the provider sent the browser; it may be relative. If there is a fragment, only that is read.
 * @throws SecurityError `response_invalid`
 */
export function readAuthenticationResponse(url: string): AuthenticationResponse {
  const parameters = firstValues(parametersOf(url))
  const state = parameters.get('state')
  const response = {
    state: state === undefined || state.trim() === '' ? undefined : state,
    issuer: parameters.get('iss'),
    refusal: undefined,
    code: undefined,
    idToken: undefined,
    accessToken: undefined,
  }
  // A JWT-secured response (JARM) is not ours to open, and what stands beside it is not from the provider.
  if (parameters.has('response')) return { ...response, state: undefined }
  const error = parameters.get('error') ?? ''
  if (error.trim() !== '') return { ...response, refusal: readRefusal(error, parameters.get('error_description')) }
  return {
    ...response,
    code: readCode(parameters.get('code')),
    idToken: readIdToken(parameters.get('id_token')),
    accessToken: readAccessToken(parameters.get('access_token'), parameters.get('token_type')),
  }
}

/** OIDC Core 1.0 §3.1.2.1. Holds for refusals too, or anybody could end a login of somebody else. */
export function checkState(response: AuthenticationResponse, expected: string): void {
  if (response.state === undefined) {
    const detail = 'Failed to validate the response, the response did not contain a state parameter'
    throw new SecurityError('state_invalid', detail)
  }
  if (response.state !== expected) {
    const detail = `Invalid state parameter [${response.state}], while [${expected}] was expected`
    throw new SecurityError('state_invalid', detail)
  }
}

/**
 * RFC 9207 §2.4: an `iss` in the response must be the provider's.
 * @param announced whether the provider's metadata promise it, so that it must not be missing
 */
export function checkResponseIssuer(response: AuthenticationResponse, issuer: string, announced: boolean): void {
  if (response.issuer === undefined && !announced) return
  if (response.issuer === issuer) return
  const found = response.issuer === undefined ? 'none' : `[${response.issuer}]`
  const detail = `Invalid issuer in the authentication response: ${found}, while [${issuer}] was expected`
  throw new SecurityError('issuer_mismatch', detail)
}

/** OIDC Core 1.0 §3.1.2.6. */
export function checkNotRefused({ refusal }: AuthenticationResponse): void {
  if (refusal === undefined) return
  const detail =
    'OpenID Connect Provider response indicates authentication failure' +
    `Code=[${refusal.code}], Description=[${refusal.description}]`
  throw new SecurityError('provider_refused', detail)
}

/** What the provider gave by way of the browser: a code, or the tokens themselves. */
export type ResponseContent =
  | { readonly code: string }
  | { readonly idToken: Jwt; readonly accessToken: string | undefined }

/** The parts that are there must be those of the response type that was asked for, and no more. */
export function readContent(response: AuthenticationResponse, configured: string): ResponseContent {
  const { code, idToken, accessToken } = response
  const parts = Object.entries({ code, id_token: idToken, token: accessToken }).filter(([, part]) => part !== undefined)
  const implied = parts.map(([name]) => name).join(' ')
  if (implied === configured && idToken !== undefined) return { idToken, accessToken }
  if (implied === configured && code !== undefined) return { code }
  const detail = `Unexpected response type [${implied}], while [${configured}] is configured`
  throw new SecurityError('response_type_unexpected', detail)
}

function parametersOf(url: string): URLSearchParams {
  if (NOT_IN_URIS.test(url)) refuse('it is not a URI')
  const [address = '', ...fragment] = url.split('#')
  if (fragment.length > 1) refuse('it is not a URI')
  const [, ...query] = address.split('?')
  if (fragment.length === 0 && query.length === 0) refuse('it has neither a query nor a fragment')
  // Without the `&` a question mark at the beginning would be dropped.
  return new URLSearchParams(`&${fragment[0] ?? query.join('?')}`)
}

/** Of repeated names the first counts, for every check alike. */
function firstValues(parameters: URLSearchParams): ReadonlyMap<string, string> {
  return new Map([...parameters].toReversed())
}

function readRefusal(error: string, description: string | undefined): AuthenticationResponse['refusal'] {
  if (error.search(NOT_IN_ERRORS) !== -1) refuse('its error has illegal characters')
  return { code: error, description: description?.replaceAll(NOT_IN_ERRORS, '') ?? null }
}

function readCode(code: string | undefined): string | undefined {
  if (code?.trim() === '') refuse('its code is empty')
  return code
}

function readIdToken(text: string | undefined): Jwt | undefined {
  return text === undefined ? undefined : (readJwt(text) ?? refuse('its ID token is no JWT'))
}

function readAccessToken(accessToken: string | undefined, type: string | undefined): string | undefined {
  if (accessToken === undefined) return undefined
  if (!ACCESS_TOKEN.test(accessToken)) refuse('its access token has illegal characters')
  // RFC 6749 §4.2.2
  if (type?.toLowerCase() !== 'bearer') refuse('its access token is not of the type Bearer')
  return accessToken
}

function refuse(why: string): never {
  throw new SecurityError('response_invalid', 'Failed to consume the OpenID connect response.', new Error(why))
}
