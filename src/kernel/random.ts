import { randomBytes, timingSafeEqual } from 'node:crypto'

/** `bytes` random bytes as base64url without padding: 32 bytes give 43 characters. */
export function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

/** Compares two secrets without telling by its duration where they differ. Different lengths are unequal at once. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
