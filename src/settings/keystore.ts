/**
 * The keystore: the secure settings, in one file beside the settings file, readable by its owner alone. The entries are
 * sealed with AES-256-GCM under a key that scrypt derives from a password. With an empty password the seal protects
 * against accidents only; then the rights of the file are the protection.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isJsonObject } from '../kernel/json.ts'
import { randomText } from '../kernel/random.ts'
import { replaceDurably, writeDurably } from './durable-file.ts'

export interface Keystore {
  readonly file: string
  /** The names of all entries, sorted. */
  names(): string[]
  get(name: string): string | undefined
  /** Effective here at once, in the file with `save`. */
  set(name: string, value: string): void
  /** @returns whether there was such an entry */
  remove(name: string): boolean
  /** Writes the file: complete and on disk when the promise resolves, else as it was. @throws KeystoreError */
  save(): Promise<void>
}

/** The keystore is not there, is there already, or does not open. The message is for the person at the terminal. */
export class KeystoreError extends Error {
  override readonly name = 'KeystoreError'
}

export interface KeystoreLocation {
  readonly file: string
  /** May be empty. */
  readonly password: string
}

/** What the entries are sealed under, and how it came from the password. */
interface Lock {
  readonly format: Format
  readonly salt: Buffer
  readonly key: Buffer
}

interface Envelope {
  readonly format: Format
  readonly salt: Buffer
  readonly nonce: Buffer
  readonly sealed: Buffer
}

const SECRET_ENTRY = 'ostiary.secret'
const SECRET_BYTES = 32
/** In files of the first format a key of an empty password was as dear to derive as any. */
const FORMATS = ['ostiary-keystore-1', 'ostiary-keystore-2'] as const
type Format = (typeof FORMATS)[number]
const KEY_BYTES = 32
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** 32 MiB for about a tenth of a second: dear to guess with, bearable at each start. */
const DEAR = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
/** For an empty password, which nobody has to guess. */
const CHEAP = { ...DEAR, N: 2 }

const derive = promisify<string, Buffer, number, typeof DEAR, Buffer>(scrypt)

/** The keystore that belongs to a settings file. */
export function keystoreFileOf(settingsFile: string): string {
  return join(dirname(settingsFile), 'ostiary.keystore')
}

/**
 * Makes a keystore with a fresh `ostiary.secret` in it.
 * @throws KeystoreError if there is one already, also when another process has just made it, or it cannot be written
 */
export async function createKeystore({ file, password }: KeystoreLocation): Promise<Keystore> {
  const lock = await createLock(password, randomBytes(SALT_BYTES), 'ostiary-keystore-2')
  const entries = new Map([[SECRET_ENTRY, randomText(SECRET_BYTES)]])
  await writeDurably(file, sealEntries(entries, lock), async (written) => {
    // Unlike a rename, this fails if the name is taken.
    await link(written, file)
    await rm(written)
  }).catch((cause: unknown) => {
    if (isCode(cause, 'EEXIST')) throw new KeystoreError(`the keystore ${file} is there already`)
    throw unwritable(file, cause)
  })
  return buildKeystore(file, lock, entries)
}

/** @throws KeystoreError if it is not there, is no keystore, was changed, or has another password */
export async function openKeystore({ file, password }: KeystoreLocation): Promise<Keystore> {
  const envelope = readEnvelope(await readText(file), file)
  const lock = await createLock(password, envelope.salt, envelope.format)
  return buildKeystore(file, lock, openEntries(envelope, lock, file))
}

/** Opens the keystore, or makes it if there is none. */
export function openOrCreateKeystore(location: KeystoreLocation): Promise<Keystore> {
  return existsSync(location.file) ? openKeystore(location) : createKeystore(location)
}

async function createLock(password: string, salt: Buffer, format: Format): Promise<Lock> {
  const isFree = password === '' && format === 'ostiary-keystore-2'
  return { format, salt, key: await derive(password, salt, KEY_BYTES, isFree ? CHEAP : DEAR) }
}

function buildKeystore(file: string, lock: Lock, entries: Map<string, string>): Keystore {
  return {
    file,
    names: () => [...entries.keys()].sort(),
    get: (name) => entries.get(name),
    set: (name, value) => void entries.set(name, value),
    remove: (name) => entries.delete(name),
    save: () =>
      replaceDurably(file, sealEntries(entries, lock)).catch((cause: unknown) => {
        throw unwritable(file, cause)
      }),
  }
}

function unwritable(file: string, cause: unknown): KeystoreError {
  return new KeystoreError(`the keystore ${file} cannot be written`, { cause })
}

function sealEntries(entries: ReadonlyMap<string, string>, { format, salt, key }: Lock): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(format))
  const plain = JSON.stringify(Object.fromEntries(entries))
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
  const envelope = { format, salt: toText(salt), nonce: toText(nonce), sealed: toText(sealed) }
  return `${JSON.stringify(envelope, null, 2)}\n`
}

function openEntries({ nonce, sealed }: Envelope, { format, key }: Lock, file: string): Map<string, string> {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(format))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
    return new Map(Object.entries(JSON.parse(plain.toString('utf8')) as Record<string, string>))
  } catch {
    const hint = 'its password is in the environment variable OSTIARY_KEYSTORE_PASSWORD'
    throw new KeystoreError(`the keystore ${file} does not open: wrong password, or the file was changed (${hint})`)
  }
}

function readEnvelope(text: string, file: string): Envelope {
  const { format: named, salt, nonce, sealed } = readJsonObject(text)
  const format = FORMATS.find((known) => known === named)
  if (format === undefined || typeof salt !== 'string' || typeof nonce !== 'string' || typeof sealed !== 'string')
    throw new KeystoreError(`${file} is no keystore that this version can read`)
  const envelope = { format, salt: fromText(salt), nonce: fromText(nonce), sealed: fromText(sealed) }
  if (envelope.nonce.length !== NONCE_BYTES || envelope.sealed.length < TAG_BYTES)
    throw new KeystoreError(`${file} is no keystore that this version can read`)
  return envelope
}

function readJsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) throw new KeystoreError(`there is no keystore ${file}: run 'ostiary keystore create'`)
    throw new KeystoreError(`the keystore ${file} cannot be read`, { cause })
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function toText(bytes: Buffer): string {
  return bytes.toString('base64url')
}

function fromText(text: string): Buffer {
  return Buffer.from(text, 'base64url')
}
