/** The rows that every place with TLS has in common: an identity, whom to trust, and what is spoken. */
import { getCiphers } from 'node:tls'
import { checked, list, someOf, text } from './setting-types.ts'
import { setting, type Setting } from './setting.ts'
import { ValueError } from './settings-error.ts'

type Text = Setting<string | undefined>

/** PEM files, or a PKCS#12 file. */
export interface IdentityRows {
  readonly certificate: Text
  readonly key: Text
  readonly keyPassphrase: Text
  readonly openKeyPassphrase?: Text
  readonly keystorePath: Text
  readonly keystoreType?: Setting<string>
  readonly keystorePassword: Text
  readonly openKeystorePassword?: Text
  readonly keystoreKeyPassword?: Text
  readonly openKeystoreKeyPassword?: Text
}

/** PEM files, or a PKCS#12 file. */
export interface TrustRows {
  readonly certificateAuthorities: Setting<readonly string[] | undefined>
  readonly truststorePath: Text
  readonly truststoreType?: Setting<string>
  readonly truststorePassword: Text
  readonly openTruststorePassword?: Text
}

/** Under their registered names or those of OpenSSL. */
const cipherSuites = checked(list, 'list of cipher suites', (names, key) => {
  const unknown = names.find((name) => !getCiphers().includes(nameForOpenssl(name).toLowerCase()))
  if (unknown !== undefined) throw new ValueError(`Invalid value [${unknown}] for [${key}]: no such cipher suite`)
})

const storeType = checked(text, '`PKCS12`', (type, key) => {
  if (/^pkcs12$/i.test(type)) return
  const command = 'keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12'
  throw new ValueError(
    `Invalid value [${type}] for [${key}]: only [PKCS12] is read; [${command}] makes such a file of another`,
  )
})

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

/** As `elasticsearch.yml` has them. @param whose `the listener's certificate` */
export function buildIdentityRows(prefix: string, whose: string) {
  return {
    certificate: setting({
      key: `${prefix}certificate`,
      type: text,
      description: `PEM file of ${whose}, and of the certificates between it and its authority.`,
    }),
    key: setting({ key: `${prefix}key`, type: text, description: 'PEM file of its private key.' }),
    keyPassphrase: buildSecret(`${prefix}secure_key_passphrase`, 'What the private key is encrypted with.'),
    openKeyPassphrase: buildOpenSecret(`${prefix}key_passphrase`, 'secure_key_passphrase'),
    keystorePath: setting({
      key: `${prefix}keystore.path`,
      type: text,
      description: 'PKCS#12 file of key and certificate, in place of the two PEM files.',
    }),
    keystoreType: buildStoreType(`${prefix}keystore.type`),
    keystorePassword: buildSecret(`${prefix}keystore.secure_password`, 'What the keystore is encrypted with.'),
    openKeystorePassword: buildOpenSecret(`${prefix}keystore.password`, 'keystore.secure_password'),
    keystoreKeyPassword: buildSecret(
      `${prefix}keystore.secure_key_password`,
      'What the key in the keystore is encrypted with, if not with the password of the keystore.',
    ),
    openKeystoreKeyPassword: buildOpenSecret(`${prefix}keystore.key_password`, 'keystore.secure_key_password'),
  } satisfies IdentityRows
}

/** As `elasticsearch.yml` has them. @param trusted `authorities to trust` */
export function buildTrustRows(prefix: string, trusted: string, without: string) {
  return {
    certificateAuthorities: setting({
      key: `${prefix}certificate_authorities`,
      type: list,
      defaultText: without,
      description: `PEM files of the ${trusted}.`,
    }),
    truststorePath: setting({
      key: `${prefix}truststore.path`,
      type: text,
      description: `PKCS#12 file of the ${trusted}, in place of the PEM files.`,
    }),
    truststoreType: buildStoreType(`${prefix}truststore.type`),
    truststorePassword: buildSecret(`${prefix}truststore.secure_password`, 'What the truststore is encrypted with.'),
    openTruststorePassword: buildOpenSecret(`${prefix}truststore.password`, 'truststore.secure_password'),
  } satisfies TrustRows
}

export function buildVersionRows(prefix: string, names = ['supported_protocols', 'cipher_suites'] as const) {
  return {
    supportedProtocols: setting({
      key: prefix + names[0],
      type: someOf(['TLSv1.3', 'TLSv1.2']),
      default: ['TLSv1.3', 'TLSv1.2'],
      description: 'Versions of TLS that are spoken.',
    }),
    cipherSuites: setting({
      key: prefix + names[1],
      type: cipherSuites,
      defaultText: "the runtime's",
      description: 'Cipher suites, the preferred first, under their registered names or those of OpenSSL.',
    }),
  }
}

function buildStoreType(key: string) {
  return setting({ key, type: storeType, default: 'PKCS12', description: 'The format of the file; no other is read.' })
}

function buildSecret(key: string, description: string) {
  return setting({ key, type: text, secure: true, description })
}

/** Elasticsearch's older name, under which a secret stands in the settings file. */
function buildOpenSecret(key: string, secure: string) {
  const description = `The same as \`${secure}\`, readable for everybody who may read the settings file.`
  return setting({ key, type: text, description })
}
