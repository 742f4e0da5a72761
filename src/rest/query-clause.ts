/**
 * The part of Elasticsearch's query language that needs no search engine: a query becomes a test of single entries.
 * Every other kind of query is refused by its name.
 */
import { checkWildcard, matchesWildcard } from '../authz/pattern.ts'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts'
import { analyze, type Entry, type FieldKind, formatTerm, listTerms, normalize } from './searched-field.ts'
import type { SearchedFields } from './searched-field.ts'
import { readOperator, readSimpleQueryString } from './simple-query-clause.ts'

export type Condition = (entry: Entry) => boolean

/** As many as Lucene takes. */
const MAX_CLAUSES = 1024

/** @throws SecurityError `argument_illegal` */
export function readCondition(query: Json, fields: SearchedFields): Condition {
  let clauses = 0
  return read(query)

  function count(): void {
    clauses++
    if (clauses > MAX_CLAUSES) refuse(`a query may have at most ${MAX_CLAUSES} clauses`)
  }

  function read(clause: Json): Condition {
    count()
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
      case 'match':
        return readMatch(content)
      case 'range':
        return readRange(content)
      case 'prefix':
        return readText(content, ['value'], (text, wanted) => text.startsWith(wanted))
      case 'wildcard':
        return readText(content, ['value', 'wildcard'], (text, wanted) => matchesWildcard(wanted, text), checkWildcard)
      case 'simple_query_string':
        return readSimpleQueryString(content, fields, { count, refuse })
      case 'bool':
        return readBool(content)
      default:
        return refuse(`Query type [${type}] is not currently supported in this context`)
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
    const { inner, has } = readField(content, 'term')
    const { value, ignoreCase } = readValue(inner, ['value'])
    const wanted = fold(formatTerm(value), ignoreCase)
    return has((term) => fold(term, ignoreCase) === wanted)
  }

  function readTerms(content: Json): Condition {
    const { boost: _boost, ...named } = isJsonObject(content) ? content : {}
    const { field, inner, has } = readField(named, 'terms')
    if (isJsonObject(inner)) refuse('terms query with terms lookup is not currently supported in this context')
    if (!Array.isArray(inner)) return refuse(`[terms] query requires an array of terms for [${field}]`)
    const wanted = new Set(inner.map((value) => formatTerm(readScalar(value))))
    return has((term) => wanted.has(term))
  }

  function readMatch(content: Json): Condition {
    const { field, kind, inner } = readField(content, 'match')
    const { query = null, operator = 'or', ...others } = isJsonObject(inner) ? inner : { query: inner }
    checkOptions('match', others, ['boost', 'lenient', '_name'])
    const words = analyze(kind, formatTerm(readScalar(query)))
    const how = readOperator(operator) ?? refuse('[operator] must be [and] or [or]')
    return (entry) => {
      const found = new Set(listTerms(fields, entry, field))
      return how === 'and' && words.length > 0
        ? words.every((word) => found.has(word))
        : words.some((word) => found.has(word))
    }
  }

  function readRange(content: Json): Condition {
    const { field, inner, has } = readField(content, 'range')
    const limits = isJsonObject(inner) ? inner : refuse(`[range] query malformed, no limits for [${field}]`)
    if ('relation' in limits) refuse('range query with relation is not currently supported in this context')
    const { gt, gte, lt, lte, ...others } = limits
    checkOptions('range', others, ['boost', '_name'])
    const read = (limit: Json = null) => (limit === null ? undefined : formatTerm(readScalar(limit)))
    const [above, from, below, to] = [read(gt), read(gte), read(lt), read(lte)]
    // Names are in the order of their letters, numbers included: nothing that is searched is a number.
    return has(
      (term) =>
        (above === undefined || term > above) &&
        (from === undefined || term >= from) &&
        (below === undefined || term < below) &&
        (to === undefined || term <= to),
    )
  }

  function readText(
    content: Json,
    names: readonly string[],
    matches: (text: string, wanted: string) => boolean,
    check: (wanted: string) => void = () => {},
  ): Condition {
    const type = names.at(-1) === 'wildcard' ? 'wildcard' : 'prefix'
    const { kind, inner, has } = readField(content, type)
    const { value, ignoreCase } = readValue(inner, names)
    // Elasticsearch takes wildcards to the case of the words, and prefixes as they are.
    const given = type === 'wildcard' ? normalize(kind, formatTerm(value)) : formatTerm(value)
    const wanted = fold(given, ignoreCase)
    check(wanted)
    return has((term) => matches(fold(term, ignoreCase), wanted))
  }

  function readBool(content: Json): Condition {
    const object = isJsonObject(content) ? content : refuse('[bool] requires an object')
    const { must = [], filter = [], should = [], must_not: not = [], minimum_should_match: minimum, ...others } = object
    checkOptions('bool', others, ['boost', '_name'])
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

  /** The one field that a query of terms is about, and what is said of it. */
  function readField(content: Json, type: string) {
    const [field, inner] = readOnly(content, type)
    const kind = checkField(field)
    const has =
      (matches: (term: string) => boolean): Condition =>
      (entry) =>
        listTerms(fields, entry, field).some((term) => matches(term))
    return { field, kind, inner, has }
  }

  function checkField(field: string): FieldKind {
    return fields.kindOf(field) ?? refuse(`Field [${field}] is not allowed for querying`)
  }
}

/** What tells a search engine how to score is passed over. */
function checkOptions(type: string, given: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined) refuse(`[${type}] query does not support [${unknown}]`)
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

function fold(text: string, ignoreCase: boolean): string {
  return ignoreCase ? text.toLowerCase() : text
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
  return found.flatMap((value) => listEnds(value))
}

function listEnds(value: Json): Json[] {
  if (value === null) return []
  return typeof value === 'object' ? Object.values(value).flatMap((inner) => listEnds(inner)) : [value]
}
