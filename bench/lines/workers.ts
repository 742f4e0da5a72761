/** Two workers on two cores against one on one. */
import { listChildren, type Program, waitForWorkers } from '../../test/support/program.ts'
import { moveToCores, OTHERS, SERVERS } from '../cores.ts'
import { createHouse, type House } from '../house.ts'
import type { Bench, Line } from '../line.ts'
import { readProcessorTime } from '../processor-time.ts'
import { interleave, median, medianRatio } from '../rounds.ts'
import { portOf } from '../server-process.ts'

const IN_FLIGHT = 64
const PAIRS = 1000
const WORKERS = 2
const WARM_UP_ROUNDS = 5

/**
 * A generator that shares a core with one of two workers is late with the next requests of the other, and takes the
 * caches of the one: what came of that would tell of the scheduler. So both workers are on one core, each half of the
 * time, as one worker has it alone; on two cores they would answer twice as much. What they answer on both cores, beside
 * the generator, is told for what it is.
 */
export const workers: Line = {
  name: 'workers',
  async run(bench) {
    const contents = { pairs: PAIRS, sealed: 0, sessions: 0, provider: await bench.provider() }
    const one = await createHouse(contents)
    const two = await createHouse({ ...contents, settings: [`node.workers: ${WORKERS}`] })
    try {
      await one.program.start()
      await two.program.start()
      await waitForWorkers(two.program, WORKERS)
      const sides = {
        one: () => measure(bench, one),
        two: () => measure(bench, two),
        apart: () => apart(two.program, () => measure(bench, two)),
      }
      await interleave(WARM_UP_ROUNDS, sides)
      const measured = await interleave(bench.rounds, sides)
      const ones = measured.one.map(({ rate }) => rate)
      const twos = measured.two.map(({ rate }) => rate * WORKERS)
      return [
        {
          work: 'bearer check by two workers on two cores, against one on one',
          value: medianRatio(twos, ones),
          unit: '×',
          target: { atLeast: 1.7 },
          from: {
            'one/s': median(ones),
            'two/s': median(twos),
            'one CPU µs': median(measured.one.map(({ cost }) => cost)),
            'two CPU µs': median(measured.two.map(({ cost }) => cost)),
            'two/s beside the generator': median(measured.apart.map(({ rate }) => rate)),
            'generator busy': median(measured.apart.map(({ busy }) => busy)),
          },
        },
      ]
    } finally {
      await one.program.remove()
      await two.program.remove()
    }
  },
}

/** Each worker has a core while this lasts, as far as the generator leaves it. */
async function apart<T>(program: Program, act: () => Promise<T>): Promise<T> {
  const [, ...others] = listChildren(program.pid())
  for (const worker of others) moveToCores(worker, OTHERS)
  try {
    return await act()
  } finally {
    for (const worker of others) moveToCores(worker, SERVERS)
  }
}

/** With the processor time of all processes of the program for one check, in microseconds. */
async function measure({ generator, seconds }: Bench, { program, seed }: House) {
  const pids = [program.pid(), ...listChildren(program.pid())]
  const readCost = () => pids.reduce((sum, pid) => sum + readProcessorTime(pid), 0)
  const before = readCost()
  const outcome = await generator.run({
    ports: [portOf(program.api)],
    connections: IN_FLIGHT,
    seconds,
    scenario: { name: 'bearer', seed },
  })
  return { ...outcome, cost: ((readCost() - before) / outcome.served) * 1e6 }
}
