/** From the reasons of the rooms below to the answers of the REST API. */
import { isOwnFault, SecurityError } from '../kernel/errors.ts'
import { ApiError, BodyError, type ErrorType } from './api-error.ts'

/** Seconds. A store that is away for a moment, as while its primary changes, comes back by itself. */
const STORE_RETRY = 5

/** What somebody was authenticated for, in the words of the 401. */
export interface Attempt {
  /** `REST request [/uri]` or `action [name]` */
  readonly purpose: string
  /** Absent: credentials that name nobody. */
  readonly username?: string | undefined
}

/**
 * The answer to a failed check: one decision for each reason.
 * The opaque ones show nothing of the detail; the log has it under the request's id.
 */
function describeFailure(error: SecurityError, attempt: Attempt): ApiError | BodyError {
  switch (error.reason) {
    case 'credentials_missing':
      return unauthenticated(`missing authentication credentials for ${attempt.purpose}`, error)
    case 'authentication_required':
      return unauthenticated(error.message, error)
    case 'credentials_malformed':
      return unauthenticated('invalid basic authentication header value', error)
    case 'token_unknown':
      return new ApiError(401, 'security_exception', PROVIDED_CREDENTIALS, {
        extra: { additional_unsuccessful_credentials: 'oauth2 token: invalid token' },
        challenge: 'every scheme',
        cause: error,
      })
    case 'token_expired':
      return new ApiError(401, 'security_exception', 'token expired', { challenge: 'expired token', cause: error })
    // Whatever is wrong with a login at an OpenID Provider, its caller sees the same.
    case 'credentials_rejected':
    case 'response_invalid':
    case 'state_invalid':
    case 'issuer_mismatch':
    case 'provider_refused':
    case 'response_type_unexpected':
    case 'response_replayed':
    case 'code_exchange_failed':
    case 'access_token_invalid':
    case 'id_token_invalid':
    case 'keys_unavailable':
    case 'userinfo_failed':
    case 'claims_unmergeable':
    case 'claims_unmappable':
    case 'principal_missing':
    case 'delegate_not_found':
      return rejected(attempt, error)
    case 'action_unauthorized':
      return new ApiError(403, 'security_exception', error.message, { cause: error })
    case 'argument_illegal':
      return refused('illegal_argument_exception', error, attempt)
    case 'body_unparsable':
      return refused('parse_exception', error, attempt)
    case 'field_unparsable':
      return refused('x_content_parse_exception', error, attempt)
    case 'field_missing':
      return refused('parsing_exception', error, attempt)
    case 'validation_failed':
      return refused('action_request_validation_exception', error, attempt)
    case 'entry_invalid':
      return refused('validation_exception', error, attempt)
    case 'realm_unknown':
    case 'login_token_invalid':
      return refused('security_exception', error, attempt)
    case 'grant_invalid':
      return new BodyError(
        400,
        { error: 'invalid_grant', error_description: error.message },
        // The words are those of a token that is no good, but this will pass.
        error.cause !== undefined && isOwnFault(error.cause) ? { 'retry-after': String(STORE_RETRY) } : {},
      )
    case 'token_store_missing':
      return new ApiError(400, 'security_exception', 'failed to invalidate token', { cause: error })
    case 'tokens_disabled':
      return new ApiError(400, 'feature_not_enabled_exception', 'security tokens are not enabled', {
        extra: { 'disabled.feature': 'security_tokens' },
        cause: error,
      })
    case 'provider_unavailable':
      return new ApiError(503, 'security_exception', 'the OpenID Connect Provider is not available', { cause: error })
    case 'store_unavailable':
      return new ApiError(503, 'security_exception', 'unable to perform requested action', {
        retryAfter: STORE_RETRY,
        cause: error,
      })
    case 'record_damaged':
      return new ApiError(500, 'exception', 'a stored record is damaged', { cause: error })
  }
  return error.reason satisfies never
}

/** The answer to anything that was thrown. What is no failed check is a fault of ours, and tells nothing of itself. */
export function describeError(error: unknown, attempt: Attempt): ApiError | BodyError {
  if (error instanceof ApiError || error instanceof BodyError) return error
  if (error instanceof SecurityError) return describeFailure(error, attempt)
  return new ApiError(500, 'exception', 'internal error', { cause: error })
}

/** As `describeError` while somebody is being authenticated: then a fault of ours is a 401 as well, and says so. */
export function describeFailedAuthentication(error: unknown, attempt: Attempt): ApiError | BodyError {
  if (!isOwnFault(error)) return describeError(error, attempt)
  return new ApiError(401, 'security_exception', 'error attempting to authenticate request', {
    challenge: 'every scheme',
    username: attempt.username,
    cause: describeError(error, attempt),
  })
}

/** As `describeFailedAuthentication`, for a login at an OpenID Provider: every cause but a fault of ours is one 401. */
export function describeFailedLogin(error: unknown, attempt: Attempt): ApiError | BodyError {
  return isOwnFault(error) ? describeFailedAuthentication(error, attempt) : rejected(attempt, error)
}

const PROVIDED_CREDENTIALS =
  'unable to authenticate with provided credentials and anonymous access is not allowed for this request'

function rejected({ purpose, username }: Attempt, cause: unknown): ApiError {
  if (username === undefined) return unauthenticated(PROVIDED_CREDENTIALS, cause)
  return unauthenticated(`unable to authenticate user [${username}] for ${purpose}`, cause, username)
}

/** A request that its caller can mend: the detail is for them, and so is a cause of the same kind. */
function refused(type: ErrorType, error: SecurityError, attempt: Attempt): ApiError {
  const cause = error.cause instanceof SecurityError ? describeFailure(error.cause, attempt) : error
  return new ApiError(400, type, error.message, { cause })
}

function unauthenticated(reason: string, cause: unknown, username?: string): ApiError {
  return new ApiError(401, 'security_exception', reason, { challenge: 'every scheme', username, cause })
}
