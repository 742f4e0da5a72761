/**
 * TLS to a server: whom to trust there, how we show ourselves to it, and what is spoken. The files are read at the start.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { readKeystore, readTruststore } from '../pkcs12/stores.ts'
import { readCertificateFile } from './certificate-file.ts'
import { readSecret } from './secret.ts'
import { oneOf } from './setting-types.ts'
import { buildKey, setting, type Setting } from './setting.ts'
import type { TlsClientSettings, TlsIdentity } from './settings.ts'
import { buildIdentityRows, buildTrustRows, buildVersionRows, type IdentityRows, nameForOpenssl } from './tls-rows.ts'
import type { TrustRows } from './tls-rows.ts'
import type { Values } from './values.ts'

/** Whose settings are read: the names in their keys, and the folder where relative paths start. */
export interface TlsOwner {
  readonly names: readonly string[]
  readonly directory: string
}

/** The rows of one kind of server. @param server `the provider` */
export function buildClientTlsRows(prefix: string, server: string) {
  return {
    ...buildTrustRows(prefix, 'elasticsearch', 'certificate authorities to trust', "the system's"),
    verificationMode: setting({
      key: `${prefix}verification_mode`,
      type: oneOf(['full', 'certificate', 'none']),
      default: 'full',
      description:
        `How the certificate of ${server} is checked: \`full\`, without the host name (\`certificate\`), or not at all ` +
        '(`none`, for experiments only).',
    }),
    ...buildIdentityRows(prefix, 'elasticsearch'),
    ...buildVersionRows(prefix, 'elasticsearch'),
  }
}

/** @returns what TLS is made with, tried out; what is wrong with it is recorded */
export function readClientTls(
  values: Values,
  rows: ReturnType<typeof buildClientTlsRows>,
  owner: TlsOwner,
): TlsClientSettings {
  const protocols = values.get(rows.supportedProtocols, ...owner.names)
  const suites = values.get(rows.cipherSuites, ...owner.names)
  return {
    certificateAuthorities: readAuthorities(values, rows, owner),
    verificationMode: values.get(rows.verificationMode, ...owner.names),
    tls: {
      ...readIdentity(values, rows, owner),
      minVersion: protocols.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
      maxVersion: protocols.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
      ...(suites !== undefined && { ciphers: suites.map((name) => nameForOpenssl(name)).join(':') }),
    },
  }
}

/** @returns PEM texts; `undefined`: the system's */
export function readAuthorities(
  values: Values,
  rows: TrustRows,
  { names, directory }: TlsOwner,
): readonly string[] | undefined {
  const { certificateAuthorities, truststorePath } = rows
  const authorities = values
    .get(certificateAuthorities, ...names)
    ?.map((path) => readCertificateFile(values, path, { setting: certificateAuthorities, names, directory }))
  if (rows.truststoreType !== undefined) values.get(rows.truststoreType, ...names)
  const path = values.get(truststorePath, ...names)
  const password = readSecret(values, rows.truststorePassword, rows.openTruststorePassword, names)
  if (path === undefined) return authorities
  if (authorities !== undefined) {
    const [first, second] = [certificateAuthorities, truststorePath].map((row) => buildKey(row, names))
    values.refuse(truststorePath, names, `cannot specify both [${first}] and [${second}]`)
  }
  try {
    return readTruststore(readFileSync(resolve(directory, path)), password ?? '')
  } catch (cause) {
    const failed = `cannot read configured [PKCS12] keystore (as a truststore) [${path}]`
    values.refuse(truststorePath, names, `${failed}: ${reasonOf(cause)}`)
    return undefined
  }
}

/** @returns nothing if no certificate is shown, or none can be */
export function readIdentity(
  values: Values,
  rows: IdentityRows,
  { names, directory }: TlsOwner,
): TlsIdentity | undefined {
  const { certificate, key, keystorePath, keystoreType } = rows
  const keyOf = (row: Setting<unknown>) => buildKey(row, names)
  if (keystoreType !== undefined) values.get(keystoreType, ...names)
  const passphrase = readSecret(values, rows.keyPassphrase, rows.openKeyPassphrase, names)
  const password = readSecret(values, rows.keystorePassword, rows.openKeystorePassword, names)
  const keyPassword = readSecret(values, rows.keystoreKeyPassword, rows.openKeystoreKeyPassword, names)
  const [first, second] = [certificate, key, keystorePath].filter((row) => values.isSet(row, ...names))
  if (first === undefined) return undefined
  if (second !== undefined && values.isSet(keystorePath, ...names)) {
    values.refuse(keystorePath, names, `cannot specify both [${keyOf(keystorePath)}] and [${keyOf(first)}]`)
    return undefined
  }
  if (first !== keystorePath && second === undefined) {
    const missing = first === key ? certificate : key
    values.refuse(first, names, `cannot specify [${keyOf(first)}] without also setting [${keyOf(missing)}]`)
    return undefined
  }
  try {
    const read = (row: typeof key) => readFileSync(resolve(directory, values.get(row, ...names) ?? ''))
    const identity =
      first === keystorePath
        ? readKeystore(read(keystorePath), password ?? '', keyPassword)
        : { cert: read(certificate), key: read(key), ...(passphrase !== undefined && { passphrase }) }
    // Throws unless key and certificate are readable and belong together.
    createSecureContext(identity)
    return identity
  } catch (cause) {
    values.refuse(first, names, `cannot use [${keyOf(first)}] to show a certificate: ${reasonOf(cause)}`)
    return undefined
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
