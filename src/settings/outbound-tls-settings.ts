/** How a realm shows itself to its provider in TLS, and what it speaks there. The files are read at start. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { REALM_PREFIX } from './oidc-realm-table.ts'
import { list, oneOf, someOf, text } from './setting-types.ts'
import { buildKey, setting, type Setting } from './setting.ts'
import type { OutboundSettings } from './settings.ts'
import { cipherSuites, nameForOpenssl } from './tls-settings.ts'
import type { Values } from './values.ts'

export const OUTBOUND_TLS = {
  certificateAuthorities: setting({
    key: `${REALM_PREFIX}ssl.certificate_authorities`,
    type: list,
    defaultText: "the system's",
    description: 'PEM files of the certificate authorities to trust, relative to the folder of the settings file.',
  }),
  verificationMode: setting({
    key: `${REALM_PREFIX}ssl.verification_mode`,
    type: oneOf(['full', 'certificate', 'none']),
    default: 'full',
    description:
      "How the provider's certificate is checked: `full`, without the host name (`certificate`), or not at all (`none`, " +
      'for experiments only).',
  }),
  certificate: setting({
    key: `${REALM_PREFIX}ssl.certificate`,
    type: text,
    description: 'PEM file of the certificate that the provider is shown, for providers that want one.',
  }),
  key: setting({
    key: `${REALM_PREFIX}ssl.key`,
    type: text,
    description: 'PEM file of its private key.',
  }),
  keyPassphrase: setting({
    key: `${REALM_PREFIX}ssl.secure_key_passphrase`,
    type: text,
    secure: true,
    description: 'What the private key is encrypted with.',
  }),
  keystorePath: setting({
    key: `${REALM_PREFIX}ssl.keystore.path`,
    type: text,
    description: 'PKCS#12 file of key and certificate, in place of the two PEM files.',
  }),
  keystorePassword: setting({
    key: `${REALM_PREFIX}ssl.keystore.secure_password`,
    type: text,
    secure: true,
    description: 'What the keystore is encrypted with.',
  }),
  supportedProtocols: setting({
    key: `${REALM_PREFIX}ssl.supported_protocols`,
    type: someOf(['TLSv1.3', 'TLSv1.2']),
    default: ['TLSv1.3', 'TLSv1.2'],
    description: 'Versions of TLS that are spoken.',
  }),
  cipherSuites: setting({
    key: `${REALM_PREFIX}ssl.cipher_suites`,
    type: cipherSuites,
    defaultText: "the runtime's",
    description: 'Cipher suites, the preferred first, under their registered names or those of OpenSSL.',
  }),
}

/** @returns what TLS is made with, tried out; what is wrong with it is recorded */
export function readOutboundTls(values: Values, realm: string, directory: string): OutboundSettings['tls'] {
  const identity = readIdentity(values, realm, directory)
  const protocols = values.get(OUTBOUND_TLS.supportedProtocols, realm)
  const suites = values.get(OUTBOUND_TLS.cipherSuites, realm)
  return {
    ...identity,
    minVersion: protocols.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: protocols.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
    ...(suites === undefined ? {} : { ciphers: suites.map((name) => nameForOpenssl(name)).join(':') }),
  }
}

type Identity = Pick<OutboundSettings['tls'], 'cert' | 'key' | 'pfx' | 'passphrase'>

function readIdentity(values: Values, realm: string, directory: string): Identity {
  const { certificate, key, keystorePath } = OUTBOUND_TLS
  const refuse = (row: Setting<unknown>, text: string) => values.refuse(row, [realm], text)
  const keyOf = (row: Setting<unknown>) => buildKey(row, [realm])
  const given = [certificate, key, keystorePath].filter((row) => values.isSet(row, realm))
  const [first, second] = given
  if (first === undefined) return {}
  if (given.includes(keystorePath) && second !== undefined) {
    refuse(keystorePath, `cannot specify both [${keyOf(keystorePath)}] and [${keyOf(first)}]`)
    return {}
  }
  if (first !== keystorePath && second === undefined) {
    const missing = first === key ? certificate : key
    refuse(first, `cannot specify [${keyOf(first)}] without also setting [${keyOf(missing)}]`)
    return {}
  }
  try {
    const read = (row: typeof key) => readFileSync(resolve(directory, values.get(row, realm) ?? ''))
    const isKeystore = first === keystorePath
    const passphrase = values.get(isKeystore ? OUTBOUND_TLS.keystorePassword : OUTBOUND_TLS.keyPassphrase, realm)
    const identity = {
      ...(isKeystore ? { pfx: read(keystorePath) } : { cert: read(certificate), key: read(key) }),
      ...(passphrase === undefined ? {} : { passphrase }),
    }
    // Throws unless key and certificate are readable and belong together.
    createSecureContext(identity)
    return identity
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    refuse(first, `cannot use [${keyOf(first)}] to show a certificate: ${reason}`)
    return {}
  }
}
