/**
 * The part of Elasticsearch's query language that needs no search engine: a query becomes a test of single entries.
 * Every other kind of query is refused by its name.
 */
import { checkWildcard, matchesWildcard } from '../authz/pattern.ts'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts'

/** An entry that is searched: its id, and its values by field. */
export interface Entry {
  readonly id: string
  readonly values: (field: string) => readonly Json[]
}

export type Condition = (entry: Entry) => boolean

/** As many as Lucene takes. */
const MAX_CLAUSES = 1024

/**
 * @param isField whether a field may be asked for
 * @throws SecurityError `argument_illegal`
 */
export function readCondition(query: Json, isField: (field: string) => boolean): Condition {
  let clauses = 0
  return read(query)

  function read(clause: Json): Condition {
    clauses++
    if (clauses > MAX_CLAUSES) refuse(`a query may have at most ${MAX_CLAUSES} clauses`)
    const [type, content] = readOnly(clause, 'query')
    switch (type) {
      case 'match_all':
        return () => true
      case 'ids':
        return readIds(content)
      case 'exists':
        return readExists(content)
      case 'term':
        return readTerm(content)
      case 'terms':
        return readTerms(content)
      case 'prefix':
        return readText(content, ['value'], (text, wanted) => text.startsWith(wanted))
      case 'wildcard':
        return readText(content, ['value', 'wildcard'], (text, wanted) => matchesWildcard(wanted, text), checkWildcard)
      case 'bool':
        return readBool(content)
      default:
        return refuse(`Query type [${type}] is not supported: there is no search engine`)
    }
  }

  function readIds(content: Json): Condition {
    const values = isJsonObject(content) ? content['values'] : undefined
    if (!Array.isArray(values)) return refuse('[ids] requires values to be specified')
    const wanted = new Set(values)
    return ({ id }) => wanted.has(id)
  }

  function readExists(content: Json): Condition {
    const field = isJsonObject(content) ? content['field'] : undefined
    if (typeof field !== 'string') return refuse('[exists] must be provided with a [field]')
    checkField(field)
    return ({ values }) => values(field).length > 0
  }

  function readTerm(content: Json): Condition {
    const [field, term] = readField(content, 'term')
    const { value, ignoreCase } = readValue(term, ['value'])
    const wanted = fold(value, ignoreCase)
    return ({ values }) => values(field).some((candidate) => fold(candidate, ignoreCase) === wanted)
  }

  function readTerms(content: Json): Condition {
    const [field, list] = readField(content, 'terms')
    if (!Array.isArray(list)) return refuse(`[terms] query requires an array of terms for [${field}]`)
    const wanted = new Set(list.map((value) => fold(value, false)))
    return ({ values }) => values(field).some((candidate) => wanted.has(fold(candidate, false)))
  }

  function readText(
    content: Json,
    names: readonly string[],
    matches: (text: string, wanted: string) => boolean,
    check: (wanted: string) => void = () => {},
  ): Condition {
    const [field, text] = readField(content, names.at(-1) ?? '')
    const { value, ignoreCase } = readValue(text, names)
    const wanted = fold(value, ignoreCase)
    check(wanted)
    return ({ values }) =>
      values(field).some((candidate) => typeof candidate === 'string' && matches(fold(candidate, ignoreCase), wanted))
  }

  function readBool(content: Json): Condition {
    const object = isJsonObject(content) ? content : refuse('[bool] requires an object')
    const { must = [], filter = [], should = [], must_not: not = [], minimum_should_match: minimum, ...others } = object
    const unknown = Object.keys(others)[0]
    if (unknown !== undefined) refuse(`[bool] query does not support [${unknown}]`)
    const all = [...list(must), ...list(filter)].map((clause) => read(clause))
    const some = list(should).map((clause) => read(clause))
    const none = list(not).map((clause) => read(clause))
    // A "should" decides only where nothing else is demanded.
    const least = minimum ?? (all.length === 0 && some.length > 0 ? 1 : 0)
    if (typeof least !== 'number' || !Number.isInteger(least) || least < 0) {
      refuse('[minimum_should_match] must be a whole number')
    }
    return (entry) =>
      all.every((holds) => holds(entry)) &&
      !none.some((holds) => holds(entry)) &&
      some.filter((holds) => holds(entry)).length >= least
  }

  function readField(content: Json, type: string): [field: string, value: Json] {
    const entry = readOnly(content, type)
    checkField(entry[0])
    return entry
  }

  function checkField(field: string): void {
    if (!isField(field)) refuse(`Field [${field}] is not allowed for querying`)
  }
}

/** `value`, or `{value, case_insensitive}`. */
function readValue(content: Json, names: readonly string[]): { value: Json; ignoreCase: boolean } {
  if (!isJsonObject(content)) return { value: readScalar(content), ignoreCase: false }
  const { case_insensitive: ignoreCase = false, ...rest } = content
  const [name, value] = readOnly(rest, 'value')
  if (!names.includes(name)) refuse(`query does not support [${name}]`)
  if (typeof ignoreCase !== 'boolean') refuse('[case_insensitive] must be true or false')
  return { value: readScalar(value), ignoreCase }
}

function readScalar(value: Json): Json {
  return typeof value === 'object' ? refuse('a value must be a text, a number, true or false') : value
}

/** The one field of an object. */
function readOnly(value: Json, what: string): [name: string, value: Json] {
  const entries: [string, Json][] = isJsonObject(value) ? Object.entries(value) : []
  const [only] = entries
  return only === undefined || entries.length > 1 ? refuse(`[${what}] must be an object with exactly one field`) : only
}

function list(clauses: Json): Json[] {
  return Array.isArray(clauses) ? clauses : [clauses]
}

function fold(value: Json, ignoreCase: boolean): string {
  return ignoreCase ? formatTerm(value).toLowerCase() : formatTerm(value)
}

/** Values are compared as texts: `true` and `"true"` are the same term. */
export function formatTerm(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function refuse(text: string): never {
  throw new SecurityError('argument_illegal', text)
}

/** For reading paths such as `metadata.team` or `applications.privileges`: all values at their ends. */
export function listValues(body: JsonObject, path: string): Json[] {
  let found: Json[] = [body]
  for (const name of path.split('.')) {
    found = found.flatMap((value) => (Array.isArray(value) ? value : [value]))
    found = found.flatMap((value) => (isJsonObject(value) && Object.hasOwn(value, name) ? [value[name] ?? null] : []))
  }
  return found.flatMap((value) => (Array.isArray(value) ? value : [value])).filter((value) => value !== null)
}
