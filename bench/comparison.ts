/** Two servers under the same load, in turn. */
import type { Bench } from './line.ts'
import type { Generator } from './load/generator.ts'
import type { Job, Outcome } from './load/job.ts'
import { readProcessorTime } from './processor-time.ts'
import { interleave, median, medianRatio } from './rounds.ts'

/** Before the first round a server answers so many, or for so many rounds' time: its code is compiled by then. */
export const WARM_UP = { answers: 20_000, rounds: 5 }

export interface Load extends Omit<Job, 'seconds'> {
  /** The process that serves. Absent: its processor time is not told. */
  readonly pid?: number
}

export interface Comparison {
  /** The median of the rounds' ratios of the rates. */
  readonly ratio: number
  /** For the figure's `from`. */
  readonly from: Readonly<Record<string, number>>
}

export interface Measured extends Pick<Outcome, 'rate' | 'p50' | 'p99'> {
  /** Microseconds of processor time for one answer. */
  readonly cost: number | undefined
}

/** Measures `ours` against `theirs` in interleaved rounds, both warm. */
export async function compare(
  { generator, rounds, seconds }: Bench,
  { ours, theirs }: { ours: Load; theirs: Load },
): Promise<Comparison> {
  for (const load of [ours, theirs]) await warmUp(generator, load, seconds)
  const measured = await interleave(rounds, {
    ours: () => measure(generator, ours, seconds),
    theirs: () => measure(generator, theirs, seconds),
  })
  const both = [...measured.ours, ...measured.theirs]
  const costs = { ours: listCosts(measured.ours), theirs: listCosts(measured.theirs) }
  return {
    ratio: medianRatio(listRates(measured.ours), listRates(measured.theirs)),
    from: {
      'ours/s': median(listRates(measured.ours)),
      'theirs/s': median(listRates(measured.theirs)),
      ...(costs.ours.length > 0 && { 'ours CPU µs': median(costs.ours) }),
      ...(costs.theirs.length > 0 && { 'theirs CPU µs': median(costs.theirs) }),
      'ours p99 ms': median(measured.ours.map(({ p99 }) => p99)),
      'generator busy': median(both.map(({ busy }) => busy)),
    },
  }
}

export async function warmUp(generator: Generator, { pid: _pid, ...job }: Load, seconds: number): Promise<void> {
  let answers = 0
  for (let round = 0; round < WARM_UP.rounds && answers < WARM_UP.answers; round++) {
    answers += (await generator.run({ ...job, seconds })).answers
  }
}

export async function measure(
  generator: Generator,
  { pid, ...job }: Load,
  seconds: number,
): Promise<Measured & Outcome> {
  const before = pid === undefined ? 0 : readProcessorTime(pid)
  const outcome = await generator.run({ ...job, seconds })
  const cost = pid === undefined ? undefined : ((readProcessorTime(pid) - before) / outcome.served) * 1e6
  return { ...outcome, cost }
}

export function listRates(outcomes: readonly Measured[]): number[] {
  return outcomes.map(({ rate }) => rate)
}

export function listCosts(outcomes: readonly Measured[]): number[] {
  return outcomes.map(({ cost }) => cost).filter((cost) => cost !== undefined)
}
