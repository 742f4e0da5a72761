import type { WRITES } from './writes.ts'

type Writes = typeof WRITES
/** What somebody may remember: any token, any document, or a portal session by its id, which is longer than those words. */
export type Remembered = string
export const TOKENS = 'tokens'
export const DOCUMENTS = 'documents'

type Rules = {
  readonly [Name in keyof Writes]?: (
    args: Parameters<Writes[Name]>,
    result: Writes[Name] extends (...args: never) => Generator<unknown, infer Result, never> ? Result : never,
  ) => readonly Remembered[]
}

const ANY_DOCUMENT = () => [DOCUMENTS]

/**
 * What must not be remembered any more after a write. A new record outdates nothing, as nobody remembers that there was
 * none, and neither does the removal of what has expired, as whoever remembers looks at the clock. A session without a
 * sign-in, which `trimUnclaimed` may remove, is never remembered.
 */
const OUTDATING: Rules = {
  invalidateTokens: () => [TOKENS],
  putDocument: ANY_DOCUMENT,
  createDocument: ANY_DOCUMENT,
  replaceDocument: ANY_DOCUMENT,
  deleteDocument: ANY_DOCUMENT,
  createSession: ([, , replaces], displaced = []) => (replaces ? [replaces[0][0], ...displaced] : displaced),
  updateSession: ([, [id]]) => [id],
  deleteSession: ([, id]) => [id],
}

/** @param result of the write with these arguments */
export function listOutdated(name: keyof Writes, args: readonly unknown[], result: unknown): readonly Remembered[] {
  const rule = OUTDATING[name] as ((args: readonly unknown[], result: unknown) => readonly Remembered[]) | undefined
  return rule?.(args, result) ?? []
}
