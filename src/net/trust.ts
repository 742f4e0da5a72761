import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { TlsClientSettings } from '../settings/settings.ts'

/** Whom a TLS connection trusts, in the words of `tls.connect`. */
export interface Trust {
  readonly secureContext: SecureContext
  readonly rejectUnauthorized: boolean
  readonly checkServerIdentity?: () => undefined
}

/**
 * Own certificate authorities, else the system's, else those that came with the runtime.
 * @param identity the certificate and the key that the other side is shown, and what is spoken with it
 */
export function createTrust(
  settings: Pick<TlsClientSettings, 'certificateAuthorities' | 'verificationMode'>,
  identity: Partial<TlsClientSettings['tls']> = {},
): Trust {
  const { certificateAuthorities, verificationMode } = settings
  const authorities = certificateAuthorities ?? getCACertificates('system')
  return {
    secureContext: createSecureContext({ ...identity, ...(authorities.length > 0 && { ca: [...authorities] }) }),
    rejectUnauthorized: verificationMode !== 'none',
    // `certificate`: somebody whom we trust has signed it, whatever host it names.
    ...(verificationMode === 'full' ? {} : { checkServerIdentity: () => undefined }),
  }
}
