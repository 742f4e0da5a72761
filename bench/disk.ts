/** What the disk can do: one fsync for each call. */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PAGE = Buffer.alloc(4096, 1)
const PAGES = 1000

export interface DiskRates {
  /** Each call adds to the file, as a program does that keeps what it is told. */
  readonly appended: number
  /** Each call writes over what was there: the disk's best, as no length of a file changes. */
  readonly inPlace: number
}

/** In the folder where the stores are. @returns calls a second */
export function measureFsync(seconds: number): DiskRates {
  const file = join(tmpdir(), `ostiary-bench-fsync-${process.pid}`)
  const descriptor = openSync(file, 'w')
  try {
    for (let page = 0; page < PAGES; page++) writeSync(descriptor, PAGE)
    fsyncSync(descriptor)
    const inPlace = countCalls(seconds / 2, (call) => {
      writeSync(descriptor, PAGE, 0, PAGE.length, (call % PAGES) * PAGE.length)
      fsyncSync(descriptor)
    })
    const appended = countCalls(seconds / 2, (call) => {
      writeSync(descriptor, PAGE, 0, PAGE.length, (PAGES + call) * PAGE.length)
      fsyncSync(descriptor)
    })
    return { appended, inPlace }
  } finally {
    closeSync(descriptor)
    rmSync(file)
  }
}

function countCalls(seconds: number, act: (call: number) => void): number {
  const began = performance.now()
  let calls = 0
  for (; performance.now() - began < seconds * 1000; calls++) act(calls)
  return calls / ((performance.now() - began) / 1000)
}
