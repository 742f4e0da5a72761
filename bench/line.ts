/** A line of the benchmark: what it measures, and what came of it. */
import type { House } from './house.ts'
import type { Generator } from './load/generator.ts'

export interface Line {
  /** For `--only`. */
  readonly name: string
  run(bench: Bench): Promise<Figure[]>
}

export interface Bench {
  readonly rounds: number
  /** Of one side in one round. */
  readonly seconds: number
  /** What "a million" means in this run. */
  readonly million: number
  readonly generator: Generator
  /** A running program with a thousand live token pairs, and one with a million. */
  house(size: 'thousand' | 'million'): Promise<House>
  /** The origin of the instant provider. */
  provider(): Promise<string>
  /** Says what goes on. */
  say(text: string): void
}

export interface Figure {
  /** What was done, and what it is compared with. */
  readonly work: string
  readonly value: number
  readonly unit: '×' | 'MB' | 's' | 'ms' | 'look-ups'
  /** Absent: told for its own sake. */
  readonly target?: Target
  /** What it was worked out from, with units in the names. */
  readonly from: Readonly<Record<string, number>>
}

export type Target = { readonly atLeast: number } | { readonly atMost: number }

export function isReached({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}
