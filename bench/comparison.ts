/** Two servers under the same load, in turn. */
import type { Bench } from './line.ts'
import type { Job, Outcome } from './load/job.ts'
import { interleave, median, medianRatio } from './rounds.ts'

/** Before the first round: code is compiled, caches are filled. */
const WARM_UP = 1.5

export interface Comparison {
  /** The median of the rounds' ratios of the rates. */
  readonly ratio: number
  readonly ours: readonly Outcome[]
  readonly theirs: readonly Outcome[]
  /** For the figure's `from`. */
  readonly from: Readonly<Record<string, number>>
}

type Load = Omit<Job, 'seconds'>

/** Measures `ours` against `theirs` in interleaved rounds, both warm. */
export async function compare(
  { generator, rounds, seconds }: Bench,
  { ours, theirs }: { ours: Load; theirs: Load },
): Promise<Comparison> {
  const warmUp = Math.min(WARM_UP, seconds)
  for (const load of [ours, theirs]) await generator.run({ ...load, seconds: warmUp })
  const measured = await interleave(rounds, {
    ours: () => generator.run({ ...ours, seconds }),
    theirs: () => generator.run({ ...theirs, seconds }),
  })
  const rates = { ours: measured.ours.map(({ rate }) => rate), theirs: measured.theirs.map(({ rate }) => rate) }
  const busy = median([...measured.ours, ...measured.theirs].map((outcome) => outcome.busy))
  return {
    ratio: medianRatio(rates.ours, rates.theirs),
    ours: measured.ours,
    theirs: measured.theirs,
    from: {
      'ours per second': median(rates.ours),
      'theirs per second': median(rates.theirs),
      'ours p99 ms': median(measured.ours.map(({ p99 }) => p99)),
      'generator busy': busy,
    },
  }
}
