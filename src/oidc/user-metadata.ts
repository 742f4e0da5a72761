import type { JsonObject } from '../kernel/json.ts'
import { readScalars } from './claims.ts'

/** Dates of the token, not of the user; and the raw ID token, which is like a credential. */
const LEFT_OUT = new Set(['exp', 'iat', 'nbf', 'id_token_hint'])

/** The metadata of a user: `oidc(<claim>)` for each claim that is a string, number or boolean, or a list of only such. */
export function buildUserMetadata(claims: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(claims).flatMap(([name, value]) => {
      const scalars = LEFT_OUT.has(name) ? undefined : readScalars(value)
      if (scalars === undefined) return []
      // `aud` may be a string or a list (RFC 7519 §4.1.3): for whoever reads it, it is always a list.
      return [[`oidc(${name})`, name === 'aud' ? scalars : value]]
    }),
  )
}
