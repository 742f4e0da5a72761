import type { WRITES } from './writes.ts'

type Writes = typeof WRITES
/** What somebody may remember: a portal session by its id, or (`undefined`) any token and any document. */
export type Remembered = string | undefined

type Rules = {
  readonly [Name in keyof Writes]?: (
    args: Parameters<Writes[Name]>,
    result: Writes[Name] extends (...args: never) => Generator<unknown, infer Result, never> ? Result : never,
  ) => readonly Remembered[]
}

const TOKENS_AND_DOCUMENTS = () => [undefined]

/**
 * What must not be remembered any more after a write. A new record outdates nothing, as nobody remembers that there was
 * none, and neither does the removal of what has expired, as whoever remembers looks at the clock. A session without a
 * sign-in, which `trimUnclaimed` may remove, is never remembered.
 */
const OUTDATING: Rules = {
  invalidateTokens: TOKENS_AND_DOCUMENTS,
  putDocument: TOKENS_AND_DOCUMENTS,
  createDocument: TOKENS_AND_DOCUMENTS,
  replaceDocument: TOKENS_AND_DOCUMENTS,
  deleteDocument: TOKENS_AND_DOCUMENTS,
  createSession: ([, , replaces], displaced = []) => (replaces ? [replaces[0][0], ...displaced] : displaced),
  updateSession: ([, [id]]) => [id],
  deleteSession: ([, id]) => [id],
}

/** @param result of the write with these arguments */
export function listOutdated(name: keyof Writes, args: readonly unknown[], result: unknown): readonly Remembered[] {
  const rule = OUTDATING[name] as ((args: readonly unknown[], result: unknown) => readonly Remembered[]) | undefined
  return rule?.(args, result) ?? []
}
