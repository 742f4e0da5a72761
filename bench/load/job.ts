import type { Scenario } from './process.ts'

export interface Job {
  /** The connections are spread over these. */
  readonly ports: readonly number[]
  readonly connections: number
  readonly seconds: number
  readonly scenario: Scenario
}

export interface Outcome {
  readonly answers: number
  /** With those that came after the end, to requests of before. */
  readonly served: number
  /** Answers a second. */
  readonly rate: number
  /** Milliseconds from request to answer, of half of them and of 99 in 100. */
  readonly p50: number
  readonly p99: number
  /** The part of its core that the load generator itself used: near 1, the generator is what was measured. */
  readonly busy: number
}

export type Told = { readonly outcome: Outcome } | { readonly failure: string }
