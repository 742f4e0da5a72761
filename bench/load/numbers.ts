/** Numbers that are given out once in the life of the load generator: of tokens that a request uses up. */
const given = new Map<string, number>()

/** @returns `undefined` when all have been given out */
export function takeNumber(purpose: string, { first, count }: { first: number; count: number }): number | undefined {
  const taken = given.get(purpose) ?? 0
  if (taken >= count) return undefined
  given.set(purpose, taken + 1)
  return first + taken
}
