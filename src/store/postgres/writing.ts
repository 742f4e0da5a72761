import { setTimeout } from 'node:timers/promises'
import { SecurityError } from '../../kernel/errors.ts'
import type { Statement, Steps } from '../engine.ts'
import type { Connection } from './connection.ts'
import { translate } from './dialect.ts'
import { hasCode, isConflict, isLockHeld, isStatementFault } from './failure.ts'
import type { Outcome } from './gathering.ts'
import { runAlike } from './alike.ts'

/** A write that waits for its transaction. */
export interface PendingWrite {
  /** Begins it, also once more after a rollback. */
  readonly start: () => Steps<unknown>
  /** Two writes of the same name never run beside each other, on any node. */
  readonly exclusion: string | undefined
}

const CONFLICTS = 5
const PAUSE_MS = 15

// A default of the database may ask for more, at the price of attempts that fail.
const BEGIN = 'begin isolation level read committed'
const LOCK = translate(
  'insert into write_lock (name) values (?1) on conflict (name) do update set name = excluded.name',
)
// Deleted by the transaction that made it, it locks until the commit all the same, and nothing is left of it.
const UNLOCK = translate('delete from write_lock where name = ?1')

/**
 * Runs writes in one transaction, in step: the next statements of all of them travel together. When one is at fault,
 * nothing of that is kept and they run again, one after the other, each with a savepoint of its own. When the transaction
 * met another node's, it runs again.
 */
export async function runWrites(connection: Connection, writes: readonly PendingWrite[]): Promise<Outcome[]> {
  let hasFault = false
  for (let conflicts = 0; ;) {
    const inStep = hasFault ? [] : writes.filter(({ exclusion }) => exclusion === undefined)
    try {
      const outcomes = await runTransaction(connection, async () => {
        const together = await runInStep(connection, inStep)
        const rest = writes.filter((write) => !together.has(write))
        return new Map([...together, ...(await runInTurn(connection, rest))])
      })
      return writes.flatMap((write) => outcomes.get(write) ?? [])
    } catch (error) {
      if (isConflict(error) && conflicts < CONFLICTS) {
        conflicts += 1
        await setTimeout(Math.random() * PAUSE_MS * 2 ** conflicts)
      } else if (isStatementFault(error) && !hasFault) hasFault = true
      else throw error
    }
  }
}

type Outcomes = Map<PendingWrite, Outcome>

async function runTransaction(connection: Connection, act: () => Promise<Outcomes>): Promise<Outcomes> {
  const begun = connection.exec(BEGIN)
  try {
    const [, outcomes] = await Promise.all([begun, act()])
    await connection.exec('commit')
    return outcomes
  } catch (error) {
    await connection.exec('rollback')
    throw error
  }
}

async function runInStep(connection: Connection, writes: readonly PendingWrite[]): Promise<Outcomes> {
  const outcomes: Outcomes = new Map()
  let running = writes.map((write) => {
    const steps = write.start()
    return { write, steps, step: steps.next() }
  })
  for (;;) {
    const going: { write: PendingWrite; steps: Steps<unknown>; statement: Statement }[] = []
    for (const { write, steps, step } of running) {
      if (step.done) outcomes.set(write, { result: step.value })
      else going.push({ write, steps, statement: step.value })
    }
    if (going.length === 0) return outcomes
    const groups = Map.groupBy(going, ({ statement: [sql] }) => sql)
    const answered = await Promise.all(
      Array.from(groups.values(), async (group) => {
        const statements = group.map(({ statement }) => statement)
        const rows = await runAlike(connection, statements)
        return group.map(({ write, steps }, place) => ({ write, steps, step: steps.next(rows[place] ?? []) }))
      }),
    )
    running = answered.flat()
  }
}

async function runInTurn(connection: Connection, writes: readonly PendingWrite[]): Promise<Outcomes> {
  const outcomes: Outcomes = new Map()
  for (const write of writes) outcomes.set(write, await runWithSavepoint(connection, write))
  return outcomes
}

async function runWithSavepoint(connection: Connection, write: PendingWrite, isLast = false): Promise<Outcome> {
  const saved = connection.exec('savepoint one')
  try {
    const [, result] = await Promise.all([saved, runAlone(connection, write)])
    await connection.exec('release savepoint one')
    return { result }
  } catch (error) {
    if (!isStatementFault(error)) throw error
    await connection.exec('rollback to savepoint one; release savepoint one')
    // Another node may have taken the key after this write saw it free: now it sees who did.
    if (isLast || !hasCode(error, '23505' /* unique_violation */)) return { fault: describeFault(error) }
  }
  return runWithSavepoint(connection, write, true)
}

function describeFault(error: unknown): unknown {
  if (!isLockHeld(error)) return error
  return new SecurityError('store_unavailable', 'a record is held by another transaction of the database', error)
}

async function runAlone(connection: Connection, { start, exclusion }: PendingWrite): Promise<unknown> {
  if (exclusion !== undefined) await connection.run(LOCK, exclusion)
  const steps = start()
  let step = steps.next()
  while (!step.done) {
    const [sql, ...values] = step.value
    step = steps.next(await connection.run(translate(sql), ...values))
  }
  if (exclusion !== undefined) await connection.run(UNLOCK, exclusion)
  return step.value
}
