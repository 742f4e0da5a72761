/**
 * What can be searched: the fields of an entry, and the terms that their values are found by. Names are terms as a whole;
 * texts are found by their words, in lower case, as in the indices of Elasticsearch.
 */
import type { Json } from '../kernel/json.ts'

/** An entry that is searched: its id, and its values by field. */
export interface Entry {
  readonly id: string
  readonly values: (field: string) => readonly Json[]
}

export type FieldKind = 'name' | 'text' | 'email'

export interface SearchedFields {
  /** Those that are searched where none is named. */
  readonly names: readonly string[]
  /** `undefined`: nobody may ask for it. */
  kindOf(field: string): FieldKind | undefined
}

/** The terms of a field, in their order. */
export function listTerms(fields: SearchedFields, { values }: Entry, field: string): string[] {
  const kind = fields.kindOf(field) ?? 'name'
  return values(field).flatMap((value) => analyze(kind, formatTerm(value)))
}

/** The terms that a text consists of. */
export function analyze(kind: FieldKind, text: string): string[] {
  if (kind === 'name') return [text]
  const lower = text.toLowerCase()
  if (kind === 'text') return lower.match(/[\p{L}\p{N}]+(?:['\u2019.][\p{L}\p{N}]+)*/gu) ?? []
  return lower.match(/[^\s@]+(?:@[^\s@]+)?/gu)?.flatMap((address) => splitAddress(address)) ?? []
}

/** The address, its two sides, and the letters and digits of each. */
function splitAddress(address: string): string[] {
  return [...new Set([address, ...address.split('@'), ...(address.match(/\p{L}+|\p{Nd}+/gu) ?? [])])]
}

/** In a text, what is looked for is in lower case, as its words are. */
export function normalize(kind: FieldKind, text: string): string {
  return kind === 'name' ? text : text.toLowerCase()
}

/** Values are compared as texts: `true` and `"true"` are the same term. */
export function formatTerm(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
