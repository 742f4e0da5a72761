/** How the encryption and the MAC of PKCS#12 get a key from a password (RFC 7292 appendix B). */
import { hash } from 'node:crypto'

/** What the bytes are for: RFC 7292 §B.3. */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const

/** Bytes that a digest makes, and those it takes at a time. */
const DIGESTS = {
  sha1: { length: 20, block: 64 },
  sha224: { length: 28, block: 64 },
  sha256: { length: 32, block: 64 },
  sha384: { length: 48, block: 128 },
  sha512: { length: 64, block: 128 },
} as const

export type Digest = keyof typeof DIGESTS

/** How many bytes a digest makes. */
export function lengthOf(digest: Digest): number {
  return DIGESTS[digest].length
}

/** @param length how many bytes are wanted: the iterations are made once for each digest that they take */
export function deriveBytes(
  digest: Digest,
  purpose: (typeof PURPOSE)[keyof typeof PURPOSE],
  { password, salt, iterations }: { password: string; salt: Buffer; iterations: number },
  length: number,
): Buffer {
  const { block } = DIGESTS[digest]
  // RFC 7292 §B.1: UTF-16, the high byte first, with a zero at the end.
  const text = Buffer.from(`${password}\0`, 'utf16le').swap16()
  const diversifier = Buffer.alloc(block, purpose)
  const input = Buffer.concat([fill(salt, block), fill(text, block)])
  const made: Buffer[] = []
  for (let left = length; left > 0; left -= DIGESTS[digest].length) {
    let chunk = hash(digest, Buffer.concat([diversifier, input]), 'buffer')
    for (let count = 1; count < iterations; count++) chunk = hash(digest, chunk, 'buffer')
    made.push(chunk)
    const addend = fill(chunk, block).subarray(0, block)
    for (let at = 0; at < input.length; at += block) add(input.subarray(at, at + block), addend)
  }
  return Buffer.concat(made).subarray(0, length)
}

/** Repeats bytes until whole blocks are full. */
function fill(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(block * Math.ceil(bytes.length / block), bytes)
}

/** `number + addend + 1`, as numbers of their bytes, without what overflows. */
function add(number: Buffer, addend: Buffer): void {
  let carry = 1
  for (let at = number.length - 1; at >= 0; at--) {
    carry += (number[at] ?? 0) + (addend[at] ?? 0)
    number[at] = carry
    carry >>= 8
  }
}
