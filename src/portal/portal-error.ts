/**
 * What can go wrong in the portal: one closed list of codes. A person sees the code, a sentence and the reference id on
 * the error page; a program sees the status and a message; the log sees the detail.
 */
export type ErrorCode = keyof typeof PORTAL_ERRORS

interface ErrorKind {
  readonly status: number
  /** Seconds. */
  readonly retryAfter?: number
}

const PORTAL_ERRORS = {
  bad_request: { status: 400 },
  unauthenticated: { status: 401 },
  no_cookie: { status: 401 },
  several_cookies: { status: 401 },
  handshake_missing: { status: 401 },
  handshake_expired: { status: 401 },
  op_error: { status: 401 },
  rejected: { status: 401 },
  realm_changed: { status: 401 },
  unknown_issuer: { status: 401 },
  forbidden: { status: 403 },
  cross_site_form: { status: 403 },
  not_found: { status: 404 },
  method_not_allowed: { status: 405 },
  too_large: { status: 413 },
  too_many_attempts: { status: 429, retryAfter: 60 },
  server_error: { status: 500 },
  logout_failed: { status: 503 },
  portal_credentials: { status: 503, retryAfter: 30 },
  unavailable: { status: 503, retryAfter: 30 },
} as const satisfies Record<string, ErrorKind>

export class PortalError extends Error {
  override readonly name = 'PortalError'
  readonly code: ErrorCode
  readonly status: number
  /** The text for a program, where the phrase of the status does not do. */
  readonly said: string | undefined
  /** What a program learns of its session. */
  readonly sessionReason: string | undefined
  /** Where the person wanted to go, if this browser is known to have asked for it. */
  readonly target: string | undefined
  /** A registered error code of the identity provider. */
  readonly providerCode: string | undefined

  /** @param detail for the log; without any secret in it */
  constructor(
    code: ErrorCode,
    detail: string,
    more: {
      status?: number
      said?: string
      sessionReason?: string | undefined
      target?: string
      providerCode?: string | undefined
      cause?: unknown
    } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.status = more.status ?? PORTAL_ERRORS[code].status
    this.said = more.said
    this.sessionReason = more.sessionReason
    this.target = more.target
    this.providerCode = more.providerCode
  }
}

/** The kind of an error as all of them have it. */
export function errorKind(code: ErrorCode): ErrorKind {
  return PORTAL_ERRORS[code]
}

/** A request that is wrong in itself. @param said names the field */
export function badRequest(said: string): PortalError {
  return new PortalError('bad_request', said, { said })
}
