/** Interleaved rounds: what is compared shares the same minutes, so that a busy machine does not decide. */

/**
 * Measures each side in turn, as often as asked: A B A B …
 * @returns the values of each side, in the order of the rounds
 */
export async function interleave<Sides extends Readonly<Record<string, () => Promise<unknown>>>>(
  rounds: number,
  sides: Sides,
): Promise<Measured<Sides>> {
  const measured = Object.entries(sides).map(([name, measure]) => ({ name, measure, values: [] as unknown[] }))
  for (let round = 0; round < rounds; round++) {
    for (const { measure, values } of measured) values.push(await measure())
  }
  return Object.fromEntries(measured.map(({ name, values }) => [name, values])) as Measured<Sides>
}

type Measured<Sides extends Readonly<Record<string, () => Promise<unknown>>>> = {
  [Side in keyof Sides]: Awaited<ReturnType<Sides[Side]>>[]
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - (sorted.length % 2 === 0 ? 1 : 0)], sorted[middle]]
  return (low + high) / 2
}

/** What so large a share of the values does not exceed. @param sorted ascending */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? 0
}

/** The median of what each round's two sides give: a slow minute slows both of a round. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)))
}
