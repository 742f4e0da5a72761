import { randomInt } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const BYTES = 6
const LARGEST = 2 ** (8 * BYTES) - 1
/** Stands in the file while tokens are being invalidated. */
const UNDER_WAY = 0

export interface InvalidationMark {
  /** By which the writer thread knows it. */
  readonly descriptor: number
  /** @returns `undefined` while tokens are being invalidated, or if it cannot be read */
  read(): number | undefined
  close(): void
}

/** The mark in the process that holds the folder. */
export function createInvalidationMark(directory: string): InvalidationMark {
  const file = fileOf(directory)
  const mark = buildMark(openSync(file, 'w+', 0o600))
  const close = () => {
    mark.close()
    rmSync(file, { force: true })
  }
  return { ...mark, close }
}

/** The mark in a worker of the process that holds the folder. */
export function joinInvalidationMark(directory: string): InvalidationMark {
  return buildMark(openSync(fileOf(directory), 'r'))
}

/**
 * For the writer, before it begins to invalidate tokens. From here on until the next mark is set nobody remembers
 * anything, so also a writer that dies in between leaves nobody with a token that is dead.
 */
export function clearInvalidationMark(descriptor: number): void {
  write(descriptor, UNDER_WAY)
}

/**
 * For the writer, when it starts, and after the commit before anybody is told of it. The mark is drawn and not counted,
 * so that even one that is read while it is half written is like no other.
 */
export function setInvalidationMark(descriptor: number): void {
  try {
    write(descriptor, randomInt(UNDER_WAY + 1, LARGEST))
  } catch {
    // Then nothing is remembered, which is slower and nothing worse.
  }
}

function fileOf(directory: string): string {
  return join(directory, 'ostiary.mark')
}

function buildMark(descriptor: number): InvalidationMark {
  const bytes = Buffer.alloc(BYTES)
  let closed = false
  return {
    descriptor,
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
