/**
 * RC2 in CBC mode, decryption alone (RFC 2268): what programs of before 2021 encrypted the certificates of a PKCS#12 file
 * with, and what today's OpenSSL leaves out. A key of 40 bits protects nothing; certificates are no secret.
 */
const BLOCK = 8
const PI_TABLE = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0b' +
    'f09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb6266fbf0eda4669075727f21d9bbc944303' +
    'f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc' +
    '2491af50a1f47039997c3a8523b8b47afc02365b255597312d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
)
const ROTATIONS = [1, 2, 3, 5] as const

/**
 * @param key of which all bits count
 * @throws Error if the padding is wrong, as it is with a wrong key
 */
export function decryptRc2(key: Uint8Array, iv: Uint8Array, encrypted: Buffer): Buffer {
  const schedule = expandKey(key, key.length * 8)
  if (encrypted.length === 0 || encrypted.length % BLOCK !== 0) throw new Error('incomplete blocks of RC2')
  const plain = Buffer.alloc(encrypted.length)
  let previous: Uint8Array = iv
  for (let at = 0; at < encrypted.length; at += BLOCK) {
    const block = encrypted.subarray(at, at + BLOCK)
    const decrypted = decryptBlock(schedule, block)
    for (let byte = 0; byte < BLOCK; byte++) plain[at + byte] = (decrypted[byte] ?? 0) ^ (previous[byte] ?? 0)
    previous = block
  }
  // RFC 5652 §6.3.
  const padding = plain.at(-1) ?? 0
  const isPadded = padding > 0 && padding <= BLOCK && plain.subarray(-padding).every((byte) => byte === padding)
  if (!isPadded) throw new Error('wrong padding of RC2')
  return plain.subarray(0, -padding)
}

/** RFC 2268 §2. @param bits how many of the key count */
export function expandKey(key: Uint8Array, bits: number): Uint16Array {
  const bytes = Buffer.alloc(128)
  bytes.set(key)
  for (let at = key.length; at < 128; at++) bytes[at] = pi((bytes[at - 1] ?? 0) + (bytes[at - key.length] ?? 0))
  const counted = Math.ceil(bits / 8)
  bytes[128 - counted] = pi((bytes[128 - counted] ?? 0) & (0xff >> (8 * counted - bits)))
  for (let at = 127 - counted; at >= 0; at--) bytes[at] = pi((bytes[at + 1] ?? 0) ^ (bytes[at + counted] ?? 0))
  return Uint16Array.from({ length: 64 }, (_word, at) => bytes.readUInt16LE(2 * at))
}

function pi(index: number): number {
  return PI_TABLE[index & 0xff] ?? 0
}

/** RFC 2268 §4. */
export function decryptBlock(schedule: Uint16Array, block: Buffer): Buffer {
  const words = Uint16Array.from([0, 2, 4, 6], (at) => block.readUInt16LE(at))
  const word = (at: number) => words[at & 3] ?? 0
  for (let round = 15; round >= 0; round--) {
    for (let at = 3; at >= 0; at--) {
      const turned = rotateRight(word(at), ROTATIONS[at] ?? 0)
      const mixed = (word(at - 1) & word(at - 2)) + (~word(at - 1) & word(at - 3))
      words[at] = turned - (schedule[4 * round + at] ?? 0) - mixed
    }
    if (round !== 11 && round !== 5) continue
    for (let at = 3; at >= 0; at--) words[at] = word(at) - (schedule[word(at - 1) & 63] ?? 0)
  }
  const decrypted = Buffer.alloc(BLOCK)
  for (const [at, value] of words.entries()) decrypted.writeUInt16LE(value, 2 * at)
  return decrypted
}

function rotateRight(word: number, bits: number): number {
  return ((word >>> bits) | (word << (16 - bits))) & 0xffff
}
