/**
 * Patterns over user data: wildcards and regular expressions, both matched against the whole text, in a time that grows
 * linearly with it (RE2 semantics). Nothing here goes to the regular expressions of the runtime, which backtrack.
 */
import { RE2JS, RE2JSSyntaxException } from 're2js'
import { SecurityError } from '../kernel/errors.ts'

/** The product of program and text decides the time of a match, so both a text of a rule and its program are limited. */
const MAX_PATTERN_LENGTH = 1024
const MAX_PROGRAM_SIZE = 1000
const MAX_KEPT = 1000

const kept = new Map<string, RE2JS>()

/** `*` is any string, `?` any character, `\` takes the next character literally. */
export function matchesWildcard(pattern: string, text: string): boolean {
  return compileWildcard(pattern).testExact(text)
}

/** @throws SecurityError `argument_illegal`, naming the pattern */
export function checkWildcard(pattern: string): void {
  compileWildcard(pattern)
}

/** @param expression without the slashes around it */
export function matchesRegularExpression(expression: string, text: string): boolean {
  return compileRegularExpression(expression).testExact(text)
}

/**
 * Elasticsearch reads Lucene expressions, in which some plain characters are operators. Unescaped they are refused, so
 * that no rule means two things.
 * @throws SecurityError `argument_illegal`, naming the expression
 */
export function checkRegularExpression(expression: string): void {
  checkLength(expression)
  const operator = /^(?:[^\\@&~#<>"]|\\[^])*([@&~#<>"])/.exec(expression)?.[1]
  if (operator !== undefined) refuse(expression, `escape the [${operator}] as [\\${operator}]`)
  compileRegularExpression(expression)
}

function compileWildcard(pattern: string): RE2JS {
  return keep(`wildcard ${pattern}`, () => compile(pattern, translateWildcard(pattern)))
}

function compileRegularExpression(expression: string): RE2JS {
  return keep(`regular expression ${expression}`, () => compile(expression, expression))
}

function translateWildcard(pattern: string): string {
  return pattern.replaceAll(/\\([^])|\*+|\?|[^*?\\]+|\\$/g, (part, escaped?: string) => {
    if (part.startsWith('*')) return '.*'
    return part === '?' ? '.' : RE2JS.quote(escaped ?? part)
  })
}

/** What a pattern compiles to depends on nothing but its text, so it can be kept. The oldest goes first. */
function keep(key: string, build: () => RE2JS): RE2JS {
  const known = kept.get(key)
  if (known !== undefined) return known
  const built = build()
  const oldest = kept.size < MAX_KEPT ? undefined : kept.keys().next().value
  if (oldest !== undefined) kept.delete(oldest)
  kept.set(key, built)
  return built
}

function compile(pattern: string, expression: string): RE2JS {
  checkLength(pattern)
  const compiled = compileOrRefuse(pattern, expression)
  if (compiled.programSize() > MAX_PROGRAM_SIZE) refuse(pattern, 'it is too complex')
  return compiled
}

function checkLength(pattern: string): void {
  if (pattern.length > MAX_PATTERN_LENGTH) refuse(pattern, `it is longer than ${MAX_PATTERN_LENGTH} characters`)
}

function compileOrRefuse(pattern: string, expression: string): RE2JS {
  try {
    return RE2JS.compile(expression, RE2JS.DOTALL)
  } catch (cause) {
    return refuse(
      pattern,
      cause instanceof RE2JSSyntaxException ? cause.getDescription() : 'it does not compile',
      cause,
    )
  }
}

function refuse(pattern: string, why: string, cause?: unknown): never {
  throw new SecurityError('argument_illegal', `the pattern [${abbreviate(pattern)}] cannot be used: ${why}`, cause)
}

function abbreviate(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
