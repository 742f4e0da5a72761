/** What TLS takes from PKCS#12 files: the authorities that a truststore names, the key and certificate of a keystore. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readPfx } from './pfx.ts'

/** PEM texts. */
export interface Identity {
  /** With those between it and its authority. */
  readonly cert: string
  readonly key: string
}

/**
 * @returns PEM texts of the certificates that `keytool` has marked as trusted, or of all if none is marked
 * @throws Error with a text for whoever named the file
 */
export function readTruststore(file: Buffer, password: string): string[] {
  const { certificates } = readPfx(file, password)
  const marked = certificates.filter(({ isMarkedTrusted }) => isMarkedTrusted)
  const trusted = marked.length > 0 ? marked : certificates
  if (trusted.length === 0) throw new Error('it has no certificates')
  return trusted.map(({ certificate }) => new X509Certificate(certificate).toString())
}

/**
 * @param keyPassword of the key alone, where it has one of its own
 * @throws Error with a text for whoever named the file
 */
export function readKeystore(file: Buffer, password: string, keyPassword = password): Identity {
  const pfx = readPfx(file, password)
  const [only, ...others] = pfx.keys
  if (only === undefined) throw new Error('it has no private key')
  if (others.length > 0) throw new Error('it has more than one private key')
  const key = createPrivateKey({ key: only.open(keyPassword), format: 'der', type: 'pkcs8' })
  const certificates = pfx.certificates.map(({ certificate }) => new X509Certificate(certificate))
  return {
    cert: buildChain(key, certificates).join(''),
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

function buildChain(key: KeyObject, certificates: readonly X509Certificate[]): X509Certificate[] {
  const left = new Set(certificates)
  const chain: X509Certificate[] = []
  const next = () => {
    const last = chain.at(-1)
    if (last === undefined) return certificates.find((each) => each.checkPrivateKey(key))
    return last.checkIssued(last) ? undefined : [...left].find((each) => last.checkIssued(each))
  }
  for (let found = next(); found !== undefined; found = next()) {
    left.delete(found)
    chain.push(found)
  }
  if (chain.length === 0) throw new Error('it has no certificate for its private key')
  return chain
}
