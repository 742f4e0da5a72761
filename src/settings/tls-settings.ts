/**
 * TLS of a listener: which key and certificate it shows, and whom it lets in. The three listeners have the same settings
 * under prefixes of their own, the portal's spelt as Kibana does. The files are read when the listener is made.
 */
import { resolve } from 'node:path'
import { readSecret } from './secret.ts'
import { boolean, oneOf } from './setting-types.ts'
import { setting } from './setting.ts'
import type { TlsServerSettings } from './settings.ts'
import {
  buildIdentityRows,
  buildTrustRows,
  buildVersionRows,
  nameForOpenssl,
  spell,
  type Spelling,
} from './tls-rows.ts'
import type { Values } from './values.ts'

/** The rows of one listener. */
export function buildTlsRows(prefix: string, listener: string, spelling: Spelling = 'elasticsearch') {
  return {
    enabled: setting({
      key: `${prefix}enabled`,
      type: boolean,
      default: 'false',
      description: `Switches TLS on for ${listener}. It needs a certificate and its key, or a keystore.`,
    }),
    ...buildIdentityRows(prefix, spelling),
    ...buildTrustRows(prefix, spelling, 'authorities whose client certificates are accepted', 'none'),
    clientAuthentication: setting({
      key: prefix + spell('client_authentication', spelling),
      type: oneOf(['none', 'optional', 'required']),
      default: 'none',
      description: 'Whether a client may or must show a certificate. Nobody is signed in by it.',
    }),
    ...buildVersionRows(prefix, spelling),
  }
}

type TlsRows = ReturnType<typeof buildTlsRows>

/** @returns `undefined` if TLS is off */
export function readTls(values: Values, rows: TlsRows, directory: string): TlsServerSettings | undefined {
  // Read in any case, so that what is wrong with them is told at once.
  const path = (row: typeof rows.key) => {
    const found = values.get(row)
    return found === undefined ? undefined : resolve(directory, found)
  }
  for (const type of [rows.keystoreType, rows.truststoreType]) if (type !== undefined) values.get(type)
  const settings = {
    prefix: rows.enabled.key.replace(/enabled$/, ''),
    certificate: path(rows.certificate),
    key: path(rows.key),
    keyPassphrase: readSecret(values, rows.keyPassphrase, rows.openKeyPassphrase, []),
    keystore: path(rows.keystorePath),
    keystorePassword: readSecret(values, rows.keystorePassword, rows.openKeystorePassword, []),
    keystoreKeyPassword: readSecret(values, rows.keystoreKeyPassword, rows.openKeystoreKeyPassword, []),
    certificateAuthorities: values.get(rows.certificateAuthorities)?.map((file) => resolve(directory, file)) ?? [],
    truststore: path(rows.truststorePath),
    truststorePassword: readSecret(values, rows.truststorePassword, rows.openTruststorePassword, []),
    clientAuthentication: values.get(rows.clientAuthentication),
    supportedProtocols: values.get(rows.supportedProtocols),
    cipherSuites: values.get(rows.cipherSuites)?.map((name) => nameForOpenssl(name)),
  }
  if (!values.get(rows.enabled)) return undefined
  checkIdentity(values, rows, settings)
  checkTrust(values, rows, settings)
  return settings
}

function checkIdentity(
  values: Values,
  rows: TlsRows,
  { prefix, certificate, key, keystore }: Pick<TlsServerSettings, 'prefix' | 'certificate' | 'key' | 'keystore'>,
): void {
  if (keystore !== undefined && (key !== undefined || certificate !== undefined)) {
    const other = key === undefined ? rows.certificate : rows.key
    values.refuse(rows.keystorePath, [], `cannot specify both [${rows.keystorePath.key}] and [${other.key}]`)
  }
  if (keystore !== undefined || (key !== undefined && certificate !== undefined)) return
  const choice = `either [${rows.keystorePath.key}], or both [${rows.key.key}] and [${rows.certificate.key}]`
  values.refuse(
    rows.enabled,
    [],
    `invalid SSL configuration for ${prefix.slice(0, -1)} - server ssl configuration requires a key and certificate, ` +
      `but these have not been configured; you must set ${choice}`,
  )
}

function checkTrust(
  values: Values,
  rows: TlsRows,
  {
    certificateAuthorities,
    truststore,
    clientAuthentication,
  }: Pick<TlsServerSettings, 'certificateAuthorities' | 'truststore' | 'clientAuthentication'>,
): void {
  const [authorities, store] = [rows.certificateAuthorities.key, rows.truststorePath.key]
  if (truststore !== undefined && certificateAuthorities.length > 0)
    values.refuse(rows.truststorePath, [], `cannot specify both [${authorities}] and [${store}]`)
  if (clientAuthentication !== 'required' || truststore !== undefined || certificateAuthorities.length > 0) return
  const text = `[${rows.clientAuthentication.key}] is [required], so [${authorities}] or [${store}] must be set`
  values.refuse(rows.clientAuthentication, [], text)
}
