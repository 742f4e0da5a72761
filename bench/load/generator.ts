/** The load generator, seen from the benchmark: a process of its own on the other core. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { OTHERS, onCores } from '../cores.ts'
import type { Job, Outcome, Told } from './job.ts'

export interface Generator {
  /** @throws Error if a single answer was not the right one */
  run(job: Job): Promise<Outcome>
  close(): void
}

export async function startGenerator(cores = OTHERS): Promise<Generator> {
  const child = await onCores(cores, () => fork(join(import.meta.dirname, 'process.ts')))
  return {
    async run(job) {
      child.send(job)
      const [told] = (await Promise.race([once(child, 'message'), failAtEnd(child)])) as [Told]
      if ('failure' in told) throw new Error(`the load generator: ${told.failure}`)
      return told.outcome
    },
    close: () => void child.kill(),
  }
}

async function failAtEnd(child: ReturnType<typeof fork>): Promise<never> {
  await once(child, 'exit')
  throw new Error('the load generator has ended')
}
