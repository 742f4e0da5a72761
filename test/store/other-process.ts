import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Store } from '../../src/store/store.ts'

export interface WritingProcess {
  readonly pid: number
  /** Every line it has said so far. */
  readonly lines: readonly string[]
  /** Resolves with the next line of this beginning. */
  says(beginning: string): Promise<string>
  /** SIGKILL; resolves when it is gone and all that it said has arrived. */
  kill(): Promise<void>
}

/** Starts `writing-process.ts` on a data folder. */
export function startWritingProcess(
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): WritingProcess {
  const program = `${import.meta.dirname}/writing-process.ts`
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  })
  if (child.stdout === null || child.pid === undefined) throw new Error('the writing process did not start')
  const lines: string[] = []
  const output = createInterface(child.stdout)
  const ended = once(output, 'close')
  output.on('line', (line) => lines.push(line))
  return {
    pid: child.pid,
    lines,
    says: (beginning) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`it did not say [${beginning}] in 15 s`)), 15_000)
        output.on('line', function listen(line: string) {
          if (!line.startsWith(beginning)) return
          clearTimeout(timer)
          output.off('line', listen)
          resolve(line)
        })
      }),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** What was acknowledged and does not hold in the store: pairs that are not there, and ended ones that live. */
export async function findBroken(
  { tokens }: Store,
  lines: readonly string[],
): Promise<{ lost: bigint[]; alive: bigint[] }> {
  const created = idsAfter('created', lines)
  const kept = new Set((await tokens.findMany(created)).map(({ id }) => id))
  const invalidated = await tokens.findMany(idsAfter('invalidated', lines))
  return {
    lost: created.filter((id) => !kept.has(id)),
    alive: invalidated.filter(({ accessInvalidated }) => !accessInvalidated).map(({ id }) => id),
  }
}

function idsAfter(word: string, lines: readonly string[]): bigint[] {
  return lines.filter((line) => line.startsWith(`${word} `)).map((line) => BigInt(line.slice(word.length + 1)))
}
