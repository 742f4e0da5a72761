/** The bodies of `_security/_query/*`: a query, an order and a page of what it finds. */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts'
import { type Condition, listValues, readCondition } from './query-clause.ts'
import { readObject } from './request-body.ts'
import { formatTerm, type SearchedFields } from './searched-field.ts'

export interface Search {
  readonly condition: Condition
  readonly order: readonly { readonly field: string; readonly descending: boolean }[]
  readonly from: number
  readonly size: number
  /** The place in the order after which the page begins. */
  readonly after: readonly Json[] | undefined
}

interface Page {
  readonly total: number
  readonly found: { readonly body: JsonObject; readonly sort: Json[] | undefined }[]
}

const FIELDS = ['query', 'from', 'size', 'sort', 'search_after']
const DEFAULT_SIZE = 10
const LARGEST_WINDOW = 10_000

/** @throws SecurityError `field_unparsable`, `argument_illegal` */
export function readSearch(parser: string, body: Json | undefined, fields: SearchedFields): Search {
  const object = body === undefined ? {} : readObject(parser, body, FIELDS)
  const { query = { match_all: {} }, sort = [], search_after: after } = object
  const from = readCount('from', object['from'], 0)
  const size = readCount('size', object['size'], DEFAULT_SIZE)
  if (from + size > LARGEST_WINDOW) {
    refuse(`Result window is too large, from + size must be less than or equal to: [${LARGEST_WINDOW}]`)
  }
  const order = (Array.isArray(sort) ? sort : [sort]).flatMap((entry) => readOrder(entry))
  for (const { field } of order) {
    // Of a text, there is no order.
    if (fields.kindOf(field) !== 'name') refuse(`sorting is not supported for field [${field}]`)
  }
  if (after !== undefined) {
    if (!Array.isArray(after) || after.length !== order.length || order.length === 0) {
      refuse('[search_after] must have one value for each field of [sort]')
    }
    if (from > 0) refuse('[from] parameter must be set to 0 when [search_after] is used')
  }
  return { condition: readCondition(query, fields), order, from, size, after }
}

/** @param idField the field that names an entry */
export function search(
  bodies: readonly JsonObject[],
  { condition, order, from, size, after }: Search,
  idField: string,
): Page {
  const matching = bodies.filter((body) =>
    condition({ id: formatTerm(body[idField] ?? null), values: (field) => listValues(body, field) }),
  )
  const placed = matching.map((body) => ({
    body,
    sort: order.length === 0 ? undefined : order.map(({ field }) => listValues(body, field)[0] ?? null),
  }))
  if (order.length > 0) placed.sort((a, b) => compare(a.sort ?? [], b.sort ?? []))
  const left = after === undefined ? placed : placed.filter(({ sort = [] }) => compare(sort, after) > 0)
  return { total: matching.length, found: left.slice(from, from + size) }

  function compare(a: readonly Json[], b: readonly Json[]): number {
    for (const [index, { descending }] of order.entries()) {
      const difference = compareValues(a[index] ?? null, b[index] ?? null, descending)
      if (difference !== 0) return difference
    }
    return 0
  }
}

/** What is missing comes last in any direction. */
function compareValues(a: Json, b: Json, descending: boolean): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? 1 : -1
  const before = typeof a === 'number' && typeof b === 'number' ? a < b : formatTerm(a) < formatTerm(b)
  return before === descending ? 1 : -1
}

/** `"field"`, `{"field": "desc"}` or `{"field": {"order": "desc"}}`. */
function readOrder(entry: Json): { field: string; descending: boolean }[] {
  if (typeof entry === 'string') return [{ field: entry, descending: false }]
  if (!isJsonObject(entry)) return refuse('[sort] must be a field, an object or an array of these')
  return Object.entries(entry).map(([field, how]) => {
    const order = isJsonObject(how) ? (how['order'] ?? 'asc') : how
    if (order !== 'asc' && order !== 'desc') refuse(`[sort] of [${field}] must be [asc] or [desc]`)
    return { field, descending: order === 'desc' }
  })
}

function readCount(name: string, value: Json | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || !Number.isInteger(value)) return refuse(`[${name}] must be a whole number`)
  return value < 0 ? refuse(`[${name}] parameter cannot be negative but was [${value}]`) : value
}

function refuse(text: string): never {
  throw new SecurityError('argument_illegal', text)
}
