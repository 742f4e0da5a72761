/**
 * The errors of the REST API in the words that go over the wire: types, reasons and statuses are Elasticsearch's.
 * Everything that fails ends as one of the two classes here; `errors.ts` turns the reasons of the rooms below into them.
 */
import type { Json, JsonObject } from '../kernel/json.ts'

export type ErrorType =
  | 'security_exception'
  | 'illegal_argument_exception'
  | 'parse_exception'
  | 'parsing_exception'
  | 'x_content_parse_exception'
  | 'x_content_e_o_f_exception'
  | 'json_parse_exception'
  | 'json_e_o_f_exception'
  | 'action_request_validation_exception'
  | 'validation_exception'
  | 'status_exception'
  | 'illegal_state_exception'
  | 'unsupported_operation_exception'
  | 'media_type_header_exception'
  | 'feature_not_enabled_exception'
  | 'exception'

/** Which `WWW-Authenticate` values go with a 401: all schemes on offer, or only that the access token is spent. */
export type Challenge = 'every scheme' | 'expired token'

/** Types whose cause is shown as the root cause of what they end up in. */
const ROOT_TYPES: ReadonlySet<ErrorType> = new Set([
  'security_exception',
  'parse_exception',
  'parsing_exception',
  'x_content_parse_exception',
])

/** An answer in the error envelope. `message` is its `reason`, for the caller's eyes. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly type: ErrorType
  /** Keys beside `reason`. */
  readonly extra: JsonObject
  readonly challenge: Challenge | undefined
  /** Who could not be authenticated, for the audit log. */
  readonly username: string | undefined
  /** Seconds after which it is worth trying again. */
  readonly retryAfter: number | undefined

  constructor(
    status: number,
    type: ErrorType,
    reason: string,
    {
      extra = {},
      challenge,
      username,
      retryAfter,
      cause,
    }: {
      extra?: JsonObject
      challenge?: Challenge
      username?: string | undefined
      retryAfter?: number
      cause?: unknown
    } = {},
  ) {
    super(reason, cause === undefined ? undefined : { cause })
    this.status = status
    this.type = type
    this.extra = extra
    this.challenge = challenge
    this.username = username
    this.retryAfter = retryAfter
  }
}

/** An answer whose whole body has a form of its own: the string errors of HTTP trouble, the OAuth errors of tokens. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly status: number
  readonly body: JsonObject
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: JsonObject, headers: Readonly<Record<string, string>> = {}) {
    super(`answered ${status}`)
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** `{"error":"…","status":N}` */
export function textError(status: number, text: string, headers?: Readonly<Record<string, string>>): BodyError {
  return new BodyError(status, { error: text, status }, headers)
}

/**
 * The error envelope.
 * @param challenges the values of `WWW-Authenticate`, also shown inside the body
 * @param withTrace adds `stack_trace` to every error object
 */
export function buildEnvelope(error: ApiError, challenges: readonly string[], withTrace: boolean): JsonObject {
  const header = challenges.length === 0 ? {} : { header: { 'WWW-Authenticate': oneOrMany(challenges) } }
  const cause = error.cause instanceof ApiError ? error.cause : undefined
  const root = cause !== undefined && ROOT_TYPES.has(cause.type) ? cause : error
  return {
    error: {
      root_cause: [describe(root, withTrace, undefined, root === error ? header : {})],
      ...describe(error, withTrace, cause, header),
    },
    status: error.status,
  }
}

/** Where the settings want no details: neither causes nor headers. */
export function buildSimpleEnvelope({ type, message, status }: ApiError): JsonObject {
  return { error: { type, reason: message }, status }
}

function describe(
  error: ApiError,
  withTrace: boolean,
  cause: ApiError | undefined,
  header: JsonObject = {},
): JsonObject {
  const deeper = cause?.cause instanceof ApiError ? cause.cause : undefined
  return {
    type: error.type,
    reason: error.message,
    ...error.extra,
    ...(cause === undefined ? {} : { caused_by: describe(cause, withTrace, deeper) }),
    ...header,
    ...(withTrace ? { stack_trace: traceOf(error) } : {}),
  }
}

/** Of where the reason arose, if the caller may know that reason. */
function traceOf({ message, cause, stack = '' }: ApiError): string {
  return cause instanceof Error && cause.message === message ? (cause.stack ?? stack) : stack
}

function oneOrMany(values: readonly string[]): Json {
  const [first] = values
  return values.length === 1 && first !== undefined ? first : [...values]
}
