/** "Did you mean" in Elasticsearch's words. */
import { countEdits } from '../kernel/nearest.ts'

/** Longer names are not compared: no name of ours is near them, and the comparison is quadratic. */
const LONGEST = 64

/** ` did you mean [x]?`, ` did you mean any of [x, y]?` or nothing. The closest come first, ties in alphabetical order. */
export function suggest(name: string, known: readonly string[]): string {
  const close = known
    .map((candidate) => ({ candidate, similarity: measureSimilarity(name, candidate) }))
    .filter(({ similarity }) => similarity > 0.5)
    .sort((a, b) => b.similarity - a.similarity || (a.candidate < b.candidate ? -1 : 1))
    .map(({ candidate }) => candidate)
  if (close.length === 0) return ''
  return close.length === 1 ? ` did you mean [${close[0]}]?` : ` did you mean any of [${close.join(', ')}]?`
}

/** 1 minus the number of edits over the length of the longer text: 1 is equal, 0 has nothing in common. */
function measureSimilarity(a: string, b: string): number {
  const longer = Math.max(a.length, b.length)
  return longer > LONGEST ? 0 : 1 - countEdits(a, b) / longer
}
