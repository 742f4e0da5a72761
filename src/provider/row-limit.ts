import type { Log } from '../observe/log.ts'
import type { Artefacts } from '../store/store.ts'

/**
 * Bounds what strangers can make this node store: rows of one kind are counted in the order of their making, and the
 * oldest go when there are too many. Rows that expire meanwhile count until their time is over.
 */
export interface RowLimit {
  add(row: { readonly key: Uint8Array; readonly bytes: number; readonly removeAt: number }, now: number): void
}

export function createRowLimit(parts: { artefacts: Artefacts; log: Log; entries: number; bytes: number }): RowLimit {
  const rows = new Set<Parameters<RowLimit['add']>[0]>()
  let bytes = 0

  return {
    add(row, now) {
      rows.add(row)
      bytes += row.bytes
      for (const oldest of rows) {
        const alive = oldest.removeAt > now
        if (alive && rows.size <= parts.entries && bytes <= parts.bytes) return
        rows.delete(oldest)
        bytes -= oldest.bytes
        if (alive) {
          parts.artefacts
            .destroy(oldest.key)
            .catch((err: unknown) => parts.log.warn({ err }, 'a surplus row of the provider could not be removed'))
        }
      }
    },
  }
}
