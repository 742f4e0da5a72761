/** SQLite's result codes that blame one statement or its values: the engine is well, the caller is wrong. */
const FAULTS_OF_A_STATEMENT = new Set([
  1 /* ERROR */, 18 /* TOOBIG */, 19 /* CONSTRAINT */, 20 /* MISMATCH */, 25 /* RANGE */,
])

/** Whether the engine failed (disk full, unwritable, locked, damaged, closed) rather than one statement in it. */
export function isEngineFailure(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  if (error.code === 'ERR_INVALID_STATE') return true
  if (error.code !== 'ERR_SQLITE_ERROR' || !('errcode' in error)) return false
  // The low byte is the code, the others refine it.
  return !FAULTS_OF_A_STATEMENT.has(Number(error.errcode) & 0xff)
}
