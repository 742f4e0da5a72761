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

/** Elasticsearch's names, or Kibana's, which are in camel case and have each secret in the keystore only. */
export type Spelling = 'elasticsearch' | 'kibana'

export function spell(name: string, spelling: Spelling): string {
  return spelling === 'elasticsearch'
    ? name
    : name.replaceAll(/_(\w)/g, (_mark, letter: string) => letter.toUpperCase())
}

export function buildIdentityRows(prefix: string, spelling: Spelling): IdentityRows {
  const isElasticsearch = spelling === 'elasticsearch'
  return {
    certificate: setting({
      key: `${prefix}certificate`,
      type: text,
      description: 'PEM file of the certificate to show, and of those between it and its authority.',
    }),
    key: setting({ key: `${prefix}key`, type: text, description: 'PEM file of its private key.' }),
    keyPassphrase: buildSecret(
      prefix + (isElasticsearch ? 'secure_key_passphrase' : 'keyPassphrase'),
      'What the private key is encrypted with.',
    ),
    keystorePath: setting({
      key: `${prefix}keystore.path`,
      type: text,
      description: 'PKCS#12 file of key and certificate, in place of the two PEM files.',
    }),
    keystorePassword: buildSecret(
      prefix + (isElasticsearch ? 'keystore.secure_password' : 'keystore.password'),
      'What the keystore is encrypted with.',
    ),
    ...(isElasticsearch && {
      keystoreKeyPassword: buildSecret(
        `${prefix}keystore.secure_key_password`,
        'What the key in the keystore is encrypted with, if not with the password of the keystore.',
      ),
      keystoreType: buildStoreType(`${prefix}keystore.type`),
      openKeyPassphrase: buildOpenSecret(`${prefix}key_passphrase`, 'secure_key_passphrase'),
      openKeystorePassword: buildOpenSecret(`${prefix}keystore.password`, 'keystore.secure_password'),
      openKeystoreKeyPassword: buildOpenSecret(`${prefix}keystore.key_password`, 'keystore.secure_key_password'),
    }),
  }
}

/**
 * @param trusted `authorities to trust`
 * @param without who is trusted without them
 */
export function buildTrustRows(prefix: string, spelling: Spelling, trusted: string, without: string): TrustRows {
  const isElasticsearch = spelling === 'elasticsearch'
  return {
    certificateAuthorities: setting({
      key: prefix + spell('certificate_authorities', spelling),
      type: list,
      defaultText: without,
      description: `PEM files of the ${trusted}, relative to the folder of the settings file.`,
    }),
    truststorePath: setting({
      key: `${prefix}truststore.path`,
      type: text,
      description: `PKCS#12 file of the ${trusted}, in place of the PEM files.`,
    }),
    truststorePassword: buildSecret(
      prefix + (isElasticsearch ? 'truststore.secure_password' : 'truststore.password'),
      'What the truststore is encrypted with.',
    ),
    ...(isElasticsearch && {
      truststoreType: buildStoreType(`${prefix}truststore.type`),
      openTruststorePassword: buildOpenSecret(`${prefix}truststore.password`, 'truststore.secure_password'),
    }),
  }
}

export function buildVersionRows(prefix: string, spelling: Spelling) {
  return {
    supportedProtocols: setting({
      key: prefix + spell('supported_protocols', spelling),
      type: someOf(['TLSv1.3', 'TLSv1.2']),
      default: ['TLSv1.3', 'TLSv1.2'],
      description: 'Versions of TLS that are spoken.',
    }),
    cipherSuites: setting({
      key: prefix + spell('cipher_suites', spelling),
      type: cipherSuites,
      defaultText: "the runtime's",
      description: 'Cipher suites, the preferred first, under their registered names or those of OpenSSL.',
    }),
  }
}

function buildStoreType(key: string): Setting<string> {
  return setting({ key, type: storeType, default: 'PKCS12', description: 'The format of the file; no other is read.' })
}

function buildSecret(key: string, description: string): Text {
  return setting({ key, type: text, secure: true, description })
}

/** Elasticsearch's older name, under which a secret stands in the settings file. */
function buildOpenSecret(key: string, secure: string): Text {
  const description = `As \`${secure}\`, but readable for everybody who may read the settings file.`
  return setting({ key, type: text, description })
}
