/** `simple_query_string`: which entries a text finds that somebody typed into a field for searching. */
import { isJsonObject, type Json } from '../kernel/json.ts'
import { countEdits } from '../kernel/nearest.ts'
import { matchesWildcard } from '../authz/pattern.ts'
import type { Condition } from './query-clause.ts'
import { analyze, listTerms, normalize, type SearchedFields } from './searched-field.ts'
import {
  readSimpleQuery,
  SIMPLE_QUERY_FLAGS,
  type SimpleQuery,
  type SimpleQueryFlag,
  type SimpleWords,
} from './simple-query.ts'

const MAX_LENGTH = 10_000
/** Longer words are compared as they are: counting edits is quadratic. */
const LONGEST_FUZZY = 64
/** They tell how a search engine is to go about it, or how to score what it finds. */
const WITHOUT_EFFECT = new Set([
  'analyze_wildcard',
  'auto_generate_synonyms_phrase_query',
  'boost',
  'fuzzy_max_expansions',
  'fuzzy_prefix_length',
  'fuzzy_transpositions',
  'lenient',
  '_name',
])

/** @param count is told of each part, in each field, and may throw; so may `refuse` */
export function readSimpleQueryString(
  content: Json,
  searched: SearchedFields,
  { count, refuse }: { count: () => void; refuse: (text: string) => never },
): Condition {
  const object = isJsonObject(content) ? content : refuse('[simple_query_string] requires an object')
  const { query: text, fields: named, default_operator: operator = 'or', flags = 'ALL', ...others } = object
  const unknown = Object.keys(others).find((name) => !WITHOUT_EFFECT.has(name))
  if (unknown !== undefined) refuse(`[simple_query_string] unsupported field [${unknown}]`)
  if (typeof text !== 'string') return refuse('[simple_query_string] query text missing')
  if (text.length > MAX_LENGTH) refuse(`[simple_query_string] is longer than ${MAX_LENGTH} characters`)
  const operation = readOperator(operator) ?? refuse('[default_operator] must be [and] or [or]')
  const fields = readFields(named)
  if (text.trim() === '*') return () => true
  const query = readSimpleQuery(text, operation, readFlags(flags))
  return query === undefined ? () => false : build(query)

  function readFields(value: Json | undefined): readonly string[] {
    if (value === undefined) return searched.names
    const list = Array.isArray(value) ? value : [value]
    return list.flatMap((entry) => {
      if (typeof entry !== 'string') return refuse('[fields] must be an array of names')
      // What follows the caret is a weight.
      const [name = ''] = entry.split('^')
      if (name.includes('*')) return searched.names.filter((field) => matchesWildcard(name, field))
      return searched.kindOf(name) === undefined ? refuse(`Field [${name}] is not allowed for querying`) : [name]
    })
  }

  function readFlags(value: Json): ReadonlySet<SimpleQueryFlag> {
    const names = typeof value === 'string' ? value.split('|') : refuse('[flags] must be names, joined by [|]')
    if (names.includes('ALL')) return new Set(SIMPLE_QUERY_FLAGS)
    const known = names.map((name) => (name === 'NEAR' ? 'SLOP' : name))
    const wrong = known.find((name) => name !== 'NONE' && !SIMPLE_QUERY_FLAGS.some((flag) => flag === name))
    if (wrong !== undefined) refuse(`Unknown simple_query_string flag [${wrong}]`)
    return new Set(SIMPLE_QUERY_FLAGS.filter((flag) => known.includes(flag)))
  }

  function build(part: SimpleQuery): Condition {
    if ('text' in part) return buildWords(part)
    count()
    if (part.type === 'not') {
      const holds = build(part.part)
      return (entry) => !holds(entry)
    }
    const parts = part.parts.map((each) => build(each))
    return part.type === 'and'
      ? (entry) => parts.every((holds) => holds(entry))
      : (entry) => parts.some((holds) => holds(entry))
  }

  function buildWords(part: SimpleWords): Condition {
    const tests = fields.map((field) => {
      count()
      return { field, matches: buildTermsTest(part, field) }
    })
    return (entry) => tests.some(({ field, matches }) => matches(listTerms(searched, entry, field)))
  }

  function buildTermsTest(part: SimpleWords, field: string): (terms: readonly string[]) => boolean {
    const kind = searched.kindOf(field) ?? 'name'
    if (part.type === 'prefix') {
      const start = normalize(kind, part.text)
      return (terms) => terms.some((term) => term.startsWith(start))
    }
    if (part.type === 'fuzzy') {
      const wanted = normalize(kind, part.text)
      return (terms) => terms.some((term) => isNear(term, wanted, part.edits))
    }
    const words = analyze(kind, part.text)
    if (words.length === 0) return () => false
    if (part.type === 'phrase' && kind === 'text') return (terms) => hasPhrase(terms, words, part.slop)
    return operation === 'and' || part.type === 'phrase'
      ? (terms) => words.every((word) => terms.includes(word))
      : (terms) => words.some((word) => terms.includes(word))
  }
}

/** In any letter case. */
export function readOperator(value: Json): 'and' | 'or' | undefined {
  const operator = typeof value === 'string' ? value.toLowerCase() : ''
  return operator === 'and' || operator === 'or' ? operator : undefined
}

function isNear(term: string, wanted: string, edits: number): boolean {
  if (term === wanted) return true
  if (wanted.length > LONGEST_FUZZY || Math.abs(term.length - wanted.length) > edits) return false
  return countEdits(term, wanted) <= edits
}

/** The words one after the other; with slop, all of them with so many others between. */
function hasPhrase(terms: readonly string[], words: readonly string[], slop: number): boolean {
  return terms.some((_term, start) => {
    if (slop === 0) return words.every((word, place) => terms[start + place] === word)
    const near = new Set(terms.slice(start, start + words.length + slop))
    return words.every((word) => near.has(word))
  })
}
