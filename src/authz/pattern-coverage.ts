/**
 * Whether everything that a pattern stands for is covered by other patterns: `logs-2026-*` by `logs-*`, but `logs-*` not
 * by `logs-2026-*`. The patterns are run side by side as automata, over the characters that occur in them and one that
 * stands for all others. Whatever cannot be decided within the limits counts as not covered.
 */
import { isExpression, matchesNamePattern } from './name-pattern.ts'

const STRING = Symbol('*')
const CHARACTER = Symbol('?')
type Token = string | typeof STRING | typeof CHARACTER

/** A pattern of a set: the names that one of its automata accepts, or those that none does. */
interface Member {
  readonly set: number
  readonly automata: readonly (readonly Token[])[]
  readonly negated: boolean
}

/** Positions before tokens, in rising order. */
type State = readonly number[]

/** A character that is in none of the patterns. */
const OTHER = ''
const MAX_STATES = 1000
const MAX_TOKENS = 5000

/**
 * @param sets groups of patterns
 * @param holds what must be true of each name, told by which of the groups match it
 * @returns whether it is true of every name that the pattern stands for
 */
export function everyName(
  pattern: string,
  sets: readonly (readonly string[])[],
  holds: (matched: readonly boolean[]) => boolean,
): boolean {
  if (isExpression(pattern)) return false
  if (!/[*?\\]/.test(pattern)) {
    return holds(sets.map((patterns) => patterns.some((other) => matchesNamePattern(other, pattern))))
  }
  return walk(readTokens(pattern), sets, holds)
}

/** Whether the patterns cover the pattern. */
export function coversPattern(patterns: readonly string[], pattern: string): boolean {
  if (patterns.includes('*')) return true
  return everyName(pattern, [patterns], ([covered = false]) => covered)
}

function walk(
  wanted: readonly Token[],
  sets: readonly (readonly string[])[],
  holds: (matched: readonly boolean[]) => boolean,
): boolean {
  const members = sets.flatMap((patterns, set) => patterns.map((other) => buildMember(other, set)))
  const all = [wanted, ...members.flatMap(({ automata }) => automata)]
  if (all.reduce((sum, tokens) => sum + tokens.length, 0) > MAX_TOKENS) return false
  const literals = new Set(all.flat().filter((token) => typeof token === 'string'))

  const start = all.map((tokens) => close(tokens, [0]))
  const seen = new Set([keyOf(start)])
  const waiting = [start]
  for (let states = waiting.pop(); states !== undefined; states = waiting.pop()) {
    if (accepts(wanted, states[0]) && !holds(listMatched(states))) return false
    for (const character of listNext(states[0])) {
      const next = all.map((tokens, index) => step(tokens, states[index] ?? [], character))
      const key = keyOf(next)
      if (next[0]?.length === 0 || seen.has(key)) continue
      if (seen.size === MAX_STATES) return false
      seen.add(key)
      waiting.push(next)
    }
  }
  return true

  function listMatched(states: readonly State[]): boolean[] {
    const matched = sets.map(() => false)
    let index = 1
    for (const { set, automata, negated } of members) {
      const accepted = automata.filter((tokens) => accepts(tokens, states[index++])).length > 0
      if (accepted !== negated) matched[set] = true
    }
    return matched
  }

  /** What can follow: all characters after a wildcard, else only those of the pattern. */
  function listNext(state: State = []): Iterable<string> {
    const tokens = state.map((position) => wanted[position]).filter((token) => token !== undefined)
    return tokens.every((token) => typeof token === 'string') ? tokens : [...literals, OTHER]
  }
}

function buildMember(pattern: string, set: number): Member {
  if (!isExpression(pattern)) return { set, automata: [readTokens(pattern)], negated: false }
  const prefixes = readExcludedPrefixes(pattern)
  if (prefixes === undefined) return { set, automata: [], negated: false }
  return { set, automata: prefixes.map((prefix) => readTokens(`${prefix}*`)), negated: true }
}

/** `/~((a|b).*)/` is the one form of expression that can be compared: everything that does not begin with a or b. */
function readExcludedPrefixes(pattern: string): string[] | undefined {
  const [, prefixes] = /^\/~\(\(((?:[\w|-]|\[\.\])+)\)\.\*\)\/$/.exec(pattern) ?? []
  return prefixes?.replaceAll('[.]', '.').split('|')
}

function readTokens(pattern: string): Token[] {
  return [...pattern.matchAll(/\\([^])|[^]/gu)].map(([text, escaped]) => {
    if (escaped !== undefined) return escaped
    if (text === '*') return STRING
    return text === '?' ? CHARACTER : text
  })
}

/** With the positions that are reached without a character, past `*`. */
function close(tokens: readonly Token[], positions: readonly number[]): State {
  const reached = new Set<number>()
  for (let position of positions) {
    reached.add(position)
    while (tokens[position] === STRING) reached.add(++position)
  }
  return [...reached].sort((a, b) => a - b)
}

function step(tokens: readonly Token[], state: State, character: string): State {
  const next = state.flatMap((position) => {
    const token = tokens[position]
    if (token === STRING) return [position]
    return token === CHARACTER || (token === character && character !== OTHER) ? [position + 1] : []
  })
  return close(tokens, next)
}

function accepts(tokens: readonly Token[], state: State = []): boolean {
  return state.at(-1) === tokens.length
}

function keyOf(states: readonly State[]): string {
  return states.map((state) => state.join()).join(' ')
}
