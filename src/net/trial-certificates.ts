/**
 * A certificate authority that signs one server certificate and then forgets its key, so that nobody can ever sign
 * another: good for a trial, where clients are told to trust it. RFC 5280.
 */
// The library of the certificates looks for it at its own start.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata'
import { isIP } from 'node:net'
import { randomBytes, webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** PEM texts. */
export interface TrialCertificates {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY = 86_400_000
/** Clocks differ a little. */
const EARLIER = 3_600_000

/**
 * @param names host names and addresses of the server, the first its common name
 * @param now milliseconds
 * @param days how long both certificates are valid
 */
export async function createTrialCertificates({
  names,
  days,
  now = Date.now(),
}: {
  names: readonly [string, ...string[]]
  days: number
  now?: number
}): Promise<TrialCertificates> {
  const authorityKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const serverKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const validity = { notBefore: new Date(now - EARLIER), notAfter: new Date(now + days * DAY) }
  const authority = await X509CertificateGenerator.createSelfSigned(
    {
      ...validity,
      serialNumber: buildSerialNumber(),
      name: 'CN=Ostiary trial authority',
      keys: authorityKeys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto,
  )
  const certificate = await X509CertificateGenerator.create(
    {
      ...validity,
      serialNumber: buildSerialNumber(),
      subject: [{ CN: [names[0]] }],
      issuer: authority.subject,
      publicKey: serverKeys.publicKey,
      signingKey: authorityKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(
          names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
        ),
      ],
    },
    webcrypto,
  )
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey)).toString('base64')
  return {
    authority: `${authority.toString('pem')}\n`,
    certificate: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${key.replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
  }
}

/** Positive, and of at most 20 bytes. */
function buildSerialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f)
  return bytes.toString('hex')
}
