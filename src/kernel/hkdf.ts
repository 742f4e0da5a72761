import { createHmac } from './hmac.ts'

/**
 * HKDF-SHA-256 (RFC 5869 §2) under one salt: a key of 32 bytes from a secret, for one purpose. That is a single block of its
 * output, so two HMACs. In a busy process the one of node:crypto, which looks its parts up each time, costs twice as much.
 */
export function createHkdf(salt: Uint8Array): (secret: Uint8Array, purpose: string) => Buffer {
  const extract = createHmac(salt)
  return (secret, purpose) => createHmac(extract(secret))(Buffer.from(`${purpose}\x01`))
}
