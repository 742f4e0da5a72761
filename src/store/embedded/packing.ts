import type { Block, WriteBatch, WriteCall } from './messages.ts'

type Packed = Pick<WriteBatch, 'calls' | 'block'>

/**
 * Readies writes for their way to another thread: all their bytes travel as one block, and the block itself stands wherever
 * bytes were. Each buffer that travels by itself costs more than the text of a whole record.
 */
export function packCalls(calls: readonly WriteCall[]): Packed {
  const block: Block = { bytes: new Uint8Array(), lengths: [] }
  const parts: Uint8Array[] = []
  const packed: WriteCall[] = []
  for (const [name, args] of calls) packed.push([name, packAll(args, block, parts)])
  block.bytes = join(parts)
  for (const { length } of parts) block.lengths.push(length)
  return { calls: packed, block }
}

/** Filled one by one: an array that `map` has made at once would travel with an index for each value. */
function packAll(values: readonly unknown[], block: Block, parts: Uint8Array[]): unknown[] {
  const packed: unknown[] = []
  for (const value of values) {
    if (value instanceof Uint8Array) {
      parts.push(value)
      packed.push(block)
    } else {
      packed.push(Array.isArray(value) ? packAll(value, block, parts) : value)
    }
  }
  return packed
}

/** Not from the pool of `Buffer`, all of which would travel along. */
function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The writes as they were before they were packed. */
export function unpackCalls({ calls, block }: Packed): WriteCall[] {
  const lengths = block.lengths.values()
  let at = 0
  const unpack = (value: unknown): unknown => {
    if (value === block) return block.bytes.subarray(at, (at += lengths.next().value ?? 0))
    return Array.isArray(value) ? value.map(unpack) : value
  }
  return calls.map(([name, args]) => [name, args.map(unpack)])
}
