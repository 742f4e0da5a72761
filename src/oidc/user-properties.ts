import { RE2JS } from 're2js'
import { SecurityError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { findClaim, readScalars, readText } from './claims.ts'

export interface PropertyReader {
  /** For the log: the claim, its pattern and setting. */
  readonly description: string
  /** @throws SecurityError `claims_unmappable` */
  read(claims: JsonObject): string[]
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
    description: `Claim [${claim}]${withPattern} for [${setting}]`,
    read(claims) {
      const texts = readScalars(findClaim(claims, claim) ?? [])?.map(readText)
      if (texts === undefined || !texts.every((text) => text !== undefined)) {
        const detail = `Setting [ ${setting} expects a claim with String or a String Array value`
        throw new SecurityError('claims_unmappable', detail)
      }
      return pattern === undefined ? texts : texts.flatMap((text) => firstGroup(pattern, text))
    },
  }
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
