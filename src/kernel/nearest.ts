/**
 * The candidate that somebody who wrote `text` most likely meant: the one with the fewest letters added, left out,
 * replaced or swapped with their neighbour, if these are at most a third of it. What both have in common up to a dot
 * does not count: `a.b.cat` is not near `a.b.dog`, however long `a.b` is.
 */
export function findNearest(text: string, candidates: Iterable<string>): string | undefined {
  let nearest: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const limit = Math.floor((Math.max(text.length, candidate.length) - countShared(text, candidate)) / 3)
    if (Math.abs(text.length - candidate.length) > limit) continue
    const distance = countEdits(text, candidate)
    if (distance <= limit && distance < (nearest?.distance ?? Infinity)) nearest = { candidate, distance }
  }
  return nearest?.candidate
}

/** The length of what both have in common, up to and with its last dot. */
function countShared(a: string, b: string): number {
  let shared = 0
  for (let place = 0; place < a.length && a[place] === b[place]; place++) if (a[place] === '.') shared = place + 1
  return shared
}

/** Optimal string alignment: Levenshtein's distance with the swap of two neighbours as one edit. */
export function countEdits(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      let edits = Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced)
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) edits = Math.min(edits, at(beforeLast, column - 2) + 1)
      current.push(edits)
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
