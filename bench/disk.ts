/** What the disk can do: one fsync for each call. */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PAGE = Buffer.alloc(4096, 1)
/** Written over again and again, as a write-ahead log is: a file that grows would cost more. */
const PAGES = 1000

/** In the folder where the stores are. @returns calls a second */
export async function measureFsync(seconds: number): Promise<number> {
  const file = join(tmpdir(), `ostiary-bench-fsync-${process.pid}`)
  const descriptor = openSync(file, 'w')
  try {
    for (let page = 0; page < PAGES; page++) writeSync(descriptor, PAGE)
    fsyncSync(descriptor)
    let calls = 0
    const began = performance.now()
    for (; performance.now() - began < seconds * 1000; calls++) {
      writeSync(descriptor, PAGE, 0, PAGE.length, (calls % PAGES) * PAGE.length)
      fsyncSync(descriptor)
    }
    return calls / ((performance.now() - began) / 1000)
  } finally {
    closeSync(descriptor)
    rmSync(file)
  }
}
