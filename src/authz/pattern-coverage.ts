/**
 * Whether everything that a pattern stands for is covered by other patterns: `logs-2026-*` by `logs-*`, but `logs-*` not
 * by `logs-2026-*`. Beginnings of names are compared by the names at which they begin to differ. Other patterns are run
 * side by side as automata, over the characters that occur in them and one that stands for all others. Whatever cannot
 * be decided within the budget counts as not covered.
 */
import { isExpression, isSimple, matchesNamePattern } from './name-pattern.ts'

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
/** A character that nobody has in a pattern. */
const UNUSED = '\u{10FFFF}'
const MAX_STEPS = 100_000

/** How many steps of automata may still be taken. Several comparisons may share it. */
export interface Budget {
  steps: number
}

/**
 * @param sets groups of patterns
 * @param holds what must be true of each name, told by which of the groups match it
 * @returns whether it is true of every name that the pattern stands for
 */
export function everyName(
  pattern: string,
  sets: readonly (readonly string[])[],
  holds: (matched: readonly boolean[]) => boolean,
  budget: Budget = { steps: MAX_STEPS },
): boolean {
  if (isExpression(pattern)) return false
  const isTrueOf = (name: string) =>
    holds(sets.map((patterns) => patterns.some((other) => matchesNamePattern(other, name))))
  if (!/[*?\\]/.test(pattern)) return isTrueOf(pattern)
  const others = sets.flat()
  if (isSimple(pattern) && others.every((other) => isSimple(other))) {
    return listExamples(pattern.slice(0, -1), others).every((name) => isTrueOf(name))
  }
  return walk(readTokens(pattern), sets, holds, budget)
}

/** One name for each way in which a name with this beginning can be matched by the others. */
function listExamples(beginning: string, others: readonly string[]): string[] {
  const within = others.map((other) => other.replace('*', '')).filter((other) => other.startsWith(beginning))
  return [...new Set([beginning, ...within])].flatMap((name) => [name, name + UNUSED])
}

/** Whether the patterns cover the pattern. */
export function coversPattern(patterns: readonly string[], pattern: string, budget?: Budget): boolean {
  if (patterns.includes('*')) return true
  return everyName(pattern, [patterns], ([covered = false]) => covered, budget)
}

function walk(
  wanted: readonly Token[],
  sets: readonly (readonly string[])[],
  holds: (matched: readonly boolean[]) => boolean,
  budget: Budget,
): boolean {
  const members = sets.flatMap((patterns, set) => patterns.map((other) => buildMember(other, set)))
  const all = [wanted, ...members.flatMap(({ automata }) => automata)]
  const literals = new Set(all.flat().filter((token) => typeof token === 'string'))

  const start = all.map((tokens) => close(tokens, [0]))
  const seen = new Set([keyOf(start)])
  const waiting = [start]
  for (let states = waiting.pop(); states !== undefined; states = waiting.pop()) {
    if (accepts(wanted, states[0]) && !holds(listMatched(states))) return false
    for (const character of listNext(states[0])) {
      budget.steps -= states.reduce((sum, state) => sum + state.length + 1, 0)
      if (budget.steps < 0) return false
      const next = all.map((tokens, index) => step(tokens, states[index] ?? [], character))
      const key = keyOf(next)
      if (next[0]?.length === 0 || seen.has(key)) continue
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
