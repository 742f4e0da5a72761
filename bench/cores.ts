/** Which processor core a process runs on. Linux only: `taskset` of util-linux. */
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** What is measured runs here, and nothing else while it is measured. */
export const SERVERS = '0'
/** The load generator and everything that is no cost of what is measured: the instant provider, the database. */
export const OTHERS = '1'

/** @throws Error where nothing can be measured */
export function checkCores(): void {
  if (process.platform !== 'linux')
    throw new Error('the benchmark pins processes to cores with taskset: it needs Linux')
  if (availableParallelism() < 2) throw new Error('the benchmark needs two cores')
}

/**
 * Lets everything that `start` starts run on these cores only, children of children too: a process inherits them from
 * the thread that starts it.
 */
export async function onCores<T>(cores: string, start: () => T | Promise<T>): Promise<T> {
  moveTo(cores)
  try {
    return await start()
  } finally {
    moveTo(SERVERS)
  }
}

/** Moves a process that runs already, with its threads. */
export function moveToCores(pid: number, cores: string): void {
  taskset('--all-tasks', '--cpu-list', '--pid', cores, String(pid))
}

function moveTo(cores: string): void {
  taskset('--cpu-list', '--pid', cores, String(process.pid))
}

function taskset(...args: readonly string[]): void {
  execFileSync('taskset', args, { stdio: 'ignore' })
}
