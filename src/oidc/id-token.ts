import { SecurityError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { readSubject } from './claims.ts'
import type { SignatureVerdict } from './jwks.ts'
import { textMember, type Jwt } from './jwt.ts'

export interface ExpectedIdToken {
  readonly issuer: string
  readonly clientId: string
  readonly nonce: string
  /** Seconds that the provider's clock may differ from ours. */
  readonly skew: number
}

/** An ID token that was found good. */
export interface IdToken {
  readonly subject: string
  /** The session at the provider (OIDC Back-Channel Logout 1.0 §2.1). */
  readonly sessionId: string | undefined
  /** Seconds. */
  readonly expiresAt: number
  readonly claims: JsonObject
}

const NO_KEY = 'Signed JWT rejected: Another algorithm expected, or no matching key(s) found'

/**
 * Checks what an ID token is before any key is looked for: signed, not encrypted, a JWT and no other kind of token,
 * and of the one algorithm that was agreed on.
 * @throws SecurityError `id_token_invalid`
 */
export function checkIdTokenForm(idToken: Jwt, algorithm: string): void {
  if (idToken.form === 'unsigned') refuse('Signed ID token expected')
  if (idToken.form === 'encrypted') refuse('Decryption of JWTs not configured')
  // RFC 8725 §3.11: other kinds of JWT are told apart by their type.
  const type = idToken.header['typ']
  if (type !== undefined && textMember(idToken.header, 'typ')?.toUpperCase() !== 'JWT')
    refuse(`JOSE header typ (type) ${shown(type)} not allowed`)
  // OIDC Core 1.0 §3.1.3.7 step 7. The algorithm comes from the settings, never from the token.
  if (idToken.algorithm !== algorithm) refuse(NO_KEY)
}

/**
 * OIDC Core 1.0 §3.1.3.7 steps 6 and 8, in every flow.
 * @throws SecurityError `id_token_invalid`
 */
export function checkSignatureVerdict(verdict: SignatureVerdict): void {
  switch (verdict) {
    case 'good':
      return
    case 'no_key':
      return refuse(NO_KEY)
    case 'bad_signature':
      return refuse('Signed JWT rejected: Invalid signature')
    case 'wrong_curve':
      return refuse('The key that fits the token is on another curve than its algorithm')
  }
}

/**
 * Reads the claims of an ID token whose signature is already known to be good (OIDC Core 1.0 §3.1.3.7).
 * @param now seconds
 * @throws SecurityError `id_token_invalid` for the first claim that is not as it must be
 */
export function readIdToken(claims: JsonObject, expected: ExpectedIdToken, now: number): IdToken {
  // Step 2. Character for character: a trailing slash makes another issuer.
  const issuer = textMember(claims, 'iss') ?? refuse('Missing JWT issuer (iss) claim')
  if (issuer !== expected.issuer) refuse(`Unexpected JWT issuer: ${issuer}`)

  // §2
  const subject = readSubject(claims) ?? refuse('Missing JWT subject (sub) claim')

  // Step 3
  const audience = readAudience(claims)
  if (audience.length === 0) refuse('Missing JWT audience (aud) claim')
  if (!audience.includes(expected.clientId)) refuse(`Unexpected JWT audience: [${audience.join(', ')}]`)

  // Steps 4 and 5. With one audience `azp` says nothing new.
  if (audience.length > 1) {
    const missing = 'JWT authorized party (azp) claim required when multiple (aud) audiences present'
    const party = textMember(claims, 'azp') ?? refuse(missing)
    if (party !== expected.clientId) refuse(`Unexpected JWT authorized party (azp) claim: ${party}`)
  }

  const expiresAt = readSeconds(claims, 'exp') ?? refuse('Missing JWT expiration (exp) claim')
  const issuedAt = readSeconds(claims, 'iat') ?? refuse('Missing JWT issue time (iat) claim')
  // Step 9. `exp` is the first second at which the token is dead.
  if (!(expiresAt + expected.skew > now)) refuse('Expired JWT')
  // Step 10
  if (!(issuedAt - expected.skew < now || issuedAt === now)) refuse('JWT issue time ahead of current time')
  // RFC 7519 §4.1.5
  const notBefore = readSeconds(claims, 'nbf')
  if (notBefore !== undefined && !(notBefore - expected.skew <= now)) refuse('JWT before use time')

  // Step 11, and in the code flow too: we always send a nonce.
  const nonce = textMember(claims, 'nonce') ?? refuse('Missing JWT nonce (nonce) claim')
  if (nonce !== expected.nonce) refuse(`Unexpected JWT nonce (nonce) claim: ${nonce}`)
  return { subject, sessionId: textMember(claims, 'sid'), expiresAt, claims }
}

/** Seconds since the epoch, also with a fraction (RFC 7519 §2, NumericDate). @returns `undefined` if absent */
function readSeconds(claims: JsonObject, name: 'exp' | 'iat' | 'nbf'): number | undefined {
  const value = claims[name] ?? undefined
  if (value === undefined) return undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : refuse(`Unexpected type of ${name} claim`)
}

function readAudience(claims: JsonObject): string[] {
  const value = claims['aud'] ?? []
  const audience = Array.isArray(value) ? value : [value]
  return audience.map((item) => (typeof item === 'string' ? item : refuse('Unexpected type of aud claim')))
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function refuse(why: string): never {
  throw new SecurityError('id_token_invalid', why)
}
