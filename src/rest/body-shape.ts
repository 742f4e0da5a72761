/**
 * What the OpenAPI document says of a body: its fields and their types. It describes; what is taken is decided by the
 * reader of the route alone, and a test holds the two together.
 */
import type { JsonObject } from '../kernel/json.ts'

/** JSON Schema by field. */
export type BodyShape = { readonly [field: string]: JsonObject }

export const TEXT: JsonObject = { type: 'string' }
export const FLAG: JsonObject = { type: 'boolean' }
export const NUMBER: JsonObject = { type: 'integer' }
export const OBJECT: JsonObject = { type: 'object' }
export const TEXTS: JsonObject = { type: 'array', items: TEXT }
export const OBJECTS: JsonObject = { type: 'array', items: OBJECT }
export const VALUES: JsonObject = { type: 'array' }

/** A body of nothing but texts. */
export function describeTexts(fields: readonly string[]): BodyShape {
  return Object.fromEntries(fields.map((field) => [field, TEXT]))
}
