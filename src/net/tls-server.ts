/**
 * TLS for a listener. Certificate, key and authorities are read again when their files change: the next handshake uses
 * them, and connections that are open stay. Files that cannot be used are told in the log, and the old ones stay in use.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions, type Server, type TlsOptions } from 'node:tls'
import { readKeystore, readTruststore } from '../pkcs12/stores.ts'
import type { TlsServerSettings } from '../settings/settings.ts'

/** Milliseconds between two looks at the files. */
const RELOAD_INTERVAL = 5000

export interface TlsServer {
  /** For `https.createServer`. */
  readonly options: TlsOptions
  /** Keeps a server's certificate that of the files. */
  follow(server: Pick<Server, 'setSecureContext'>): void
  close(): void
}

export interface TlsServerParts {
  readonly settings: TlsServerSettings
  readonly log: { info(text: string): void; error(fields: object, text: string): void }
  readonly reloadInterval?: number
}

/** @throws Error that names the setting whose file cannot be used */
export function createTlsServer({ settings, log, reloadInterval = RELOAD_INTERVAL }: TlsServerParts): TlsServer {
  const { clientAuthentication } = settings
  let files = readFiles(settings)
  const first = buildContext(settings, files)
  let timer: NodeJS.Timeout | undefined

  return {
    options: {
      ...first,
      requestCert: clientAuthentication !== 'none',
      rejectUnauthorized: clientAuthentication === 'required',
    },
    follow(server) {
      timer = setInterval(() => reload(server), reloadInterval).unref()
    },
    close() {
      clearInterval(timer)
    },
  }

  function reload(server: Pick<Server, 'setSecureContext'>): void {
    try {
      const found = readFiles(settings)
      if (found.digest === files.digest) return
      server.setSecureContext(buildContext(settings, found))
      files = found
      log.info(`the TLS files of [${settings.prefix}*] have changed and are in use`)
    } catch (error) {
      log.error({ err: error }, `the TLS files of [${settings.prefix}*] have changed, and the old ones stay in use`)
    }
  }
}

interface Files {
  readonly certificate: Buffer | undefined
  readonly key: Buffer | undefined
  readonly keystore: Buffer | undefined
  readonly authorities: readonly Buffer[]
  readonly truststore: Buffer | undefined
  readonly digest: string
}

function readFiles(settings: TlsServerSettings): Files {
  const contents = createHash('sha256')
  const read = (name: string, path: string) => {
    const content = readFile(settings.prefix + name, path)
    contents.update(`${content.length} `).update(content)
    return content
  }
  const readOne = (name: string, path: string | undefined) => (path === undefined ? undefined : read(name, path))
  const files = {
    certificate: readOne('certificate', settings.certificate),
    key: readOne('key', settings.key),
    keystore: readOne('keystore.path', settings.keystore),
    authorities: settings.certificateAuthorities.map((path) => read('certificate_authorities', path)),
    truststore: readOne('truststore.path', settings.truststore),
  }
  return { ...files, digest: contents.digest('hex') }
}

function readFile(key: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Error(`cannot read the file [${path}] of [${key}]`, { cause })
  }
}

/** Checks that the files fit together. */
function buildContext(settings: TlsServerSettings, files: Files): SecureContextOptions {
  const { prefix, keystore, certificate, key, truststore } = settings
  const versions = [...settings.supportedProtocols].toSorted()
  const [minVersion = 'TLSv1.2'] = versions
  const authorities = attempt(`[${truststore}] of [${prefix}truststore.path]`, () => buildAuthorities(settings, files))
  return attempt(`[${keystore ?? `${certificate}] and [${key}`}] of [${prefix}*]`, () => {
    const context = {
      ...buildIdentity(settings, files),
      minVersion,
      maxVersion: versions.at(-1) ?? 'TLSv1.3',
      ...(authorities.length > 0 && { ca: authorities }),
      ...(settings.cipherSuites !== undefined && { ciphers: settings.cipherSuites.join(':'), honorCipherOrder: true }),
    }
    createSecureContext(context)
    return context
  })
}

function buildAuthorities({ truststorePassword }: TlsServerSettings, { authorities, truststore }: Files) {
  return truststore === undefined ? [...authorities] : readTruststore(truststore, truststorePassword ?? '')
}

function buildIdentity(settings: TlsServerSettings, { certificate, key, keystore }: Files): SecureContextOptions {
  const { keyPassphrase, keystorePassword, keystoreKeyPassword } = settings
  if (keystore !== undefined) return readKeystore(keystore, keystorePassword ?? '', keystoreKeyPassword)
  return { cert: certificate, key, ...(keyPassphrase !== undefined && { passphrase: keyPassphrase }) }
}

function attempt<T>(files: string, build: () => T): T {
  try {
    return build()
  } catch (cause) {
    throw new Error(`cannot use ${files}: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}
