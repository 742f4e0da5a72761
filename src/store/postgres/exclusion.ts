import { trimArtefacts } from '../artefacts.ts'
import { createSession, trimUnclaimed } from '../sessions.ts'

/**
 * Most writes decide on one record, which the database locks for them. Those that count records do not: two of them,
 * side by side, would both count what was there before either.
 * @returns the name that such a write locks
 */
export function findExclusion(write: unknown, args: readonly unknown[]): string | undefined {
  if (write === trimUnclaimed) return 'unclaimed sessions'
  if (write === trimArtefacts) return `artefacts ${JSON.stringify(args[1])}`
  if (write !== createSession) return undefined
  const [, session, , limit] = args as Parameters<typeof createSession>
  if (limit === undefined) return undefined
  const [, , , type, name, usernameHash] = session
  return `sessions ${JSON.stringify([type, name, usernameHash])}`
}
