import { randomInt } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Tells whoever reads the store what `Engine.readMark` promises, without a look at the store. */
export interface ReadMark {
  /** What the writer thread is given. */
  readonly target: MarkTarget
  read(): number | undefined
  close(): void
}

/** Memory that the threads of one process share, or the descriptor of a file that processes share. */
export type MarkTarget = Int32Array | number

const BYTES = 6
const LARGEST = 2 ** (8 * BYTES) - 1
/** Stands in the file while something is being changed. */
const UNDER_WAY = 0

/** For one process: a number that is counted, odd while something is being changed. */
export function createSharedMark(): ReadMark {
  const target = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  let closed = false
  return {
    target,
    read() {
      const mark = Atomics.load(target, 0)
      return closed || isOdd(mark) ? undefined : mark
    },
    close() {
      closed = true
    },
  }
}

/** For the process that holds the folder for its workers. */
export function createMarkFile(directory: string): ReadMark {
  const file = fileOf(directory)
  const mark = buildMark(openSync(file, 'w+', 0o600))
  const close = () => {
    mark.close()
    rmSync(file, { force: true })
  }
  return { ...mark, close }
}

/** For a worker of the process that holds the folder. */
export function joinMarkFile(directory: string): ReadMark {
  return buildMark(openSync(fileOf(directory), 'r'))
}

/**
 * For the writer, before it changes anything. From here on until the next mark is set no process remembers anything, so
 * also a writer that dies in between leaves nobody with a token that is dead.
 */
export function clearMark(target: MarkTarget): void {
  if (typeof target === 'number') write(target, UNDER_WAY)
  else Atomics.or(target, 0, 1)
}

/**
 * For the writer, when it starts, and after the commit before anybody is told of it. In a file the mark is drawn and not
 * counted, so that even one that is read while it is half written is like no other.
 */
export function setMark(target: MarkTarget): void {
  if (typeof target !== 'number') {
    // One on from odd, two from even: the writer alone changes it.
    Atomics.add(target, 0, isOdd(Atomics.load(target, 0)) ? 1 : 2)
    return
  }
  try {
    write(target, randomInt(UNDER_WAY + 1, LARGEST))
  } catch {
    // Then nothing is remembered, which is slower and nothing worse.
  }
}

function isOdd(mark: number): boolean {
  return (mark & 1) === 1
}

function fileOf(directory: string): string {
  return join(directory, 'ostiary.mark')
}

function buildMark(descriptor: number): ReadMark {
  const bytes = Buffer.alloc(BYTES)
  let closed = false
  return {
    target: descriptor,
    read() {
      if (closed || !isRead(descriptor, bytes)) return undefined
      const mark = bytes.readUIntLE(0, BYTES)
      return mark === UNDER_WAY ? undefined : mark
    },
    close() {
      if (!closed) closeSync(descriptor)
      closed = true
    },
  }
}

function isRead(descriptor: number, bytes: Buffer): boolean {
  try {
    return readSync(descriptor, bytes, 0, BYTES, 0) === BYTES
  } catch {
    return false
  }
}

function write(descriptor: number, mark: number): void {
  const bytes = Buffer.alloc(BYTES)
  bytes.writeUIntLE(mark, 0, BYTES)
  writeSync(descriptor, bytes, 0, BYTES, 0)
}
