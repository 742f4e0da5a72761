import { SecurityError } from '../kernel/errors.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import { findClaim } from './claims.ts'
import type { PropertyReader, PropertyReaders } from './user-properties.ts'

/** How a property of a user came out of the claims, as JSON. */
export type PropertyExplanation = {
  property: string
  setting: string
  claim: string
  pattern?: string
  /** The claim as it was given; absent if there is none. */
  found?: Json
  /** Each value as text, and what is taken of it: `null` where the pattern drops it. */
  values: { text: string; taken: string | null }[]
  /** Why a login would fail here. */
  problem?: string
}

const PROPERTIES = ['principal', 'groups', 'dn', 'mail', 'name'] as const

/** How each mapped property comes out of the claims. */
export function explainProperties(readers: PropertyReaders, claims: JsonObject): PropertyExplanation[] {
  return PROPERTIES.flatMap((property) => {
    const reader = readers[property]
    return reader === undefined ? [] : [{ property, ...explainProperty(reader, claims) }]
  })
}

function explainProperty(reader: PropertyReader, claims: JsonObject): Omit<PropertyExplanation, 'property'> {
  const { setting, claim, pattern } = reader
  const found = findClaim(claims, claim)
  const facts = {
    setting,
    claim,
    ...(pattern === undefined ? {} : { pattern }),
    ...(found === undefined ? {} : { found }),
  }
  try {
    return { ...facts, values: reader.readTexts(claims).map((text) => ({ text, taken: reader.take(text) ?? null })) }
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error
    return { ...facts, values: [], problem: error.message }
  }
}
