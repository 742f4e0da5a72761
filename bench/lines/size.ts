/** What a million live tokens cost a program that has just answered for many of them, and one that starts. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, ROOT } from '../../test/support/program.ts'
import { OTHERS, onCores } from '../cores.ts'
import type { Line } from '../line.ts'
import { median } from '../rounds.ts'
import { portOf } from '../server-process.ts'

const IN_FLIGHT = 32
/** What the program keeps for its next start. */
const COMPILED = join(ROOT, 'node_modules/.cache/ostiary')

export const size: Line = {
  name: 'size',
  async run(bench) {
    const { generator, rounds, seconds } = bench
    const { program, seed } = await bench.house('million')
    await program.stop()
    rmSync(COMPILED, { recursive: true, force: true })
    const first = await startAgain(program)
    const starts: number[] = []
    for (let round = 0; round < rounds; round++) starts.push(await startAgain(program))
    const fresh = readMemory(program.pid())
    const ports = [portOf(program.api)]
    const checkFor = async (time: number): Promise<number> => {
      await generator.run({ ports, connections: IN_FLIGHT, seconds: time, scenario: { name: 'bearer', seed } })
      return readMemory(program.pid())
    }
    const used = await checkFor(seconds * 2)
    const later = await checkFor(seconds * 15)
    return [
      {
        work: 'memory (RSS) with a million live tokens, after checks of many of them',
        value: used,
        unit: 'MB',
        target: { atMost: 150 },
        from: { 'after the start MB': fresh, [`after ${seconds * 17} s of checks MB`]: later },
      },
      {
        work: 'from the start of the process until all parts answer, a million tokens in the store, as at every start but the first',
        value: median(starts),
        unit: 's',
        target: { atMost: 0.6 },
        from: { 'the first start, without compiled code s': first },
      },
    ]
  },
}

/** @returns seconds until it answers */
async function startAgain(program: Program): Promise<number> {
  await program.stop()
  // Whoever asks again and again whether it answers must not take its core.
  return onCores(OTHERS, async () => {
    const starting = program.start()
    // To fork a process as large as this one takes 20 ms, which are not the program's.
    const began = performance.now()
    await starting
    return (performance.now() - began) / 1000
  })
}

/** In MB of a million bytes. */
function readMemory(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kilobytes) * 1024) / 1e6
}
