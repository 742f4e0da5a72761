/**
 * The patterns by which roles name users, indices and resources: a literal name, a name with wildcards, or a regular
 * expression between slashes. `/~(X)/` is what X does not match: the one operator of Lucene's expressions that reserved
 * roles use.
 */
import { SecurityError } from '../kernel/errors.ts'
import { matchesRegularExpression, matchesWildcard } from './pattern.ts'

const EXPRESSION = /^\/(~?)(.*)\/$/s

export function isExpression(pattern: string): boolean {
  return EXPRESSION.test(pattern)
}

/** A literal name, or the beginning of names before a `*`: most patterns are. */
export function isSimple(pattern: string): boolean {
  return /^[^*?\\]*\*?$/.test(pattern) && !isExpression(pattern)
}

/** A pattern that cannot be used matches nothing. */
export function matchesNamePattern(pattern: string, name: string): boolean {
  if (isSimple(pattern)) return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
  const [, complement, expression] = EXPRESSION.exec(pattern) ?? []
  try {
    if (expression === undefined) return matchesWildcard(pattern, name)
    return matchesRegularExpression(expression, name) === (complement === '')
  } catch (error) {
    if (error instanceof SecurityError) return false
    throw error
  }
}
