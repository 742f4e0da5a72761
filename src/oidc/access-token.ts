import { createHash } from 'node:crypto'
import { SecurityError } from '../kernel/errors.ts'
import type { Jwt } from './jwt.ts'

/**
 * Checks the provider's access token, if there is one, against the ID token that came with it (OIDC Core 1.0 §3.1.3.8
 * and §3.2.2.9). The signature of the ID token is checked after it: a forged hash fails there.
 * @param hashRequired whether `at_hash` must be there: it must when the access token came by way of the browser
 * @throws SecurityError `access_token_invalid`
 */
export function checkAccessToken(
  tokens: { readonly idToken: Jwt; readonly accessToken: string | undefined; readonly tokenType: string },
  hashRequired: boolean,
): void {
  const { idToken, accessToken, tokenType } = tokens
  if (accessToken === undefined) return
  if (tokenType.toLowerCase() !== 'bearer')
    refuse(`Invalid access token type [${tokenType}], while [Bearer] was expected`)
  const hash = idToken.claims?.['at_hash'] ?? ''
  if (typeof hash !== 'string') refuse('The at_hash claim of the ID Token is not a string')
  const missing = hash.trim() === ''
  if (missing && hashRequired) refuse("Failed to verify access token. ID Token doesn't contain at_hash claim ")
  if (!missing && hash !== hashAccessToken(accessToken, idToken.algorithm))
    refuse('Access token hash (at_hash) mismatch')
}

/** The left half of the hash that belongs to the ID token's `alg`, base64url. @returns `undefined` for other `alg`s */
function hashAccessToken(accessToken: string, algorithm: string): string | undefined {
  const size = /(256|384|512)$/.exec(algorithm)?.[1]
  if (size === undefined) return undefined
  const hash = createHash(`sha${size}`).update(accessToken, 'ascii').digest()
  return hash.subarray(0, hash.length / 2).toString('base64url')
}

function refuse(why: string): never {
  throw new SecurityError('access_token_invalid', 'Failed to verify access token.', new Error(why))
}
