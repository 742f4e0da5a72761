/** "Did you mean": which known names a mistyped one is close to, as Elasticsearch measures it. */

/** Longer names are not compared: no name of ours is near them, and the comparison is quadratic. */
const LONGEST = 64

/** ` did you mean [x]?`, ` did you mean any of [x, y]?` or nothing. The closest come first, ties in alphabetical order. */
export function suggest(name: string, known: Iterable<string>): string {
  const close = [...new Set(known)]
    .map((candidate) => ({ candidate, similarity: measureSimilarity(name, candidate) }))
    .filter(({ similarity }) => similarity > 0.5)
    .sort((a, b) => b.similarity - a.similarity || (a.candidate < b.candidate ? -1 : 1))
    .map(({ candidate }) => candidate)
  if (close.length === 0) return ''
  return close.length === 1 ? ` did you mean [${close[0]}]?` : ` did you mean any of [${close.join(', ')}]?`
}

/** 1 minus the Levenshtein distance over the length of the longer text: 1 is equal, 0 has nothing in common. */
function measureSimilarity(a: string, b: string): number {
  const longer = Math.max(a.length, b.length)
  if (longer === 0) return 1
  if (longer > LONGEST) return 0
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced))
    }
    previous = row
  }
  return 1 - (previous[b.length] ?? 0) / longer
}
