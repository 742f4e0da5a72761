/** Two workers on two cores against one on one. */
import { onCores } from '../cores.ts'
import { createHouse } from '../house.ts'
import type { Line } from '../line.ts'
import type { Outcome } from '../load/job.ts'
import { interleave, median, medianRatio } from '../rounds.ts'
import { portOf } from '../server-process.ts'

const IN_FLIGHT = 64
const PAIRS = 1000
const CORES = 2

/**
 * On two cores the load generator takes a part of what the second worker would have. That part is measured and taken
 * out: two workers are counted by what they answered in the time that the cores had for them.
 */
export const workers: Line = {
  name: 'workers',
  async run(bench) {
    const { generator, rounds, seconds } = bench
    const contents = { pairs: PAIRS, sealed: 0, sessions: 0, provider: await bench.provider() }
    const one = await createHouse(contents)
    const two = await createHouse({ ...contents, settings: [`node.workers: ${CORES}`] })
    try {
      await one.program.start()
      await onCores('0,1', () => two.program.start())
      const measure = ({ program, seed }: typeof one) =>
        generator.run({
          ports: [portOf(program.api)],
          connections: IN_FLIGHT,
          seconds,
          scenario: { name: 'bearer', seed },
        })
      await interleave(2, { one: () => measure(one), two: () => measure(two) })
      const measured = await interleave(rounds, { one: () => measure(one), two: () => measure(two) })
      const ones = measured.one.map(({ rate }) => rate)
      const twos = measured.two.map(rateWithoutGenerator)
      return [
        {
          work: 'bearer check by two workers on two cores, against one on one',
          value: medianRatio(twos, ones),
          unit: '×',
          target: { atLeast: 1.7 },
          from: {
            'one/s': median(ones),
            'two/s': median(twos),
            'two/s beside the generator': median(measured.two.map(({ rate }) => rate)),
            'generator busy': median(measured.two.map(({ busy }) => busy)),
          },
        },
      ]
    } finally {
      await one.program.remove()
      await two.program.remove()
    }
  },
}

function rateWithoutGenerator({ rate, busy }: Outcome): number {
  return (rate * CORES) / (CORES - busy)
}
