import { createHmac, hash, type KeyObject } from 'node:crypto'
import { joinParts } from './state.ts'

/**
 * The verifier of a login, 43 characters (RFC 7636 §4.1). It is derived, not stored: any node that has the key can
 * finish a login that another began.
 */
export function deriveCodeVerifier(key: KeyObject, realm: string, state: string, nonce: string): string {
  return createHmac('sha256', key)
    .update(joinParts([realm, state, nonce]))
    .digest('base64url')
}

/** The `S256` challenge of a verifier (RFC 7636 §4.2). */
export function buildCodeChallenge(verifier: string): string {
  return hash('sha256', verifier, 'base64url')
}
