import { RE2JS, RE2JSException } from 're2js'
import { SecurityError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { findClaim, readScalars, readText } from './claims.ts'

/** From which claim a property of a user comes, and under which settings that was said. */
export interface PropertyMapping {
  readonly setting: string
  readonly claim: string
  readonly patternSetting: string
  readonly pattern: string | undefined
}

export interface PropertyReader {
  /** For the log: the claim, its pattern and setting. */
  readonly description: string
  /** @throws SecurityError `claims_unmappable` */
  read(claims: JsonObject): string[]
}

/** Without a reader a property is not mapped. */
export interface PropertyReaders {
  readonly principal: PropertyReader
  readonly groups?: PropertyReader | undefined
  readonly dn?: PropertyReader | undefined
  readonly mail?: PropertyReader | undefined
  readonly name?: PropertyReader | undefined
}

export interface UserProperties {
  readonly principal: string
  readonly groups: readonly string[]
  readonly dn: string | null
  readonly mail: string | null
  readonly name: string | null
}

/** Claims that are no business of a log line. */
const UNLOGGED = new Set(['nonce', 'at_hash', 'c_hash'])

/**
 * Makes the reader of one property. Patterns have RE2's semantics and run in linear time, as the provider's users
 * choose the text.
 * @throws SecurityError `argument_illegal` if the claim's name is empty or the pattern cannot be compiled
 */
export function createPropertyReader(mapping: PropertyMapping): PropertyReader {
  const { setting, claim } = mapping
  if (claim === '') throw new SecurityError('argument_illegal', `Invalid null or empty claim name for [${setting}].`)
  const pattern = mapping.pattern === undefined ? undefined : compile(mapping.pattern, mapping.patternSetting)
  const withPattern = mapping.pattern === undefined ? '' : ` with pattern [${mapping.pattern}]`
  return {
    description: `Claim [${claim}]${withPattern} for [${setting}]`,
    read(claims) {
      const value = findClaim(claims, claim) ?? []
      const texts = readScalars(value)?.map(readText)
      if (texts === undefined || texts.includes(undefined))
        throw new SecurityError(
          'claims_unmappable',
          `Setting [ ${setting} expects a claim with String or a String Array value`,
        )
      const values = texts.filter((text) => text !== undefined)
      return pattern === undefined ? values : values.flatMap((text) => firstGroup(pattern, text))
    },
  }
}

/**
 * Maps claims to the properties of a user. The principal comes from its one claim, never from another.
 * @throws SecurityError `principal_missing` or `claims_unmappable`
 */
export function buildUserProperties(readers: PropertyReaders, claims: JsonObject): UserProperties {
  const [principal = ''] = readers.principal.read(claims)
  if (principal === '')
    throw new SecurityError('principal_missing', `${readers.principal.description}not found in ${shown(claims)}`)
  const first = (reader: PropertyReader | undefined) => reader?.read(claims)[0] ?? null
  return {
    principal,
    groups: [...new Set(readers.groups?.read(claims))],
    dn: first(readers.dn),
    mail: first(readers.mail),
    name: first(readers.name),
  }
}

function compile(pattern: string, setting: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause
    throw new SecurityError('argument_illegal', `Invalid claim value regex pattern for [${setting}].`, cause)
  }
}

/** The text of group 1 where the pattern is found; nothing if it is not found, or the group is missing or empty. */
function firstGroup(pattern: RE2JS, text: string): string[] {
  const matcher = pattern.matcher(text)
  if (!matcher.find()) return []
  if (pattern.groupCount() === 0) throw new SecurityError('claims_unmappable', 'No group 1')
  const group = matcher.group(1) ?? ''
  return group === '' ? [] : [group]
}

function shown(claims: JsonObject): string {
  return JSON.stringify(Object.fromEntries(Object.entries(claims).filter(([name]) => !UNLOGGED.has(name))))
}
