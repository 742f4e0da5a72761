import type { WRITES } from '../writes.ts'

/** What travels between the threads: many writes a message, and one message back for all that shared a commit. */
export type ToWriter = WriteBatch | 'close'

export interface WriteBatch {
  readonly id: number
  /** By `monotonicMs`: a batch that is reached later is dropped, its callers were told that it failed. */
  readonly deadline: number
  /** As `packCalls` made them. */
  readonly calls: readonly WriteCall[]
  readonly block: Block
}

/** The bytes in the arguments of many writes, one after the other. */
export interface Block {
  bytes: Uint8Array
  readonly lengths: number[]
}

export type WriteCall = readonly [write: keyof typeof WRITES, args: readonly unknown[]]

export type FromWriter = readonly BatchReply[]

/** `failure`: the engine failed and nothing of the batch was written. */
export type BatchReply =
  | { readonly id: number; readonly outcomes: readonly Outcome[] }
  | { readonly id: number; readonly failure: Error }

export type Outcome = { readonly result: unknown } | { readonly fault: Error }

/** What the checkpointer is started with. In the state both threads see how far a checkpoint is. */
export interface CheckpointerData {
  readonly file: string
  readonly state: Int32Array
}

export const NO_CHECKPOINT = 0
export const CHECKPOINT_UNDER_WAY = 1
/** But for what came to the log meanwhile. */
export const CHECKPOINT_ENDED = 2

/** Milliseconds on a clock that nobody sets and that all threads share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}
