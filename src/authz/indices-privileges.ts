/** What a role says about indices: kept and shown, and read with Elasticsearch's messages. */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject, nameJsonToken } from '../kernel/json.ts'
import { readStringArray } from './body-fields.ts'
import { matchesWildcard } from './pattern.ts'

/** Its fields have the names of the wire, in the order in which they are shown. */
export type IndicesPrivileges = {
  names: string[]
  privileges: string[]
  field_security?: FieldSecurity
  /** Text of JSON. */
  query?: string
  allow_restricted_indices: boolean
}

type FieldSecurity = { grant: string[]; except?: string[] }

const MAX_QUERY_DEPTH = 100

/** @throws SecurityError `body_unparsable` */
export function readIndices(role: string, field: string, value: Json): IndicesPrivileges[] {
  return readIndexEntries(role, field, value).map((entry) => readEntry(role, entry))
}

/** As `readIndices`, for indices of other clusters. */
export function readRemoteIndices(
  role: string,
  field: string,
  value: Json,
): (IndicesPrivileges & { clusters: string[] })[] {
  return readIndexEntries(role, field, value).map(({ clusters, ...entry }) => {
    if (clusters === undefined) refuse(role, 'missing required [clusters] field')
    return Object.assign(readEntry(role, entry), { clusters: readNames(role, 'clusters', clusters) })
  })
}

function readIndexEntries(role: string, field: string, value: Json): JsonObject[] {
  const expected = `expected field [${field}] value to be an array`
  if (!Array.isArray(value)) refuse(role, `${expected}, but found [${nameJsonToken(value)}] instead`)
  return value.map((entry) =>
    isJsonObject(entry)
      ? entry
      : refuse(role, `${expected} of objects, but found an array element of type [${nameJsonToken(entry)}]`),
  )
}

function readEntry(role: string, entry: JsonObject): IndicesPrivileges {
  const { names, privileges, field_security, query, allow_restricted_indices: restricted = false, ...others } = entry
  const unexpected = Object.keys(others)[0]
  if (unexpected !== undefined) refuse(role, `unexpected field [${unexpected}]`)
  if (names === undefined) refuse(role, 'missing required [names] field')
  if (privileges === undefined || privileges === null) refuse(role, 'missing required [privileges] field')
  if (typeof restricted !== 'boolean') refuseType(role, 'allow_restricted_indices', 'a boolean', restricted)
  return {
    names: readIndexNames(role, names),
    privileges: readNames(role, 'privileges', privileges),
    ...(field_security === undefined ? {} : { field_security: readFieldSecurity(role, field_security) }),
    ...(query === undefined || query === null || query === '' ? {} : { query: readQuery(role, query) }),
    allow_restricted_indices: restricted,
  }
}

function readIndexNames(role: string, names: Json): string[] {
  if (typeof names === 'string') return [names]
  if (!Array.isArray(names)) refuseType(role, 'names', 'a string or an array of strings', names)
  if (names.length === 0) refuse(role, '[names] cannot be an empty array')
  return readNames(role, 'names', names)
}

function readFieldSecurity(role: string, value: Json): FieldSecurity {
  if (!isJsonObject(value)) refuseType(role, 'field_security', 'an object', value)
  const { grant, except, ...others } = value
  const other = Object.keys(others)[0]
  if (other !== undefined) refuse(role, `"field_security" only accepts options grant and except, but got: ${other}`)
  if (grant === undefined && except === undefined) refuse(role, '"field_security" must not be empty.')
  if (grant === undefined) refuse(role, 'field_security requires grant if except is given')
  const granted = readNames(role, 'grant', grant)
  if (except === undefined) return { grant: granted }
  const excepted = readNames(role, 'except', except)
  if (!excepted.every((field) => granted.some((pattern) => matchesWildcard(pattern, field)))) {
    refuse(
      role,
      '- Exceptions for field permissions must be a subset of the granted fields but ' +
        `[${excepted.join(', ')}] is not a subset of [${granted.join(', ')}]`,
    )
  }
  return { grant: granted, except: excepted }
}

/** The query of document-level security, as text. A look-up of terms would read other documents, and is refused. */
function readQuery(role: string, query: Json): string {
  if (typeof query !== 'string' && !isJsonObject(query)) {
    refuseType(role, 'query', 'null, a string, or an object', query)
  }
  const text = typeof query === 'string' ? query : JSON.stringify(query)
  if (hasTermsLookup(role, parseQuery(role, text), 0)) {
    throw new SecurityError('argument_illegal', "terms query with terms lookup isn't supported as part of a role query")
  }
  return text
}

function parseQuery(role: string, text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    return refuse(role, 'the value of field [query] is not valid JSON', cause)
  }
}

/** `{"terms": {"user": {"index": "…", "id": "…", "path": "…"}}}` at any depth. */
function hasTermsLookup(role: string, query: Json, depth: number): boolean {
  if (depth > MAX_QUERY_DEPTH) refuse(role, `the value of field [query] is nested more than ${MAX_QUERY_DEPTH} deep`)
  if (Array.isArray(query)) return query.some((part) => hasTermsLookup(role, part, depth + 1))
  if (!isJsonObject(query)) return false
  return Object.entries(query).some(
    ([name, part]) =>
      (name === 'terms' && isJsonObject(part) && Object.values(part).some((field) => isJsonObject(field))) ||
      hasTermsLookup(role, part, depth + 1),
  )
}

/** The names in a list of a role. */
export function readNames(role: string, field: string, value: Json): string[] {
  try {
    return readStringArray(field, value)
  } catch (cause) {
    throw new SecurityError('body_unparsable', `failed to parse role [${role}]`, cause)
  }
}

function refuseType(role: string, field: string, type: string, value: Json): never {
  refuse(role, `expected field [${field}] value to be ${type}, but found [${nameJsonToken(value)}] instead`)
}

function refuse(role: string, what: string, cause?: unknown): never {
  throw new SecurityError('body_unparsable', `failed to parse indices privileges for role [${role}]. ${what}`, cause)
}
