import { buildKey, type Setting } from './setting.ts'
import type { Values } from './values.ts'

/**
 * Reads a secret that has two names: one for the keystore, and Elasticsearch's older one for the settings file.
 * Kibana has only the first of them.
 */
export function readSecret(
  values: Values,
  secure: Setting<string | undefined> | undefined,
  open: Setting<string | undefined> | undefined,
  names: readonly string[],
): string | undefined {
  const secret = secure === undefined ? undefined : values.get(secure, ...names)
  const found = open === undefined ? undefined : values.get(open, ...names)
  if (secure === undefined || open === undefined || found === undefined) return secret
  const [secureKey, openKey] = [buildKey(secure, names), buildKey(open, names)]
  if (secret !== undefined) values.refuse(open, names, `cannot specify both [${secureKey}] and [${openKey}]`)
  values.warn(`the secret [${openKey}] stands in the settings file: the keystore keeps it as [${secureKey}]`)
  return found
}
