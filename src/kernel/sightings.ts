/**
 * Whether something was met before, among about the last `most` others: the question whether it is worth keeping. It leaves
 * nothing to the collector of garbage. What was met by chance at the same place may be forgotten sooner, and one in
 * thousands of millions is taken for another.
 */
export interface Sightings {
  /** @param print 32 bits that stand for it, spread evenly. @returns whether it was there already; now it is */
  again(print: number): boolean
}

/** Two places for each print, the newer one first: two that are met in turn do not displace each other. */
export function createSightings(most: number): Sightings {
  const prints = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(most, 2))))
  return {
    again(print) {
      const wanted = print >>> 0
      const place = wanted & (prints.length - 2)
      const newest = prints[place]
      if (newest === wanted || prints[place + 1] === wanted) return true
      prints[place + 1] = newest ?? 0
      prints[place] = wanted
      return false
    },
  }
}

/** FNV-1a over the text's code units, its low bits mixed with the high ones. No secret depends on it. */
export function printOf(text: string): number {
  let print = 0x811c9dc5
  for (let at = 0; at < text.length; at++) print = Math.imul(print ^ text.charCodeAt(at), 0x01000193)
  return print ^ (print >>> 15)
}
