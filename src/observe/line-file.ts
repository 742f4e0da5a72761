import { mkdirSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Log } from './log.ts'

/** A file that lines are added to, without waiting for the disk. */
export interface LineFile {
  write(line: string): void
  /** Writes what is gathered; what comes later is lost. */
  close(): Promise<void>
}

/** Milliseconds. */
const WRITTEN_EVERY = 100
/** After a failure. */
const TRIED_AGAIN_AFTER = 2000
/** Characters of one write to the file: what is larger goes in parts, and other processes may write between those. */
const LARGEST_WRITE = 128 * 1024
/** Characters that may wait while the disk does not take them. */
const MAX_WAITING = 16 * 1024 * 1024

/**
 * Only its owner may read the file. It is opened for every write, so that it may be moved away at any time.
 * @throws Error if the folder cannot be made
 */
export function createLineFile({ path, log }: { path: string; log: Log }): LineFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  let waiting: string[] = []
  let size = 0
  let lost = 0
  let failed = false
  let timer: NodeJS.Timeout | undefined
  let underWay = Promise.resolve()

  return {
    write(line) {
      if (size + line.length > MAX_WAITING) {
        lost += 1
        return
      }
      waiting.push(line)
      size += line.length
      timer ??= flushIn(WRITTEN_EVERY)
    },
    async close() {
      await flush()
      if (waiting.length > 0) lost += waiting.length
      tellLosses()
    },
  }

  function flushIn(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => void flush(), milliseconds).unref()
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    underWay = underWay.then(writeWaiting).finally(() => {
      timer = waiting.length > 0 ? flushIn(failed ? TRIED_AGAIN_AFTER : WRITTEN_EVERY) : undefined
    })
    return underWay
  }

  async function writeWaiting(): Promise<void> {
    let lines = takeLines()
    try {
      for (; lines.length > 0; lines = takeLines()) {
        await appendFile(path, lines.join(''), { mode: 0o600 })
        failed = false
        size -= lengthOf(lines)
        tellLosses()
      }
    } catch (error) {
      failed = true
      waiting = [...lines, ...waiting]
      log.error({ err: error, 'file.path': path }, 'lines cannot be written and wait')
    }
  }

  /** At least one line, if any waits. */
  function takeLines(): string[] {
    let length = 0
    const end = waiting.findIndex((line) => (length += line.length) > LARGEST_WRITE)
    return waiting.splice(0, end === -1 ? waiting.length : Math.max(end, 1))
  }

  function tellLosses(): void {
    if (lost === 0) return
    log.error({ 'file.path': path, 'ostiary.lost': lost }, 'lines were lost: the disk did not take them in time')
    lost = 0
  }
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0)
}
