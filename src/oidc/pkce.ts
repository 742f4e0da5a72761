import { hash } from 'node:crypto'
import type { Hmac } from '../kernel/hmac.ts'
import { joinParts } from './state.ts'

/**
 * The verifier of a login, 43 characters (RFC 7636 §4.1). It is derived, not stored: any node that has the key can
 * finish a login that another began.
 */
export function deriveCodeVerifier(hmac: Hmac, realm: string, state: string, nonce: string): string {
  return hmac(joinParts([realm, state, nonce])).toString('base64url')
}

/** The `S256` challenge of a verifier (RFC 7636 §4.2). */
export function buildCodeChallenge(verifier: string): string {
  return hash('sha256', verifier, 'base64url')
}
