/**
 * The outside of a token: standard base64 of a variable-length format version, a variable-length length, and that many
 * bytes. Ours are the id of the pair (8 bytes, which find the record) and 32 secret bytes (of which the record has the
 * hash). Clients take it as opaque; but whether a string decodes at all decides what the invalidate call answers.
 */
const VERSION = 1
const ID_BYTES = 8
const SECRET_BYTES = 32
const PAYLOAD_BYTES = ID_BYTES + SECRET_BYTES
/** Both numbers take one byte, so that no padding is left. */
const TEXT_LENGTH = ((2 + PAYLOAD_BYTES) / 3) * 4
/** Longer strings are not looked at. */
const LONGEST = 4096

export interface TokenParts {
  readonly id: bigint
  readonly secret: Uint8Array
}

/**
 * @param id from 0 to 2^63 - 1
 * @param secret 32 bytes
 */
export function formatToken(id: bigint, secret: Uint8Array): string {
  if (secret.length !== SECRET_BYTES) throw new TypeError(`a token's secret has ${SECRET_BYTES} bytes`)
  const bytes = Buffer.alloc(2 + PAYLOAD_BYTES)
  bytes[0] = VERSION
  bytes[1] = PAYLOAD_BYTES
  bytes.writeBigInt64BE(id, 2)
  bytes.set(secret, 2 + ID_BYTES)
  return bytes.toString('base64')
}

/** @returns the parts of a token of ours; `foreign` if it is well-formed but none of ours; `undefined` if it is not */
export function readToken(text: string): TokenParts | 'foreign' | undefined {
  if (text.length > LONGEST || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  // A last group of one character holds less than a byte; padding, if there is any, completes the last group.
  if (text.length % 4 === 1 || (text.endsWith('=') && text.length % 4 !== 0)) return undefined
  const bytes = Buffer.from(text, 'base64')
  if (text.length === TEXT_LENGTH && bytes[0] === VERSION && bytes[1] === PAYLOAD_BYTES) {
    const id = bytes.readBigInt64BE(2)
    return id < 0n ? 'foreign' : { id, secret: bytes.subarray(2 + ID_BYTES) }
  }
  const version = readVariableLength(bytes, 0)
  const length = version === undefined ? undefined : readVariableLength(bytes, version.end)
  return length !== undefined && length.value > 0 && length.end + length.value === bytes.length ? 'foreign' : undefined
}

/** Seven bits a byte, the least significant first, the highest bit telling that more follow; at most 5 bytes. */
function readVariableLength(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0
  for (let index = start; index < start + 5; index++) {
    const byte = bytes[index]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * (index - start))
    if (byte < 0x80) return { value, end: index + 1 }
  }
  return undefined
}
