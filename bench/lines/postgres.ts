/** Two nodes on one PostgreSQL database. */
import { systemClock } from '../../src/kernel/clock.ts'
import { createSealer } from '../../src/kernel/sealer.ts'
import { createPostgresStore } from '../../src/store/postgres.ts'
import { PASSWORD, type PostgresServer, startPostgres } from '../../test/support/postgres.ts'
import { compare } from '../comparison.ts'
import { OTHERS, onCores } from '../cores.ts'
import { createHouse, SECRET } from '../house.ts'
import type { Bench, Line } from '../line.ts'
import type { Outcome } from '../load/job.ts'
import { tokenOf, usernameOf } from '../seed.ts'
import { portOf, startBareServer } from '../server-process.ts'

const IN_FLIGHT = 256
const PAIRS = 1000

/** Both nodes share one core, as the bare server has one; the database is on the other. */
export const postgres: Line = {
  name: 'postgres',
  async run(bench) {
    const settings = { shared_preload_libraries: 'pg_stat_statements' }
    const server = await onCores(OTHERS, () => startPostgres({ settings }))
    try {
      return await measure(bench, server)
    } finally {
      await server.remove()
    }
  },
}

async function measure(bench: Bench, server: PostgresServer): ReturnType<Line['run']> {
  const database = await server.createDatabase()
  await server.query(database, 'create extension pg_stat_statements')
  const house = {
    sealed: 0,
    sessions: 0,
    provider: await bench.provider(),
    settings: ['store.type: postgres', `store.postgres.url: ${server.url(database)}`],
    secrets: { 'store.postgres.password': PASSWORD },
    openStore: () =>
      createPostgresStore({
        address: server.address(database),
        poolSize: 4,
        fingerprints: [createSealer([SECRET]).fingerprint],
        clock: systemClock,
      }),
  }
  const { program: here, seed } = await createHouse({ ...house, pairs: PAIRS })
  const { program: there } = await createHouse({ ...house, pairs: 0 })
  try {
    await here.start()
    await there.start()
    const authorization = `Bearer ${tokenOf(seed, 'access', 0)}`
    const bare = await startBareServer(`${here.api}/_security/_authenticate`, { headers: { authorization } })
    try {
      const scenario = { name: 'bearer', seed } as const
      const ours = {
        connections: IN_FLIGHT,
        ports: [here, there].map(({ api }) => portOf(api)),
        scenario,
      }
      const { ratio, from } = await compare(bench, {
        ours,
        theirs: {
          connections: IN_FLIGHT,
          ports: [bare.port],
          pid: bare.pid,
          scenario: { ...scenario, username: usernameOf(0) },
        },
      })
      const work = `bearer check by two nodes on one PostgreSQL, ${IN_FLIGHT} in flight`
      const sharing = await measureSharing(server, database, () =>
        bench.generator.run({ ...ours, seconds: bench.seconds }),
      )
      return [
        { work: `${work}, against bare node:http`, value: ratio, unit: '×', target: { atLeast: 0.4 }, from },
        { work: `${work}, look-ups in one query`, target: { atLeast: 15 }, unit: 'look-ups', ...sharing },
      ]
    } finally {
      await bare.close()
    }
  } finally {
    await here.remove()
    await there.remove()
  }
}

/** @returns how many checks were answered for each query for token pairs */
async function measureSharing(server: PostgresServer, database: string, check: () => Promise<Outcome>) {
  await server.query(database, 'select pg_stat_statements_reset()')
  const { served } = await check()
  const [row] = await server.query(
    database,
    `select sum(calls)::int as queries from pg_stat_statements
     where query ilike '%from%token_pair%' and query not ilike '%pg_stat_statements%'`,
  )
  const queries = Number(row?.['queries'])
  return { value: served / queries, from: { queries, checks: served } }
}
