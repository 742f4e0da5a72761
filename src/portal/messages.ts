/** The messages that a redirect may ask the login and logged-out pages to show, by code: no text comes from outside. */
export interface Message {
  readonly kind: 'info' | 'error'
  readonly text: string
}

const MESSAGES: Readonly<Record<string, Message>> = {
  SESSION_EXPIRED: { kind: 'info', text: 'Your session has timed out. Please log in again.' },
  SESSION_IDLE_TIMEOUT: { kind: 'info', text: 'Your session has timed out due to inactivity. Please log in again.' },
  SESSION_LIFESPAN_TIMEOUT: {
    kind: 'info',
    text: 'Your session has reached its maximum duration. Please log in again.',
  },
  CONCURRENCY_LIMIT: { kind: 'info', text: 'You have logged in on another device. Please log in again.' },
  AUTHENTICATION_ERROR: {
    kind: 'error',
    text: 'An unexpected authentication error occurred. Please log in again.',
  },
  LOGGED_OUT: { kind: 'info', text: 'You have logged out.' },
  UNAUTHENTICATED: {
    kind: 'error',
    text: 'We hit an authentication error. Try logging in again, and if the problem persists, contact your administrator.',
  },
}

/** @returns `undefined` for a code that is not known */
export function findMessage(code: string | null): Message | undefined {
  return code !== null && Object.hasOwn(MESSAGES, code) ? MESSAGES[code] : undefined
}

export const WRONG_CREDENTIALS: Message = {
  kind: 'error',
  text: 'Username or password is incorrect. Please try again.',
}
export const NOT_NOW: Message = { kind: 'error', text: "We couldn't log you in. Please try again." }
