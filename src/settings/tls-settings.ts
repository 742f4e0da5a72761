/**
 * TLS of a listener: which key and certificate it shows, and whom it lets in. The three listeners have the same settings
 * under prefixes of their own, the portal's spelt as Kibana does. The files are read when the listener is made.
 */
import { resolve } from 'node:path'
import { getCiphers } from 'node:tls'
import { boolean, checked, list, oneOf, someOf, text } from './setting-types.ts'
import { setting } from './setting.ts'
import { ValueError } from './settings-error.ts'
import type { TlsServerSettings } from './settings.ts'
import type { Values } from './values.ts'

/** Under their registered names or those of OpenSSL. */
export const cipherSuites = checked(list, 'list of cipher suites', (names, key) => {
  const unknown = names.find((name) => !isKnownCipher(nameForOpenssl(name)))
  if (unknown !== undefined) throw new ValueError(`Invalid value [${unknown}] for [${key}]: no such cipher suite`)
})

function isKnownCipher(name: string): boolean {
  return getCiphers().includes(name.toLowerCase())
}

/** `TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384` is `ECDHE-RSA-AES256-GCM-SHA384` in the words of the runtime. */
export function nameForOpenssl(name: string): string {
  const [, exchange, cipher] = /^TLS_(\w+)_WITH_(\w+)$/.exec(name) ?? []
  if (exchange === undefined || cipher === undefined) return name
  const joined = cipher
    .replace(/^AES_(\d+)_/, 'AES$1_')
    .replace('_CBC', '')
    .replace('POLY1305_SHA256', 'POLY1305')
  return `${exchange === 'RSA' ? '' : `${exchange}_`}${joined}`.replaceAll('_', '-')
}

/**
 * The rows of one listener.
 * @param spell `snake` as in `elasticsearch.yml`, `camel` as in `kibana.yml`
 */
export function buildTlsRows(prefix: string, listener: string, spell: 'snake' | 'camel' = 'snake') {
  const key = (name: string) => prefix + (spell === 'snake' ? name : toCamelCase(name))
  return {
    enabled: setting({
      key: key('enabled'),
      type: boolean,
      default: 'false',
      description: `Switches TLS on for ${listener}. It needs a certificate and its key, or a keystore.`,
    }),
    certificate: setting({
      key: key('certificate'),
      type: text,
      description: 'PEM file of the certificate, and of those between it and its authority.',
    }),
    key: setting({ key: key('key'), type: text, description: 'PEM file of the private key.' }),
    keyPassphrase: setting({
      key: key(spell === 'snake' ? 'secure_key_passphrase' : 'key_passphrase'),
      type: text,
      secure: true,
      description: 'What the private key is encrypted with.',
    }),
    keystorePath: setting({
      key: key('keystore.path'),
      type: text,
      description: 'PKCS#12 file of key and certificate, in place of the two PEM files.',
    }),
    keystorePassword: setting({
      key: key(spell === 'snake' ? 'keystore.secure_password' : 'keystore.password'),
      type: text,
      secure: true,
      description: 'What the keystore is encrypted with.',
    }),
    certificateAuthorities: setting({
      key: key('certificate_authorities'),
      type: list,
      default: [],
      description: 'PEM files of the authorities whose client certificates are accepted.',
    }),
    clientAuthentication: setting({
      key: key('client_authentication'),
      type: oneOf(['none', 'optional', 'required']),
      default: 'none',
      description: 'Whether a client may or must show a certificate. Nobody is signed in by it.',
    }),
    supportedProtocols: setting({
      key: key('supported_protocols'),
      type: someOf(['TLSv1.3', 'TLSv1.2']),
      default: ['TLSv1.3', 'TLSv1.2'],
      description: 'Versions of TLS that are spoken.',
    }),
    cipherSuites: setting({
      key: key('cipher_suites'),
      type: cipherSuites,
      defaultText: "the runtime's",
      description: 'Cipher suites, the preferred first, under their registered names or those of OpenSSL.',
    }),
  }
}

function toCamelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_mark, letter: string) => letter.toUpperCase())
}

type TlsRows = ReturnType<typeof buildTlsRows>

/** @returns `undefined` if TLS is off */
export function readTls(values: Values, rows: TlsRows, directory: string): TlsServerSettings | undefined {
  // Read in any case, so that what is wrong with them is told at once.
  const path = (row: typeof rows.key) => {
    const found = values.get(row)
    return found === undefined ? undefined : resolve(directory, found)
  }
  const settings = {
    prefix: rows.enabled.key.replace(/enabled$/, ''),
    certificate: path(rows.certificate),
    key: path(rows.key),
    keyPassphrase: values.get(rows.keyPassphrase),
    keystore: path(rows.keystorePath),
    keystorePassword: values.get(rows.keystorePassword),
    certificateAuthorities: values.get(rows.certificateAuthorities).map((file) => resolve(directory, file)),
    clientAuthentication: values.get(rows.clientAuthentication),
    supportedProtocols: values.get(rows.supportedProtocols),
    cipherSuites: values.get(rows.cipherSuites)?.map((name) => nameForOpenssl(name)),
  }
  if (!values.get(rows.enabled)) return undefined
  checkIdentity(values, rows, settings)
  if (settings.clientAuthentication === 'required' && settings.certificateAuthorities.length === 0) {
    const text = `[${rows.clientAuthentication.key}] is [required], so [${rows.certificateAuthorities.key}] must be set`
    values.refuse(rows.clientAuthentication, [], text)
  }
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
