import { randomBytes, randomInt } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { currentTurn } from '../../kernel/turn.ts'
import { DOCUMENTS, type Remembered, TOKENS } from '../outdating.ts'

/** Tells whoever reads the store what `Engine.readMark` promises, without a look at the store. */
export interface ReadMark {
  /** What the writer thread is given. */
  readonly target: MarkTarget
  read(of: Remembered): number | undefined
  close(): void
}

/** Memory that the threads of one process share, or the descriptor of a file that processes share: a mark at each place. */
export type MarkTarget = Int32Array | number

/**
 * The first places are that of all tokens and that of all documents. Of the others each is that of many sessions: what
 * changes one of them makes few others doubtful.
 */
const FIRST_PLACES: readonly Remembered[] = [TOKENS, DOCUMENTS]
const SESSION_PLACES = 4096
const PLACES = FIRST_PLACES.length + SESSION_PLACES
const BYTES = 6
const LARGEST = 2 ** (8 * BYTES) - 1
/** Stands in the file while something is being changed. */
const UNDER_WAY = 0

/** For one process: a number that is counted, odd while something is being changed. */
export function createSharedMark(): ReadMark {
  const target = new Int32Array(new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT))
  let closed = false
  return {
    target,
    read(of) {
      const mark = Atomics.load(target, placeOf(of))
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

/** For the writer, when it starts. One that died before it may have left marks that say that something is being changed. */
export function startMarks(target: MarkTarget): void {
  if (typeof target === 'number')
    return trySetting(() => writeSync(target, randomBytes(PLACES * BYTES), 0, undefined, 0))
  for (let place = 0; place < PLACES; place += 1) countUp(target, place)
}

/**
 * For the writer, before a commit that changes this. From here on until the next mark is set no process remembers it, so
 * also a writer that dies in between leaves nobody with a token that is dead.
 */
export function clearMark(target: MarkTarget, of: Remembered): void {
  if (typeof target === 'number') write(target, placeOf(of), UNDER_WAY)
  else Atomics.or(target, placeOf(of), 1)
}

/**
 * For the writer, after the commit before anybody is told of it. In a file the mark is drawn and not counted, so that even
 * one that is read while it is half written is like no other.
 */
export function setMark(target: MarkTarget, of: Remembered): void {
  if (typeof target !== 'number') return countUp(target, placeOf(of))
  trySetting(() => write(target, placeOf(of), randomInt(UNDER_WAY + 1, LARGEST)))
}

/** One on from odd, two from even: the writer alone changes it. */
function countUp(target: Int32Array, place: number): void {
  Atomics.add(target, place, isOdd(Atomics.load(target, place)) ? 1 : 2)
}

function trySetting(set: () => void): void {
  try {
    set()
  } catch {
    // Then nothing is remembered, which is slower and nothing worse.
  }
}

/** Ids are hashes: their first characters are as good as any other choice. */
function placeOf(of: Remembered): number {
  const first = FIRST_PLACES.indexOf(of)
  if (first >= 0) return first
  let number = 0
  for (let at = 0; at < 8; at += 1) number = (number * 31 + of.charCodeAt(at)) | 0
  return FIRST_PLACES.length + (number & (SESSION_PLACES - 1))
}

function isOdd(mark: number): boolean {
  return (mark & 1) === 1
}

function fileOf(directory: string): string {
  return join(directory, 'ostiary.mark')
}

function buildMark(descriptor: number): ReadMark {
  const first = Buffer.alloc(FIRST_PLACES.length * BYTES)
  const other = Buffer.alloc(BYTES)
  let readIn: number | undefined
  let closed = false

  function readPlace(place: number): number | undefined {
    if (place >= FIRST_PLACES.length) return isRead(descriptor, other, place) ? other.readUIntLE(0, BYTES) : undefined
    // One look at the file is enough for all that go on side by side: they arrived before it.
    const turn = currentTurn()
    if (turn === undefined || turn !== readIn) {
      readIn = undefined
      if (!isRead(descriptor, first, 0)) return undefined
      readIn = turn
    }
    return first.readUIntLE(place * BYTES, BYTES)
  }

  return {
    target: descriptor,
    read(of) {
      const mark = closed ? undefined : readPlace(placeOf(of))
      return mark === UNDER_WAY ? undefined : mark
    },
    close() {
      if (!closed) closeSync(descriptor)
      closed = true
    },
  }
}

function isRead(descriptor: number, bytes: Buffer, place: number): boolean {
  try {
    return readSync(descriptor, bytes, 0, bytes.length, place * BYTES) === bytes.length
  } catch {
    return false
  }
}

function write(descriptor: number, place: number, mark: number): void {
  const bytes = Buffer.alloc(BYTES)
  bytes.writeUIntLE(mark, 0, BYTES)
  writeSync(descriptor, bytes, 0, BYTES, place * BYTES)
}
