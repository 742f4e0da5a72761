/**
 * A PKCS#12 file: certificates and private keys, encrypted and authenticated by a password (RFC 7292). Files of certificates
 * alone are read too, and the encryption of older programs, neither of which the runtime can. Files of Java's own formats
 * (JKS, JCEKS) are refused, with the command that converts them.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { readBytes, readItems, readNumber, readOctets, readOid, readTagged, readValue, type Value } from './asn1.ts'
import { decrypt, type WorkLimit } from './encryption.ts'
import { deriveBytes, type Digest, lengthOf, PURPOSE } from './key-derivation.ts'

export interface Pfx {
  readonly certificates: readonly PfxCertificate[]
  readonly keys: readonly PfxKey[]
}

export interface PfxCertificate {
  /** DER. */
  readonly certificate: Buffer
  /** Java's `keytool` has marked it as an authority to trust. */
  readonly isMarkedTrusted: boolean
}

export interface PfxKey {
  /** @returns DER of PKCS#8. @throws Error if the password is wrong */
  open(password: string): Buffer
}

const MAX_SIZE = 1_048_576
/** Of all keys that are derived for a file: a second or two. Old programs of Java take 250,000. */
const MAX_ITERATIONS = 1_000_000

const DATA = '1.2.840.113549.1.7.1'
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const KEY_BAG = '1.2.840.113549.1.12.10.1.1'
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
/** Oracle's "trusted key usage". */
const TRUSTED = '2.16.840.1.113894.746875.1.1'
const DIGESTS: Readonly<Record<string, Digest>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}
const JAVA_KEYSTORES: Readonly<Record<string, string>> = { feedfeed: 'JKS', cececece: 'JCEKS' }

/** @throws Error with a text for whoever named the file */
export function readPfx(file: Buffer, password: string): Pfx {
  checkFormat(file)
  const limit = createWorkLimit()
  // RFC 7292 §4.
  const [, authSafe, macData] = readItems(readValue(file), 2)
  const [type, content] = readItems(authSafe, 2)
  if (readOid(type) !== DATA) throw new Error('it is signed with a key in place of a password')
  const contents = readOctets(readTagged(content))
  if (macData !== undefined) checkMac(macData, contents, password, limit)
  const bags = readItems(readValue(contents)).flatMap((part) => readPart(part, password, limit))
  return {
    certificates: bags.flatMap((bag) => readCertificate(bag)),
    keys: bags.flatMap((bag) => readKey(bag, limit)),
  }
}

function checkFormat(file: Buffer): void {
  if (file.length > MAX_SIZE) throw new Error(`it is longer than ${MAX_SIZE} bytes`)
  const format = JAVA_KEYSTORES[file.subarray(0, 4).toString('hex')]
  if (format === undefined) return
  const command = 'keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12'
  throw new Error(`it is a keystore of the type ${format}, which is not read; [${command}] makes a PKCS#12 file of it`)
}

function createWorkLimit(): WorkLimit {
  let spent = 0
  return {
    spend(iterations) {
      spent += iterations
      if (!(iterations > 0 && spent <= MAX_ITERATIONS))
        throw new Error(`its passwords take more than ${MAX_ITERATIONS} iterations to check`)
    },
  }
}

/** RFC 7292 §5.1: the password is right, and nobody without it has changed the file. */
function checkMac(macData: Value, contents: Buffer, password: string, limit: WorkLimit): void {
  const [digestInfo, salt, count] = readItems(macData, 2)
  const [algorithm, expected] = readItems(digestInfo, 2)
  const oid = readOid(readItems(algorithm, 1)[0])
  const digest = DIGESTS[oid]
  if (digest === undefined) throw new Error(`it is authenticated in a way that is not known here (${oid})`)
  const mac = readOctets(expected)
  // The key is as long: more than one digest would be more work than is counted.
  if (mac.length !== lengthOf(digest))
    throw new Error(`it is authenticated by ${mac.length} bytes, which ${digest} does not make`)
  const iterations = count === undefined ? 1 : readNumber(count)
  limit.spend(iterations)
  const key = deriveBytes(digest, PURPOSE.mac, { password, salt: readOctets(salt), iterations }, mac.length)
  const found = createHmac(digest, key).update(contents).digest()
  if (!timingSafeEqual(found, mac)) throw new Error('the password is wrong')
}

interface Bag {
  readonly type: string
  readonly value: Value
  readonly attributes: ReadonlySet<string>
}

/** RFC 7292 §4.1: a part is plain, or encrypted. */
function readPart(part: Value, password: string, limit: WorkLimit): readonly Bag[] {
  const [type, content] = readItems(part, 2)
  const contents = readContents(readOid(type), readTagged(content), password, limit)
  return readItems(readValue(contents)).map((bag) => {
    const [bagType, value, attributes] = readItems(bag, 2)
    const names = attributes === undefined ? [] : readItems(attributes).map((entry) => readOid(readItems(entry, 1)[0]))
    return { type: readOid(bagType), value: readTagged(value), attributes: new Set(names) }
  })
}

function readContents(type: string, content: Value, password: string, limit: WorkLimit): Buffer {
  if (type === DATA) return readOctets(content)
  if (type !== ENCRYPTED_DATA) throw new Error('it is encrypted to a key in place of a password')
  const [, info] = readItems(content, 2)
  const [, algorithm, encrypted] = readItems(info, 3)
  return decrypt(algorithm, readOctets(encrypted), password, limit)
}

function readCertificate({ type, value, attributes }: Bag): PfxCertificate[] {
  if (type !== CERTIFICATE_BAG) return []
  const [kind, certificate] = readItems(value, 2)
  if (readOid(kind) !== X509_CERTIFICATE) return []
  return [{ certificate: readOctets(readTagged(certificate)), isMarkedTrusted: attributes.has(TRUSTED) }]
}

function readKey({ type, value }: Bag, limit: WorkLimit): PfxKey[] {
  if (type === KEY_BAG) return [{ open: () => readBytes(value) }]
  if (type !== SHROUDED_KEY_BAG) return []
  const [algorithm, encrypted] = readItems(value, 2)
  return [{ open: (password) => decrypt(algorithm, readOctets(encrypted), password, limit) }]
}
