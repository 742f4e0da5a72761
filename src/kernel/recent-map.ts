/** A map that keeps about what was in use last, and never more than `most` entries. */
export interface RecentMap<Key, Value> {
  get(key: Key): Value | undefined
  set(key: Key, value: Value): void
  clear(): void
}

/** Two generations: what of the older one is not asked for while the newer one fills is let go. */
export function createRecentMap<Key, Value>(most: number): RecentMap<Key, Value> {
  let newer = new Map<Key, Value>()
  let older = new Map<Key, Value>()

  function set(key: Key, value: Value): void {
    if (newer.size >= most / 2 && !newer.has(key)) {
      older = newer
      newer = new Map()
    }
    newer.set(key, value)
  }

  return {
    get(key) {
      const found = newer.get(key)
      if (found !== undefined) return found
      const past = older.get(key)
      if (past !== undefined) set(key, past)
      return past
    },
    set,
    clear() {
      newer = new Map()
      older = new Map()
    },
  }
}
