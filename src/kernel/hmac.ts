import { hash } from 'node:crypto'

/** HMAC-SHA-256 under one key. */
export type Hmac = (message: Uint8Array) => Buffer

const BLOCK = 64
const DIGEST = 32

/**
 * HMAC-SHA-256 (RFC 2104 §2) under a key that is in use again and again, as two hashes in one call each: for each HMAC of
 * node:crypto an object is made, set up and collected, which in a busy process costs ten times as much as the hashes.
 */
export function createHmac(key: Uint8Array): Hmac {
  const short = key.length > BLOCK ? digest(key) : key
  const inner = fillBlock(short, 0x36)
  const outer = Buffer.concat([fillBlock(short, 0x5c)], BLOCK + DIGEST)
  return (message) => {
    outer.set(digest(Buffer.concat([inner, message])), BLOCK)
    return digest(outer)
  }
}

/** SHA-256. Half as dear by way of a text: for bytes node:crypto makes a buffer outside the heap. */
function digest(message: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', message, 'binary'), 'binary')
}

function fillBlock(key: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK, pad)
  let at = 0
  for (const byte of key) block[at++] = byte ^ pad
  return block
}
