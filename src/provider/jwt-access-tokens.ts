/**
 * Reads the access tokens that are JWTs (RFC 9068) when they come back as hints. They are nowhere stored: what counts is
 * our own signature, by a key that is still published. No sign-out and no revocation reaches them; they end by themselves.
 */
import { compactVerify, createLocalJWKSet, type JWK } from 'jose'
import { readJsonObject } from '../kernel/json.ts'

/** The algorithms of our keys. None of them is symmetric. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256']

export interface JwtAccessToken {
  readonly clientId: string
  readonly accountId: string
  /** The client's session id; absent if the token has none. */
  readonly sid: string | undefined
  /** Seconds. */
  readonly expiresAt: number
}

/** @returns `undefined` if it is no JWT access token of ours; its age does not matter */
export type ReadJwtAccessToken = (token: string) => Promise<JwtAccessToken | undefined>

export function createJwtAccessTokens(issuer: string, keys: readonly JWK[]): ReadJwtAccessToken {
  const keySet = createLocalJWKSet({ keys: keys.map((key) => publicPartOf(key)) })

  return async (token) => {
    const payload = await verify(token)
    if (payload === undefined) return undefined
    const { iss, client_id: clientId, sub: accountId, exp, sid } = payload
    if (iss !== issuer || typeof clientId !== 'string' || typeof accountId !== 'string') return undefined
    return {
      clientId,
      accountId,
      sid: typeof sid === 'string' ? sid : undefined,
      expiresAt: typeof exp === 'number' ? exp : 0,
    }
  }

  async function verify(token: string) {
    try {
      const { payload, protectedHeader } = await compactVerify(token, keySet, { algorithms: ALGORITHMS })
      // RFC 9068 §4: an ID token or a logout token is none.
      if (protectedHeader.typ !== 'at+jwt') return undefined
      return readJsonObject(Buffer.from(payload).toString())
    } catch {
      return undefined
    }
  }
}

function publicPartOf({ kty, n, e, crv, x, y, kid, use }: JWK): JWK {
  const parts = { kty, n, e, crv, x, y, kid, use }
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined))
}
