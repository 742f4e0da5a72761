import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts'

/**
 * Joins the claims of the ID token and of userinfo. Single values of the ID token win, arrays are joined, objects are
 * merged by the same rules; what contradicts in its type fails the login.
 * @throws SecurityError `claims_unmergeable`
 */
export function mergeClaims(idToken: JsonObject, userinfo: JsonObject): JsonObject {
  return mergeObjects(idToken, userinfo, (name, left, right) =>
    // The audience of userinfo may be another one; the ID token's alone was checked.
    name === 'aud' ? withoutDuplicates([...stringsIn(left), ...stringsIn(right)]) : mergeValues(name, left, right),
  )
}

/** Nulls count as absent. From entries, as a claim may be called `__proto__`. */
function mergeObjects(
  left: JsonObject,
  right: JsonObject,
  merge: (name: string, left: Json, right: Json) => Json,
): JsonObject {
  const merged = new Map(presentEntries(left))
  for (const [name, value] of presentEntries(right)) {
    const other = merged.get(name)
    merged.set(name, other === undefined ? value : merge(name, other, value))
  }
  return Object.fromEntries(merged)
}

function mergeValues(name: string, left: Json, right: Json): Json {
  if (Array.isArray(left)) {
    if (Array.isArray(right)) return withoutDuplicates([...left, ...right])
    return typeof right === 'string' ? withoutDuplicates([...left, right]) : left
  }
  if (isJsonObject(left)) {
    if (isJsonObject(right)) return mergeObjects(left, right, mergeValues)
    return refuse(`Error while merging ID token and userinfo claims. Cannot merge a Map with a [${typeOf(right)}]`)
  }
  if (typeof left === typeof right) return left
  if (typeof left === 'boolean' && right === String(left)) return left
  if (typeof right === 'boolean' && left === String(right)) return right
  return refuse(
    `Error merging ID token and userinfo claim value for claim [${name}]. ` +
      `Cannot merge [${typeOf(left)}] with [${typeOf(right)}]`,
  )
}

function presentEntries(object: JsonObject): [string, Json][] {
  return Object.entries(object).filter(([, value]) => value !== null)
}

function stringsIn(value: Json): string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string')
}

/** In linear time, as a provider may send long lists. */
function withoutDuplicates(values: readonly Json[]): Json[] {
  return [...new Map(values.map((value) => [JSON.stringify(value, sortMembers), value])).values()]
}

function sortMembers(_name: string, value: unknown): unknown {
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function typeOf(value: Json): string {
  return Array.isArray(value) ? 'array' : typeof value
}

function refuse(detail: string): never {
  throw new SecurityError('claims_unmergeable', detail)
}
