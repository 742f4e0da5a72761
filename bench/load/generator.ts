/** The load generator, seen from the benchmark: a process of its own on the other core. */
import { type ChildProcess, fork } from 'node:child_process'
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
      const settled = new AbortController()
      const { signal } = settled
      child.send(job)
      const answers = [once(child, 'message', { signal }), failAtEnd(child, signal)]
      const [told] = (await Promise.race(answers).finally(() => settled.abort())) as [Told]
      if ('failure' in told) throw new Error(`the load generator: ${told.failure}`)
      return told.outcome
    },
    close: () => void child.kill(),
  }
}

async function failAtEnd(child: ChildProcess, signal: AbortSignal): Promise<never> {
  await once(child, 'exit', { signal })
  throw new Error('the load generator has ended')
}
