import type { Found } from './setting.ts'

/** A key and what a source gives for it. */
export interface Entry {
  readonly key: string
  readonly found: Found
  readonly source: 'file' | 'environment' | 'keystore'
  /** For messages: `line 12`, `environment variable OSTIARY_SETTING_…` or `keystore`. */
  readonly where: string
}
