/**
 * The rules of role mappings (Elasticsearch, "Role mapping resources"): read from JSON into the form in which they are
 * kept and shown, and matched against a user. Text is matched in linear time, rules are limited in depth and number.
 */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, nameJsonToken } from '../kernel/json.ts'
import {
  equalDistinguishedNames,
  formatDistinguishedName,
  isDescendant,
  readDistinguishedName,
} from './distinguished-name.ts'
import { checkRegularExpression, checkWildcard, matchesRegularExpression, matchesWildcard } from './pattern.ts'

/** `except` occurs only directly inside `all`. `field` has exactly one path. */
export type RoleExpression =
  | { any: RoleExpression[] }
  | { all: RoleExpression[] }
  | { except: RoleExpression }
  | { field: { [path: string]: FieldValue | FieldValue[] } }

export type FieldValue = string | number | boolean | null

/**
 * What is known of a user, by path: `username`, `dn`, `groups`, `realm.name` and `metadata.<key>`. A path that is not
 * there is not known.
 */
export type UserModel = ReadonlyMap<string, Json>

const MAX_DEPTH = 32
/** Of rules and of values to compare with. */
const MAX_RULES = 10_000

/**
 * @param name of the role mapping: what the outermost rule is called in messages
 * @throws SecurityError `body_unparsable` for the structure, `argument_illegal` for a value that cannot be matched
 */
export function readRoleExpression(name: string, json: unknown): RoleExpression {
  const count = { rules: 0 }
  return readRule(json, { within: name, mayExcept: false, depth: 1, count })
}

interface Place {
  readonly within: string
  readonly mayExcept: boolean
  readonly depth: number
  readonly count: { rules: number }
}

function readRule(json: unknown, place: Place): RoleExpression {
  const { within, depth, count } = place
  if (depth > MAX_DEPTH) refuse(`rules are nested more than ${MAX_DEPTH} deep`)
  addToCount(count, 1)
  if (!isJsonObject(json)) refuse(`expected [${within}] to be an object but found [${nameJsonToken(json)}] instead`)

  const [operator, operand] = onlyEntry(within, json)
  const inner = { within: operator, mayExcept: operator === 'all', depth: depth + 1, count }
  switch (operator) {
    case 'any':
      return { any: readRules(operator, operand, inner) }
    case 'all':
      return { all: readRules(operator, operand, inner) }
    case 'field':
      return { field: readField(operand, count) }
    case 'except':
      if (!place.mayExcept) refuse(`field [except] is not allowed within [${within}]`)
      if (!isJsonObject(operand)) refuse(`expected an object but found [${nameJsonToken(operand)}] instead`)
      return { except: readRule(operand, inner) }
    default:
      return refuse(`field [${operator}] is not recognised in object [${within}]`)
  }
}

function readRules(operator: string, json: unknown, inner: Place): RoleExpression[] {
  if (!Array.isArray(json)) refuse(`field [${operator}] requires an array`)
  return json.map((rule) => readRule(rule, inner))
}

function readField(json: unknown, count: Place['count']): { [path: string]: FieldValue | FieldValue[] } {
  if (!isJsonObject(json)) refuse(`expected an object but found [${nameJsonToken(json)}] instead`)
  const [path, operand] = onlyEntry('field', json)
  const values = (Array.isArray(operand) ? operand : [operand]).map((value) => readFieldValue(value))
  addToCount(count, values.length)
  const [first] = values
  if (first === undefined) throw new SecurityError('argument_illegal', 'null or empty values ([])')
  return Object.fromEntries([[path, values.length === 1 ? first : values]])
}

function readFieldValue(value: Json): FieldValue {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') {
    checkText(value)
    return value
  }
  if (typeof value !== 'number') return refuse(`expected a field value but found [${nameJsonToken(value)}] instead`)
  if (!Number.isFinite(value)) return refuse('expected a field value but found a number out of range instead')
  // Elasticsearch reads a number as a long.
  return Math.trunc(value)
}

function addToCount(count: Place['count'], rules: number): void {
  count.rules += rules
  if (count.rules > MAX_RULES) refuse(`there are more than ${MAX_RULES} rules`)
}

function onlyEntry(within: string, object: { [key: string]: Json }): [string, Json] {
  const [entry, ...others] = Object.entries(object)
  if (entry === undefined) return refuse(`object [${within}] does not contain any fields`)
  if (others.length > 0) refuse(`object [${within}] contains multiple fields`)
  return entry
}

function refuse(what: string): never {
  throw new SecurityError('body_unparsable', `failed to parse rules expression. ${what}`)
}

export function matchesRule(rule: RoleExpression, user: UserModel): boolean {
  if ('any' in rule) return rule.any.some((inner) => matchesRule(inner, user))
  if ('all' in rule) return rule.all.every((inner) => matchesRule(inner, user))
  if ('except' in rule) return !matchesRule(rule.except, user)
  return Object.entries(rule.field).every(([path, values]) =>
    (Array.isArray(values) ? values : [values]).some((value) => matchesField(path, value, user)),
  )
}

/** One value of a `field` rule. */
export function matchesField(path: string, value: FieldValue, user: UserModel): boolean {
  const known = user.get(path)
  // A path that is not known matches only null. Distinguished names and groups have rules of their own.
  if (known === undefined) return value === null
  if (path === 'dn' || path === 'groups') {
    const names = Array.isArray(known) ? known : [known]
    return typeof value === 'string' && names.some((name) => typeof name === 'string' && matchesName(name, value))
  }
  return matchesValue(known, value)
}

/** Values are equal only if their types are, and an empty list equals nothing. */
function matchesValue(known: Json, value: FieldValue): boolean {
  if (Array.isArray(known)) return known.some((element) => matchesValue(element, value))
  if (typeof known === 'string' && typeof value === 'string') return matchesText(known, value)
  return known === value
}

type Kind = 'regular expression' | 'wildcard' | 'literal'

/** What begins but does not end with a slash is literal, whatever else it contains; so is a `?` without a `*`. */
function kindOf(text: string): Kind {
  if (text.startsWith('/')) return text.length > 1 && text.endsWith('/') ? 'regular expression' : 'literal'
  return text.includes('*') ? 'wildcard' : 'literal'
}

function checkText(text: string): void {
  const kind = kindOf(text)
  if (kind === 'regular expression') checkRegularExpression(text.slice(1, -1))
  if (kind === 'wildcard') checkWildcard(text)
}

function matchesText(known: string, text: string): boolean {
  const kind = kindOf(text)
  if (kind === 'literal') return known === text
  return kind === 'wildcard' ? matchesWildcard(text, known) : matchesRegularExpression(text.slice(1, -1), known)
}

/** Compares a `dn` or a group with the text of a rule: as text without letter case, and as distinguished names. */
function matchesName(name: string, text: string): boolean {
  const dn = readDistinguishedName(name)
  const normalised = dn && formatDistinguishedName(dn)
  if (kindOf(text) === 'literal') {
    if (equalIgnoringCase(name, text)) return true
    const other = readDistinguishedName(text)
    if (dn === undefined || normalised === undefined) return false
    return other === undefined ? equalIgnoringCase(normalised, text) : equalDistinguishedNames(dn, other)
  }

  const spellings = [name, normalised ?? name, name.toLowerCase(), name.toUpperCase()]
  if (spellings.some((spelling) => matchesText(spelling, text))) return true
  // `*,dc=example,dc=com`: everything below that name.
  const suffix = text.startsWith('*,') ? text.slice(2) : '*'
  const ancestor = suffix.includes('*') ? undefined : readDistinguishedName(suffix)
  return dn !== undefined && ancestor !== undefined && isDescendant(dn, ancestor)
}

function equalIgnoringCase(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase() || a.toUpperCase() === b.toUpperCase()
}
