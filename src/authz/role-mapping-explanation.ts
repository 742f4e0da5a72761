import { SecurityError } from '../kernel/errors.ts'
import { buildUserModel, generateMappedRoles, type MappableUser, type RoleMapping } from './role-mapping.ts'
import { explainRule, type RuleExplanation } from './rule-explanation.ts'

/** A role mapping with what it means for one user, as JSON. */
export type RoleMappingExplanation = {
  name: string
  /** A mapping that is not enabled gives nothing, whatever its rules say. */
  enabled: boolean
  matched: boolean
  /** Those that the user gets by it. */
  roles: string[]
  /** Why a template of it makes no role names for this user: the login would fail. */
  problem?: string
  rules: RuleExplanation
}

/** What each role mapping makes of a user, and why. */
export function explainRoleMappings(
  mappings: readonly { name: string; mapping: RoleMapping }[],
  user: MappableUser,
): RoleMappingExplanation[] {
  const model = buildUserModel(user)
  return mappings.map(({ name, mapping }) => {
    const rules = explainRule(mapping.rules, model)
    const { enabled } = mapping
    const verdict = { name, enabled, matched: rules.matched }
    if (!enabled || !rules.matched) return { ...verdict, roles: [], rules }
    try {
      return { ...verdict, roles: generateMappedRoles(name, mapping, model), rules }
    } catch (error) {
      if (!(error instanceof SecurityError)) throw error
      const { cause } = error
      const why = cause instanceof Error ? `: ${cause.message}` : ''
      return { ...verdict, roles: [], problem: `${error.message}${why}`, rules }
    }
  })
}
