import { RE2JS } from 're2js'
import { SecurityError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { findClaim, readScalars, readText } from './claims.ts'

export interface PropertyReader {
  readonly setting: string
  readonly claim: string
  readonly pattern: string | undefined
  /** For the log: the claim, its pattern and setting. */
  readonly description: string
  /** The values of the claim as texts, before any pattern. @throws SecurityError `claims_unmappable` */
  readTexts(claims: JsonObject): string[]
  /** What the pattern leaves of a text, if anything. @throws SecurityError `claims_unmappable` */
  take(text: string): string | undefined
}

/** Without a reader a property is not mapped. */
export type PropertyReaders = { readonly principal: PropertyReader } & {
  readonly [property in 'groups' | 'dn' | 'mail' | 'name']?: PropertyReader
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
 * Makes the readers of the mapped properties. Patterns have RE2's semantics and run in linear time, as the provider's
 * users choose the text.
 * @param prefix of the realm's settings, for messages
 * @param patterns of which the settings know that they compile
 */
export function createPropertyReaders(
  prefix: string,
  claims: { readonly principal: string } & { readonly [property in keyof PropertyReaders]?: string },
  patterns: { readonly [property in keyof PropertyReaders]?: string },
): PropertyReaders {
  const create = (property: keyof PropertyReaders, claim: string) =>
    createPropertyReader(`${prefix}claims.${property}`, claim, patterns[property])
  const optional = (['groups', 'dn', 'mail', 'name'] as const).flatMap((property) => {
    const claim = claims[property]
    return claim === undefined ? [] : [[property, create(property, claim)] as const]
  })
  return { principal: create('principal', claims.principal), ...Object.fromEntries(optional) }
}

function createPropertyReader(setting: string, claim: string, patternText: string | undefined): PropertyReader {
  const pattern = patternText === undefined ? undefined : RE2JS.compile(patternText)
  const withPattern = patternText === undefined ? '' : ` with pattern [${patternText}]`
  return {
    setting,
    claim,
    pattern: patternText,
    description: `Claim [${claim}]${withPattern} for [${setting}]`,
    readTexts(claims) {
      const texts = readScalars(findClaim(claims, claim) ?? [])?.map(readText)
      if (texts?.every((text) => text !== undefined)) return texts
      const detail = `Setting [ ${setting} expects a claim with String or a String Array value`
      throw new SecurityError('claims_unmappable', detail)
    },
    take: (text) => (pattern === undefined ? text : firstGroup(pattern, text)),
  }
}

/** @throws SecurityError `claims_unmappable` */
function readProperty(reader: PropertyReader, claims: JsonObject): string[] {
  const taken = reader.readTexts(claims).map((text) => reader.take(text))
  return taken.filter((text) => text !== undefined)
}

/**
 * Whether a pattern must match the whole text. One that need not may take a part of a text which somebody else chose
 * around it, such as another mail domain behind the right one.
 */
export function isAnchored(pattern: string): boolean {
  return /^(\^|\\A)/.test(pattern) && /(?<!\\)(\$|\\z)$/.test(pattern)
}

/**
 * Maps claims to the properties of a user. The principal comes from its one claim, never from another.
 * @throws SecurityError `principal_missing` or `claims_unmappable`
 */
export function buildUserProperties(readers: PropertyReaders, claims: JsonObject): UserProperties {
  const [principal = ''] = readProperty(readers.principal, claims)
  if (principal === '')
    throw new SecurityError('principal_missing', `${readers.principal.description}not found in ${shown(claims)}`)
  const all = (reader: PropertyReader | undefined) => (reader === undefined ? [] : readProperty(reader, claims))
  const first = (reader: PropertyReader | undefined) => all(reader)[0] ?? null
  return {
    principal,
    groups: [...new Set(all(readers.groups))],
    dn: first(readers.dn),
    mail: first(readers.mail),
    name: first(readers.name),
  }
}

/** The text of group 1 where the pattern is found; nothing if it is not found, or the group is missing or empty. */
function firstGroup(pattern: RE2JS, text: string): string | undefined {
  const matcher = pattern.matcher(text)
  if (!matcher.find()) return undefined
  if (pattern.groupCount() === 0) throw new SecurityError('claims_unmappable', 'No group 1')
  return matcher.group(1) || undefined
}

function shown(claims: JsonObject): string {
  return JSON.stringify(Object.fromEntries(Object.entries(claims).filter(([name]) => !UNLOGGED.has(name))))
}
