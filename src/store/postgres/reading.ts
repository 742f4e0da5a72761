import type { Statement } from '../engine.ts'
import type { Connection } from './connection.ts'
import { isStatementFault } from './failure.ts'
import type { Outcome } from './gathering.ts'
import { runAlike } from './alike.ts'

/** Runs reads. Those of one text travel as one query, which looks all of them up. */
export async function runReads(connection: Connection, reads: readonly Statement[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const groups = Map.groupBy(reads.keys(), (index) => reads[index]?.[0] ?? '')
  await Promise.all(
    Array.from(groups.values(), async (indexes) => {
      const group = indexes.flatMap((index) => reads.slice(index, index + 1))
      const results = await runGroup(connection, group)
      indexes.forEach((index, place) => (outcomes[index] = results[place] ?? { result: [] }))
    }),
  )
  return outcomes
}

async function runGroup(connection: Connection, group: readonly Statement[]): Promise<Outcome[]> {
  try {
    return (await runAlike(connection, group)).map((result) => ({ result }))
  } catch (error) {
    if (!isStatementFault(error)) throw error
    if (group.length === 1) return [{ fault: error }]
  }
  // One of them is at fault; the others do not fail with it.
  return (await Promise.all(group.map((read) => runGroup(connection, [read])))).flat()
}
