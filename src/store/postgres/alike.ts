import type { Row, Statement } from '../engine.ts'
import type { Connection } from './connection.ts'
import { buildBatch, translate } from './dialect.ts'
import { insert, readInsertion } from './insertion.ts'

/**
 * Runs statements of one text, as few as their kind allows.
 * @returns the rows of each, in their order
 * @throws Error for the fault of any of them
 */
export async function runAlike(connection: Connection, statements: readonly Statement[]): Promise<Row[][]> {
  const [[sql, ...first] = ['']] = statements
  if (statements.length > 1) {
    const batch = buildBatch(sql, first)
    if (batch !== undefined) return runBatch(connection, batch, statements)
    const insertion = readInsertion(sql)
    if (insertion !== undefined) return insert(connection, insertion, statements)
  }
  return Promise.all(statements.map(([, ...values]) => connection.run(translate(sql), ...values)))
}

async function runBatch(connection: Connection, batch: string, statements: readonly Statement[]): Promise<Row[][]> {
  const [[, ...first] = ['']] = statements
  const columns = first.map((_, column) => statements.map((statement) => statement[column + 1] ?? null))
  const results: Row[][] = statements.map(() => [])
  for (const row of await connection.run(batch, ...columns)) results[Number(row['asked']) - 1]?.push(row)
  return results
}
