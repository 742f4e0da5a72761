/** Interleaved rounds: what is compared shares the same minutes, so that a busy machine does not decide. */

/**
 * Measures each side in turn, as often as asked: A B A B …
 * @returns the values of each side, in the order of the rounds
 */
export async function interleave<Side extends string, Value>(
  rounds: number,
  sides: Readonly<Record<Side, () => Promise<Value>>>,
): Promise<Record<Side, Value[]>> {
  const names = Object.keys(sides) as Side[]
  const values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Side, Value[]>
  for (let round = 0; round < rounds; round++) {
    for (const name of names) values[name].push(await sides[name]())
  }
  return values
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - (sorted.length % 2 === 0 ? 1 : 0)], sorted[middle]]
  return (low + high) / 2
}

/** The median of what each round's two sides give: a slow minute slows both of a round. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)))
}
