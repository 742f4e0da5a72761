import type { Json, JsonObject } from '../kernel/json.ts'

export type Scalar = string | number | boolean

const PLAIN_DECIMAL = new Intl.NumberFormat('en', { useGrouping: false, maximumFractionDigits: 100 })

/**
 * Finds a claim: by its plain name, in which dots and slashes mean nothing, or, if the name begins with `/`, by a JSON
 * pointer (RFC 6901).
 */
export function findClaim(claims: JsonObject, name: string): Json | undefined {
  if (!name.startsWith('/')) return member(claims, name)
  const tokens = name.slice(1).split('/')
  return tokens.reduce<Json | undefined>(
    (value, token) => member(value, token.replaceAll('~1', '/').replaceAll('~0', '~')),
    claims,
  )
}

/** A value that stands for itself, or a list of only such: what can be mapped, and shown as metadata. */
export function readScalars(value: Json): Scalar[] | undefined {
  const values = Array.isArray(value) ? value : [value]
  return values.every(isScalar) ? values : undefined
}

/**
 * The text of a value; numbers in plain decimal.
 * @returns `undefined` for an integer that was rounded when it was read: two users must not become one
 */
export function readText(value: Scalar): string | undefined {
  if (typeof value !== 'number') return String(value)
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return undefined
  const text = String(value)
  return text.includes('e') ? PLAIN_DECIMAL.format(value) : text
}

/**
 * The subject of a set of claims (OIDC Core 1.0 §2); a number counts as its text.
 * @returns `undefined` if it is missing, empty, or no text
 */
export function readSubject(claims: JsonObject): string | undefined {
  const subject = member(claims, 'sub')
  if (typeof subject !== 'string' && typeof subject !== 'number') return undefined
  return readText(subject) || undefined
}

function isScalar(value: Json): value is Scalar {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined
  return Object.hasOwn(value, name) ? value[name] : undefined
}
