/** Work that ends in a durable write, against a disk that is asked once for each. */
import { bearer, callApi } from '../../test/support/api-call.ts'
import { measureFsync } from '../disk.ts'
import type { Bench, Figure, Line } from '../line.ts'
import type { Job } from '../load/job.ts'
import { interleave, median, medianRatio } from '../rounds.ts'
import { tokenOf } from '../seed.ts'
import { portOf } from '../server-process.ts'

const IN_FLIGHT = 64
/** Of the pairs whose ID tokens open, the last ones are for refreshes: one for each connection. */
const REFRESHED = 2000

export const refresh: Line = {
  name: 'refresh',
  async run(bench) {
    const { program, seed, sealed } = await bench.house('million')
    const of = { first: sealed - REFRESHED, count: REFRESHED }
    const ports = [portOf(program.api)]
    const { ratio, from } = await measure(bench, { ports, scenario: { name: 'refresh', seed, of } })
    const work = `refresh, ${IN_FLIGHT} in flight, against one fsync for each call`
    return [{ work, value: ratio, unit: '×', from }]
  },
}

export const logout: Line = {
  name: 'logout',
  async run(bench) {
    const { program, seed, sealed } = await bench.house('million')
    const of = { first: 0, count: sealed - REFRESHED }
    const ports = [portOf(program.api)]
    const { ratio, from, p99 } = await measure(bench, { ports, scenario: { name: 'logout', seed, of } })
    // The first of all that were signed out.
    const authorization = bearer(tokenOf(seed, 'access', 0))
    const { status } = await callApi(program.api, '/_security/_authenticate', { authorization })
    if (status !== 401) throw new Error(`a token was answered ${status} after its logout`)
    const work = `logout, ${IN_FLIGHT} in flight`
    return [
      { work: `${work}, against one fsync for each call`, value: ratio, unit: '×', target: { atLeast: 10 }, from },
      { work: `${work}, 99 of 100 within`, value: p99, unit: 'ms', target: { atMost: 25 }, from: {} },
    ]
  },
}

async function measure(
  { generator, rounds, seconds }: Bench,
  load: Pick<Job, 'ports' | 'scenario'>,
): Promise<Pick<Figure, 'from'> & { ratio: number; p99: number }> {
  const job = { ...load, connections: IN_FLIGHT, seconds }
  await generator.run({ ...job, seconds: Math.min(1, seconds) })
  const { ours, disk } = await interleave(rounds, {
    ours: () => generator.run(job),
    disk: async () => measureFsync(seconds),
  })
  const rates = ours.map(({ rate }) => rate)
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
    },
  }
}
