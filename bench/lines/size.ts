/** What a million live tokens cost a program that has just answered for many of them, and one that starts. */
import { readFileSync } from 'node:fs'
import { OTHERS, onCores } from '../cores.ts'
import type { Line } from '../line.ts'
import { median } from '../rounds.ts'
import { portOf } from '../server-process.ts'

const IN_FLIGHT = 32

export const size: Line = {
  name: 'size',
  async run(bench) {
    const { generator, rounds, seconds } = bench
    const { program, seed } = await bench.house('million')
    const starts: number[] = []
    for (let round = 0; round < rounds; round++) {
      await program.stop()
      const began = performance.now()
      const starting = program.start()
      // Whoever asks again and again whether it answers must not take its core.
      await onCores(OTHERS, () => starting)
      starts.push((performance.now() - began) / 1000)
    }
    const fresh = readMemory(program.pid())
    const ports = [portOf(program.api)]
    await generator.run({ ports, connections: IN_FLIGHT, seconds: seconds * 2, scenario: { name: 'bearer', seed } })
    const used = readMemory(program.pid())
    return [
      {
        work: 'memory (RSS) with a million live tokens, after checks of many of them',
        value: used,
        unit: 'MB',
        target: { atMost: 150 },
        from: { 'after the start MB': fresh },
      },
      {
        work: 'from the start of the process until all parts answer, a million tokens in the store',
        value: median(starts),
        unit: 's',
        target: { atMost: 0.6 },
        from: {},
      },
    ]
  },
}

/** In MB of a million bytes. */
function readMemory(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kilobytes) * 1024) / 1e6
}
