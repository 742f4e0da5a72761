/** PostgreSQL's classes of errors that blame one statement or its values: the server is well, the caller is wrong. */
const FAULTS_OF_A_STATEMENT = new Set(['0A', '21', '22', '23', '42'])

/** Whether one statement failed, rather than the server or the way to it. */
export function isStatementFault(error: unknown): boolean {
  return FAULTS_OF_A_STATEMENT.has(classOf(error)) || isLockHeld(error)
}

/** Whether a statement gave up waiting for a row that another transaction holds. */
export function isLockHeld(error: unknown): boolean {
  return hasCode(error, '55P03' /* lock_not_available */)
}

/** Whether the transaction met another one (a deadlock, a serialization failure), was undone, and may be tried again. */
export function isConflict(error: unknown): boolean {
  return classOf(error) === '40' && !hasCode(error, '40003' /* statement_completion_unknown */)
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(codeOf(error))
}

function classOf(error: unknown): string {
  return codeOf(error).slice(0, 2)
}

/** Five characters, SQLSTATE. The codes of Node.js are longer. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return ''
  return error.code.length === 5 ? error.code : ''
}
