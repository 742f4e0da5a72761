/**
 * The closed list of reasons for which a check fails. Every edge decides each of them in one exhaustive `switch`, so
 * that a new reason breaks the build until every edge has said what it answers.
 */
export type Reason =
  // Who is asking (401). The detail is for the log.
  | 'credentials_missing'
  | 'credentials_malformed'
  | 'credentials_rejected'
  | 'token_unknown'
  | 'token_expired'
  // Somebody without credentials may not do it; the detail is the text for the caller.
  | 'authentication_required'
  // May they (403). The detail is the text for the caller.
  | 'action_unauthorized'
  // A login at an OpenID Provider. The caller sees one opaque 401, the detail is for log and audit.
  | 'response_invalid'
  | 'state_invalid'
  | 'issuer_mismatch'
  | 'provider_refused'
  | 'response_type_unexpected'
  | 'response_replayed'
  | 'code_exchange_failed'
  | 'access_token_invalid'
  | 'id_token_invalid'
  | 'keys_unavailable'
  | 'userinfo_failed'
  | 'claims_unmergeable'
  | 'claims_unmappable'
  | 'principal_missing'
  | 'delegate_not_found'
  // The caller's request is wrong (400, 404). The detail is the text for the caller.
  | 'argument_illegal'
  // Elasticsearch's types for one request: parse_exception, x_content_parse_exception (a field is unknown or of a wrong
  // type), parsing_exception (a field is missing), action_request_validation_exception, validation_exception.
  | 'body_unparsable'
  | 'field_unparsable'
  | 'field_missing'
  | 'validation_failed'
  | 'entry_invalid'
  | 'realm_unknown'
  | 'login_token_invalid'
  | 'grant_invalid'
  | 'token_store_missing'
  | 'tokens_disabled'
  // The provider's metadata are needed and could not be had (503).
  | 'provider_unavailable'
  // Our own fault. The detail is for the log.
  | 'store_unavailable'
  | 'record_damaged'

/**
 * A check that failed. `message` is the detail, without any secret in it; the list of reasons says who may see it.
 */
export class SecurityError extends Error {
  override readonly name = 'SecurityError'
  readonly reason: Reason

  constructor(reason: Reason, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/** Whether we are to blame, by our store or by a bug, and neither the caller nor an OpenID Provider. */
export function isOwnFault(error: unknown): boolean {
  if (!(error instanceof SecurityError)) return true
  return error.reason === 'store_unavailable' || error.reason === 'record_damaged'
}
