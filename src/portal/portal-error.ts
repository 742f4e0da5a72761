/**
 * What can go wrong in the portal: one closed list of codes. A person sees the code, a sentence and the reference id on
 * the error page; a program sees the status and a message; the log sees the detail.
 */
export type ErrorCode = keyof typeof PORTAL_ERRORS

interface ErrorKind {
  readonly status: number
  readonly heading: string
  readonly sentence: string
  /** Seconds. */
  readonly retryAfter?: number
}

const HEADING = 'We hit an authentication error'
const OTHER_TAB = 'Cookies may be switched off, or the sign-in began in another browser or in a tab that was left open.'

const PORTAL_ERRORS = {
  bad_request: {
    status: 400,
    heading: 'That request makes no sense',
    sentence: 'Something is missing in the address or in the form, or is there twice.',
  },
  unauthenticated: {
    status: 401,
    heading: HEADING,
    sentence: 'You are not signed in, and a sign-in cannot start from here.',
  },
  no_cookie: {
    status: 401,
    heading: HEADING,
    sentence: `This browser sent no cookie of ours with the answer to the sign-in. ${OTHER_TAB}`,
  },
  several_cookies: {
    status: 401,
    heading: HEADING,
    sentence:
      'This browser sent several cookies that contradict each other. Remove the cookies of this site and sign in again.',
  },
  handshake_missing: {
    status: 401,
    heading: HEADING,
    sentence: `This sign-in is not known here, or was finished before. ${OTHER_TAB}`,
  },
  handshake_expired: {
    status: 401,
    heading: HEADING,
    sentence: 'This sign-in began more than an hour ago, perhaps in an old tab.',
  },
  op_error: { status: 401, heading: HEADING, sentence: 'The identity provider did not complete the sign-in.' },
  rejected: { status: 401, heading: HEADING, sentence: 'The answer of the identity provider was not accepted.' },
  realm_changed: {
    status: 401,
    heading: HEADING,
    sentence: 'The settings of this way to sign in were changed meanwhile.',
  },
  unknown_issuer: { status: 401, heading: HEADING, sentence: 'The identity provider that sent you is not known here.' },
  cross_site_form: {
    status: 403,
    heading: 'That form came from elsewhere',
    sentence: 'Forms are accepted from our own pages only.',
  },
  not_found: { status: 404, heading: 'Page not found', sentence: 'There is nothing at this address.' },
  method_not_allowed: {
    status: 405,
    heading: 'That is not possible here',
    sentence: 'This address does not take that kind of request.',
  },
  too_large: {
    status: 413,
    heading: 'That is too much',
    sentence: 'The request is larger than what is accepted here.',
  },
  too_many_attempts: {
    status: 429,
    heading: 'Too many attempts',
    sentence: 'Several sign-ins were started within a minute and none came to its end. Wait a minute, then try again.',
    retryAfter: 60,
  },
  server_error: {
    status: 500,
    heading: 'Something went wrong',
    sentence: 'The fault is ours. If it persists, tell your administrator the reference below.',
  },
  logout_failed: {
    status: 503,
    heading: 'You are signed out here only',
    sentence:
      'Your session here has ended, but the sign-out could not be passed on. You may still be signed in at the identity provider.',
  },
  portal_credentials: {
    status: 503,
    heading: 'Signing in is not possible now',
    sentence: 'The portal is not set up correctly. Your administrator finds the reason in the log.',
    retryAfter: 30,
  },
  unavailable: {
    status: 503,
    heading: 'Signing in is not possible now',
    sentence: 'A part that is needed does not answer. Try again in a moment.',
    retryAfter: 30,
  },
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
