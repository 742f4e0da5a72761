import type { Json } from '../kernel/json.ts'
import { matchesField, type FieldValue, type RoleExpression, type UserModel } from './role-expression.ts'

/** A rule with a verdict on each of its parts, as JSON. */
export type RuleExplanation = { matched: boolean } & (
  | { any: RuleExplanation[] }
  | { all: RuleExplanation[] }
  | { except: RuleExplanation }
  | FieldExplanation
)

/** A comparison. Without `found` nothing is known by that path. */
export type FieldExplanation = { field: string; found?: Json; values: { value: FieldValue; matched: boolean }[] }

/** Why a rule matches a user, or does not. Every part is looked at, also where the verdict is clear before. */
export function explainRule(rule: RoleExpression, user: UserModel): RuleExplanation {
  if ('any' in rule) {
    const any = rule.any.map((inner) => explainRule(inner, user))
    return { matched: any.some(({ matched }) => matched), any }
  }
  if ('all' in rule) {
    const all = rule.all.map((inner) => explainRule(inner, user))
    return { matched: all.every(({ matched }) => matched), all }
  }
  if ('except' in rule) {
    const except = explainRule(rule.except, user)
    return { matched: !except.matched, except }
  }
  const [[field, expected] = ['', []]] = Object.entries(rule.field)
  const values = (Array.isArray(expected) ? expected : [expected]).map((value) => ({
    value,
    matched: matchesField(field, value, user),
  }))
  const found = user.get(field)
  return { matched: values.some(({ matched }) => matched), field, ...(found === undefined ? {} : { found }), values }
}
