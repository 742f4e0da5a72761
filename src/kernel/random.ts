import { randomFillSync, timingSafeEqual } from 'node:crypto'

/** Drawn at once: the kernel is asked for 4096 bytes in the time that it takes to ask for 32. */
const DRAWN = 4096
const drawn = Buffer.alloc(DRAWN)
let used = DRAWN

/** `count` random bytes of the system's generator, at most 4096. What is handed out is wiped from the supply. */
export function drawBytes(count: number): Buffer {
  if (count > DRAWN) throw new RangeError(`at most ${DRAWN} random bytes are drawn at once`)
  if (used + count > DRAWN) {
    randomFillSync(drawn)
    used = 0
  }
  const bytes = Buffer.from(drawn.subarray(used, used + count))
  drawn.fill(0, used, used + count)
  used += count
  return bytes
}

/** `bytes` random bytes as base64url without padding: 32 bytes give 43 characters. */
export function randomText(bytes: number): string {
  return drawBytes(bytes).toString('base64url')
}

/** Compares two secrets without telling by its duration where they differ. Different lengths are unequal at once. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
