/**
 * TLS for a listener. Certificate, key and authorities are read again when their files change: the next handshake uses
 * them, and connections that are open stay. Files that cannot be used are told in the log, and the old ones stay in use.
 */
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions, type Server, type TlsOptions } from 'node:tls'
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
  const first = readContext(settings)
  let current = digest(first)
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
      const context = readContext(settings)
      if (digest(context) === current) return
      server.setSecureContext(context)
      current = digest(context)
      log.info(`the TLS files of [${settings.prefix}*] have changed and are in use`)
    } catch (error) {
      log.error({ err: error }, `the TLS files of [${settings.prefix}*] have changed, and the old ones stay in use`)
    }
  }
}

function digest({ pfx, cert, key, ca }: SecureContextOptions): string {
  return JSON.stringify([pfx, cert, key, ca])
}

/** Reads all files anew, and checks that they fit together. */
function readContext(settings: TlsServerSettings): SecureContextOptions {
  const { prefix, keystore, keystorePassword, certificate, key, keyPassphrase } = settings
  const authorities = settings.certificateAuthorities.map((path) => read(prefix, 'certificate_authorities', path))
  const identity =
    keystore === undefined
      ? {
          cert: read(prefix, 'certificate', certificate),
          key: read(prefix, 'key', key),
          ...(keyPassphrase !== undefined && { passphrase: keyPassphrase }),
        }
      : { pfx: read(prefix, 'keystore.path', keystore), passphrase: keystorePassword ?? '' }
  const versions = [...settings.supportedProtocols].toSorted()
  const [minVersion = 'TLSv1.2'] = versions
  const context = {
    ...identity,
    minVersion,
    maxVersion: versions.at(-1) ?? 'TLSv1.3',
    ...(authorities.length > 0 && { ca: authorities }),
    ...(settings.cipherSuites !== undefined && { ciphers: settings.cipherSuites.join(':'), honorCipherOrder: true }),
  }
  try {
    createSecureContext(context)
  } catch (cause) {
    const files = keystore ?? `${certificate}] and [${key}`
    const reason = cause instanceof Error ? cause.message : ''
    throw new Error(`cannot use [${files}] of [${prefix}*]: ${reason}`, { cause })
  }
  return context
}

function read(prefix: string, name: string, path: string | undefined): Buffer {
  try {
    return readFileSync(path ?? '')
  } catch (cause) {
    throw new Error(`cannot read the file [${path}] of [${prefix}${name}]`, { cause })
  }
}
