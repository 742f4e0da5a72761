import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Setting } from './setting.ts'
import type { Values } from './values.ts'

/** Where a setting names files with certificates. */
export interface CertificateSetting {
  readonly setting: Setting<unknown>
  readonly names: readonly string[]
  /** Relative paths start here. */
  readonly directory: string
}

/** @returns the PEM text of the file; what is wrong with it is recorded */
export function readCertificateFile(values: Values, path: string, of: CertificateSetting): string {
  try {
    const pem = readFileSync(resolve(of.directory, path), 'utf8')
    // Throws unless the file begins with a certificate.
    void new X509Certificate(pem)
    return pem
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const text = `cannot read configured [PEM] certificate_authorities [${path}]: ${reason}`
    values.refuse(of.setting, of.names, text)
    return ''
  }
}
