/** Work that ends in a durable write, against a disk that is asked once for each. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readToken } from '../../src/authc/token-string.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { createSealer } from '../../src/kernel/sealer.ts'
import { createEmbeddedStore } from '../../src/store/embedded.ts'
import type { Store } from '../../src/store/store.ts'
import { bearer, callApi } from '../../test/support/api-call.ts'
import type { Program } from '../../test/support/program.ts'
import { listCosts, listRates, measure, type Measured, warmUp } from '../comparison.ts'
import { measureFsync } from '../disk.ts'
import { ID_TOKEN, SECRET } from '../house.ts'
import type { Bench, Figure, Line } from '../line.ts'
import type { Scenario } from '../load/process.ts'
import { interleave, median, medianRatio, quantile } from '../rounds.ts'
import { type Seed, seedPairs, tokenOf } from '../seed.ts'
import { portOf } from '../server-process.ts'

const IN_FLIGHT = 64
const AGAINST = 'against one fsync for each call'
/** Of the pairs whose ID tokens open, the last ones are for refreshes: one for each connection. */
const REFRESHED = 2000
/** Of the store alone, in a round. */
const SIGN_OUTS = 20_000

export const refresh: Line = {
  name: 'refresh',
  async run(bench) {
    const { program, seed, sealed } = await bench.house('million')
    const of = { first: sealed - REFRESHED, count: REFRESHED }
    const { ratio, from } = await measureCalls(bench, program, { name: 'refresh', seed, of })
    return [{ work: `refresh, ${IN_FLIGHT} in flight, ${AGAINST}`, value: ratio, unit: '×', from }]
  },
}

export const logout: Line = {
  name: 'logout',
  async run(bench) {
    const { program, seed, sealed } = await bench.house('million')
    const of = { first: 0, count: sealed - REFRESHED }
    const { ratio, from, p99 } = await measureCalls(bench, program, { name: 'logout', seed, of })
    // The first of all that were signed out.
    const authorization = bearer(tokenOf(seed, 'access', 0))
    const { status } = await callApi(program.api, '/_security/_authenticate', { authorization })
    if (status !== 401) throw new Error(`a token was answered ${status} after its logout`)
    const work = `logout, ${IN_FLIGHT} in flight`
    return [
      { work: `${work}, ${AGAINST}`, value: ratio, unit: '×', target: { atLeast: 10 }, from },
      { work: `${work}, 99 of 100 within`, value: p99, unit: 'ms', target: { atMost: 25 }, from: {} },
    ]
  },
}

export const store: Line = {
  name: 'store',
  async run(bench) {
    const directory = await mkdtemp(join(tmpdir(), 'ostiary-bench-store-'))
    const opened = await createEmbeddedStore({ directory, clock: systemClock })
    try {
      const seed: Seed = { madeAt: Date.now(), pairs: SIGN_OUTS * (1 + bench.rounds) }
      await seedPairs(opened, seed, { sealer: createSealer([SECRET]), idToken: ID_TOKEN, sealed: 0 })
      let first = 0
      const ours = () => signOut(opened, seed, (first += SIGN_OUTS) - SIGN_OUTS)
      await ours()
      const { ratio, from, p99 } = await measureWithDisk(bench, ours)
      const work = `sign-outs in the store alone, ${IN_FLIGHT} in flight, ${AGAINST}`
      return [{ work, value: ratio, unit: '×', from: { ...from, 'p99 ms': p99 } }]
    } finally {
      await opened.close()
      await rm(directory, { recursive: true })
    }
  },
}

async function measureCalls(bench: Bench, program: Program, scenario: Scenario) {
  const { generator, seconds } = bench
  const load = { ports: [portOf(program.api)], pid: program.pid(), connections: IN_FLIGHT, scenario }
  await warmUp(generator, load, seconds)
  return measureWithDisk(bench, () => measure(generator, load, seconds))
}

async function measureWithDisk(
  { rounds, seconds }: Bench,
  measureOurs: () => Promise<Measured>,
): Promise<Pick<Figure, 'from'> & { ratio: number; p99: number }> {
  const { ours, disk } = await interleave(rounds, {
    ours: measureOurs,
    disk: async () => measureFsync(seconds),
  })
  const rates = listRates(ours)
  return {
    ratio: medianRatio(
      rates,
      disk.map(({ appended }) => appended),
    ),
    p99: median(ours.map(({ p99 }) => p99)),
    from: {
      'calls/s': median(rates),
      'fsyncs/s, appended': median(disk.map(({ appended }) => appended)),
      'fsyncs/s, in place': median(disk.map(({ inPlace }) => inPlace)),
      'p50 ms': median(ours.map(({ p50 }) => p50)),
      'CPU µs': median(listCosts(ours)),
    },
  }
}

/** Ends both tokens of pairs that nobody has signed out yet, as many at a time as calls are in flight elsewhere. */
async function signOut({ tokens }: Store, seed: Seed, first: number): Promise<Measured> {
  const ids: bigint[] = []
  for (let index = first; index < first + SIGN_OUTS; index++) {
    const parts = readToken(tokenOf(seed, 'access', index))
    if (typeof parts === 'object') ids.push(parts.id)
  }
  const times: number[] = []
  let next = 0
  const began = performance.now()
  const cpuBegan = process.cpuUsage()
  const loop = async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      const asked = performance.now()
      const outcomes = await tokens.invalidate([
        { id, side: 'refresh' },
        { id, side: 'access' },
      ])
      if (outcomes.some((outcome) => outcome !== 'invalidated')) throw new Error('a sign-out found nothing to end')
      times.push(performance.now() - asked)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop))
  const { user, system } = process.cpuUsage(cpuBegan)
  const sorted = Float64Array.from(times).sort()
  return {
    rate: (SIGN_OUTS / (performance.now() - began)) * 1000,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    cost: (user + system) / SIGN_OUTS,
  }
}
