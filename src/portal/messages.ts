/** The messages that a redirect may ask the login and logged-out pages to show, by code: no text comes from outside. */
import type { Texts } from './texts.ts'

export interface Message {
  readonly kind: 'info' | 'error'
  readonly text: string
}

const KINDS = {
  SESSION_EXPIRED: 'info',
  SESSION_IDLE_TIMEOUT: 'info',
  SESSION_LIFESPAN_TIMEOUT: 'info',
  CONCURRENCY_LIMIT: 'info',
  AUTHENTICATION_ERROR: 'error',
  LOGGED_OUT: 'info',
  UNAUTHENTICATED: 'error',
} as const satisfies Record<string, Message['kind']>

export type MessageCode = keyof typeof KINDS

/** @returns `undefined` for a code that is not known */
export function readMessageCode(code: string | null): MessageCode | undefined {
  return code !== null && Object.hasOwn(KINDS, code) ? (code as MessageCode) : undefined
}

export function buildMessage(code: MessageCode | undefined, texts: Texts): Message | undefined {
  return code && { kind: KINDS[code], text: texts.messages[code] }
}
