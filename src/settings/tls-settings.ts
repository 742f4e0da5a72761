/**
 * TLS of a listener: which key and certificate it shows, and whom it lets in. The three listeners have the same settings
 * under prefixes of their own, the portal's spelt as Kibana does. The files are read when the listener is made.
 */
import { resolve } from 'node:path'
import { readSecret } from './secret.ts'
import { boolean, list, oneOf, text } from './setting-types.ts'
import { setting } from './setting.ts'
import type { TlsServerSettings } from './settings.ts'
import { buildIdentityRows, buildTrustRows, buildVersionRows, nameForOpenssl } from './tls-rows.ts'
import type { IdentityRows, TrustRows } from './tls-rows.ts'
import type { Values } from './values.ts'

const OWN = 'its certificate'
const TRUSTED = 'authorities whose client certificates are accepted'
const NOBODY = 'nobody'

/** The rows of one listener, as in `elasticsearch.yml`. */
export function buildTlsRows(prefix: string, listener: string) {
  return {
    enabled: buildEnabled(prefix, listener),
    ...buildIdentityRows(prefix, OWN),
    ...buildTrustRows(prefix, TRUSTED, NOBODY),
    clientAuthentication: buildClientAuthentication(`${prefix}client_authentication`),
    ...buildVersionRows(prefix),
  }
}
