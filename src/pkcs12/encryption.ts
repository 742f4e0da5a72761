/**
 * What the parts of a PKCS#12 file are encrypted with: PBES2 with AES (RFC 8018), as it is today, and the triple DES and
 * RC2 of older programs (RFC 7292 appendix C).
 */
import { createDecipheriv, pbkdf2Sync } from 'node:crypto'
import { readItems, readNumber, readOctets, readOid, type Value } from './asn1.ts'
import { deriveBytes, PURPOSE } from './key-derivation.ts'
import { decryptRc2 } from './rc2.ts'

/** Counts the steps that keys are derived in. */
export interface WorkLimit {
  /** @throws Error once there are too many in all */
  spend(iterations: number): void
}

const PBES2 = '1.2.840.113549.1.5.13'
const PBKDF2 = '1.2.840.113549.1.5.12'
const PRFS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}
const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyLength: number }>> = {
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyLength: 24 },
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyLength: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyLength: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyLength: 32 },
}
const OLD_CIPHERS: Readonly<Record<string, { readonly name: 'des-ede3-cbc' | 'rc2'; readonly keyLength: number }>> = {
  '1.2.840.113549.1.12.1.3': { name: 'des-ede3-cbc', keyLength: 24 },
  '1.2.840.113549.1.12.1.5': { name: 'rc2', keyLength: 16 },
  '1.2.840.113549.1.12.1.6': { name: 'rc2', keyLength: 5 },
}

/**
 * @param algorithm an `AlgorithmIdentifier`
 * @throws Error with a text for whoever named the file
 */
export function decrypt(algorithm: Value | undefined, encrypted: Buffer, password: string, limit: WorkLimit): Buffer {
  const [oid, parameters] = readItems(algorithm, 2)
  const name = readOid(oid)
  const old = OLD_CIPHERS[name]
  if (old === undefined && name !== PBES2) return refuse(name)
  const open = old === undefined ? readModern(parameters, password, limit) : readOld(parameters, old, password, limit)
  try {
    return open(encrypted)
  } catch (cause) {
    throw new Error('the password is wrong', { cause })
  }
}

type Open = (encrypted: Buffer) => Buffer

/** RFC 8018 §A.4. */
function readModern(parameters: Value, password: string, limit: WorkLimit): Open {
  const [derivation, encryption] = readItems(parameters, 2)
  const [derivationOid, derivationParameters] = readItems(derivation, 2)
  if (readOid(derivationOid) !== PBKDF2) return refuse(readOid(derivationOid))
  const [salt, count, ...others] = readItems(derivationParameters, 2)
  // RFC 8018 §A.2: HMAC with SHA-1, unless it is named. The length of the key, which may stand before it, is the cipher's.
  const prf = others.at(-1)
  const prfOid = prf === undefined || isNumber(prf) ? '1.2.840.113549.2.7' : readOid(readItems(prf, 1)[0])
  const [cipherOid, iv] = readItems(encryption, 2)
  const digest = PRFS[prfOid] ?? refuse(prfOid)
  const { name, keyLength } = CIPHERS[readOid(cipherOid)] ?? refuse(readOid(cipherOid))
  const iterations = readNumber(count)
  limit.spend(iterations)
  const key = pbkdf2Sync(password, readOctets(salt), iterations, keyLength, digest)
  return (encrypted) => decipher(name, key, readOctets(iv), encrypted)
}

function isNumber(value: Value): boolean {
  return value.idBlock.tagNumber === 2
}

/** RFC 7292 §B and §C. */
function readOld(
  parameters: Value,
  { name, keyLength }: { name: 'des-ede3-cbc' | 'rc2'; keyLength: number },
  password: string,
  limit: WorkLimit,
): Open {
  const [saltValue, count] = readItems(parameters, 2)
  const from = { password, salt: readOctets(saltValue), iterations: readNumber(count) }
  // A key may take two digests, the initial value takes one.
  limit.spend(3 * from.iterations)
  const key = deriveBytes('sha1', PURPOSE.key, from, keyLength)
  const iv = deriveBytes('sha1', PURPOSE.iv, from, 8)
  return (encrypted) => (name === 'rc2' ? decryptRc2(key, iv, encrypted) : decipher(name, key, iv, encrypted))
}

function decipher(name: string, key: Buffer, iv: Buffer, encrypted: Buffer): Buffer {
  const cipher = createDecipheriv(name, key, iv)
  return Buffer.concat([cipher.update(encrypted), cipher.final()])
}

function refuse(oid: string): never {
  throw new Error(`it is encrypted in a way that is not known here (${oid})`)
}
