import type { Log } from '../observe/log.ts'
import type { Artefacts } from '../store/store.ts'

/**
 * Bounds what strangers can make the store keep, over all nodes: of the rows of one model, the oldest go when there are
 * too many or they are too large. Rows that have expired do not count.
 */
export interface RowLimit {
  /** To be told of each row that was written, with the length of its payload. */
  add(bytes: number): void
}

/** Each node looks when it has added so much of the limit: with a few nodes there is never much more than the limit. */
const PART = 1 / 16
/** Few enough that one step keeps the store for a moment only. */
const ROWS_PER_STEP = 200

export function createRowLimit(parts: {
  artefacts: Pick<Artefacts, 'trim'>
  log: Log
  model: string
  entries: number
  bytes: number
}): RowLimit {
  const { artefacts, log, model, entries, bytes } = parts
  let added = { entries: 0, bytes: 0 }
  let trimming: Promise<void> | undefined

  async function trim(): Promise<void> {
    while ((await artefacts.trim(model, { entries, bytes }, ROWS_PER_STEP)) > 0);
  }

  return {
    add(length) {
      added = { entries: added.entries + 1, bytes: added.bytes + length }
      if (added.entries < entries * PART && added.bytes < bytes * PART) return
      if (trimming !== undefined) return
      added = { entries: 0, bytes: 0 }
      trimming = trim()
        .catch((err: unknown) => log.warn({ err, model }, 'surplus rows of the provider could not be removed'))
        .finally(() => (trimming = undefined))
    },
  }
}
