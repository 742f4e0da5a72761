/**
 * Passwords at rest, in the formats of Elasticsearch: bcrypt `$2a$`, `{PBKDF2}` and `{PBKDF2_STRETCH}` with HMAC-SHA-512.
 */
import { createHash, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { hash as hashBcrypt, verify as verifyBcrypt } from '@node-rs/bcrypt'
import { SecurityError } from '../kernel/errors.ts'
import { equalSecrets } from '../kernel/random.ts'
import { checkNoFaults } from '../kernel/validation.ts'

const SHORTEST = 6
/** OWASP's minimum; the cost of Elasticsearch's default. */
const BCRYPT_COST = 10
/** Bcrypt reads no further. */
const BCRYPT_BYTES = 72
const STRETCH_ITERATIONS = 50_000

/** A hash that no password has. To compare with it costs as much as with one of `hashPassword`. */
export const NOBODYS_HASH = `$2a$${BCRYPT_COST}$${'.'.repeat(53)}`

const BCRYPT = /^\$2a\$(\d\d)\$[./A-Za-z0-9]{53}$/
const PBKDF2 = /^\{(PBKDF2|PBKDF2_STRETCH)\}(\d{1,7})\$([A-Za-z0-9+/]{16,88}={0,2})\$([A-Za-z0-9+/]{16,88}={0,2})$/

/** The costs that Elasticsearch knows by name; others are refused, so that no stored hash can be made to take an hour. */
const BCRYPT_COSTS = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
const PBKDF2_ITERATIONS = [1000, 10_000, 50_000, 100_000, 500_000, 1_000_000]
const ALGORITHMS = [
  'bcrypt',
  ...BCRYPT_COSTS.map((cost) => `bcrypt${cost}`),
  'pbkdf2',
  ...PBKDF2_ITERATIONS.map((iterations) => `pbkdf2_${iterations}`),
  'pbkdf2_stretch',
  ...PBKDF2_ITERATIONS.map((iterations) => `pbkdf2_stretch_${iterations}`),
]

const derive = promisify(pbkdf2)

/** @throws SecurityError `entry_invalid` if it is too short to be a password */
export function checkPassword(plain: string): void {
  if (plain.length >= SHORTEST) return
  checkNoFaults([`passwords must be at least [${SHORTEST}] characters long`], 'entry_invalid')
}

/** @throws SecurityError `argument_illegal` if `verifyPassword` could not use it */
export function checkPasswordHash(hash: string): void {
  const bcrypt = BCRYPT.exec(hash)
  if (bcrypt !== null && BCRYPT_COSTS.includes(Number(bcrypt[1]))) return
  if (readPbkdf2(hash) !== undefined) return
  throw new SecurityError(
    'argument_illegal',
    'The provided password hash is not a hash or it could not be resolved to a supported hash algorithm. ' +
      `The supported password hash algorithms are [${ALGORITHMS.join(', ')}]`,
  )
}

/** Every byte of the password counts: what is longer than bcrypt can read is hashed with PBKDF2. */
export async function hashPassword(plain: string): Promise<string> {
  if (Buffer.byteLength(plain) <= BCRYPT_BYTES) {
    // The library writes the newer name `2b`; for passwords of this length both are one algorithm.
    return (await hashBcrypt(plain, BCRYPT_COST)).replace(/^\$2b\$/, '$2a$')
  }
  const salt = randomBytes(32)
  const key = await derive(stretch(plain), salt, STRETCH_ITERATIONS, 32, 'sha512')
  return `{PBKDF2_STRETCH}${STRETCH_ITERATIONS}$${salt.toString('base64')}$${key.toString('base64')}`
}

/** Takes the time that the hash's algorithm and cost make it take, and knows no other outcome than yes or no. */
export async function verifyPassword(plain: string, hash: string): Promise<boolean> {
  if (BCRYPT.test(hash)) return verifyBcrypt(plain, hash)
  const expected = readPbkdf2(hash)
  if (expected === undefined) return false
  const secret = expected.stretched ? stretch(plain) : plain
  const key = await derive(secret, expected.salt, expected.iterations, expected.key.length, 'sha512')
  return equalSecrets(key, expected.key)
}

interface Pbkdf2Hash {
  readonly stretched: boolean
  readonly iterations: number
  readonly salt: Buffer
  readonly key: Buffer
}

/** `{PBKDF2}iterations$salt$key`, both in base64. */
function readPbkdf2(hash: string): Pbkdf2Hash | undefined {
  const [, algorithm, iterations, salt = '', key = ''] = PBKDF2.exec(hash) ?? []
  if (!PBKDF2_ITERATIONS.includes(Number(iterations))) return undefined
  return {
    stretched: algorithm === 'PBKDF2_STRETCH',
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
  }
}

/** The SHA-512 in hexadecimal, so that passwords of any length have one of the same. */
function stretch(plain: string): string {
  return createHash('sha512').update(plain).digest('hex')
}
