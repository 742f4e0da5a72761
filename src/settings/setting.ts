/** What a source gives for a setting before its type reads it: text as it was written, or nothing after the colon. */
export type Found = string | readonly string[] | null

/** How the text of a setting becomes a value. */
export interface SettingType<T> {
  /** What is expected, in a few words, for the reference. */
  readonly expects: string
  /** @throws ValueError with the exact text for whoever wrote the value */
  read(found: Found, key: string): T
}

/** A row of the table of all settings. */
export interface Setting<T> {
  /** The full name; a part in angle brackets stands for a name that the user chooses: `….oidc.<realm>.order`. */
  readonly key: string
  readonly type: SettingType<T>
  /** As one would write it in the file. For a required setting it stands in, so that reading can go on to the end. */
  readonly default: Found | undefined
  /** How the reference shows a default that depends on the machine or on other settings. */
  readonly defaultText: string | undefined
  /** The text of the problem when the setting is absent; `undefined` if it may be absent. */
  readonly required: ((key: string, names: readonly string[]) => string) | undefined
  /** Its value is a secret: it may stand in the keystore only. */
  readonly secure: boolean
  /** One sentence or two, Markdown. */
  readonly description: string
}

interface Row<T> {
  readonly key: string
  readonly type: SettingType<T>
  readonly defaultText?: string
  readonly required?: (key: string, names: readonly string[]) => string
  readonly secure?: true
  readonly description: string
}

/** Makes a row. With a default, reading the setting always gives a value; without one, `undefined` when it is absent. */
export function setting<T>(row: Row<T> & { readonly default: Found }): Setting<T>
export function setting<T>(row: Row<T>): Setting<T | undefined>
export function setting<T>(row: Row<T> & { readonly default?: Found }): Setting<T> {
  return {
    default: undefined,
    defaultText: undefined,
    required: undefined,
    ...row,
    secure: row.secure === true,
  }
}

/** The full name of a setting for the names that the user chose. */
export function buildKey(setting: Setting<unknown>, names: readonly string[]): string {
  let next = 0
  return setting.key.replaceAll(/<[^>]+>/g, () => names[next++] ?? '')
}

/**
 * Recognises a key as one of this setting's.
 * @returns the names that stand in the places of `<…>`, or `undefined` if it is another setting's key
 */
export function matchKey(setting: Setting<unknown>, key: string, ignoreCase = false): readonly string[] | undefined {
  const [row, given] = ignoreCase ? [setting.key.toLowerCase(), key.toLowerCase()] : [setting.key, key]
  const firstName = row.indexOf('<')
  if (firstName === -1) return row === given ? [] : undefined
  // Each key of a file is compared with each row: what begins or ends otherwise needs no pattern.
  if (!given.startsWith(row.slice(0, firstName)) || !given.endsWith(row.slice(row.lastIndexOf('>') + 1)))
    return undefined
  return keyPattern(setting.key, ignoreCase).exec(key)?.slice(1)
}

/** Names are of letters, digits, `_` and `-`; client ids and identifiers are chosen by others and may have dots. */
function keyPattern(key: string, ignoreCase: boolean): RegExp {
  const source = key
    .replaceAll('.', String.raw`\.`)
    .replaceAll(/<(?:client_id|identifier)>/g, String.raw`(\S+)`)
    .replaceAll(/<[^>]+>/g, String.raw`([-\w]+)`)
  return new RegExp(`^${source}$`, ignoreCase ? 'i' : '')
}
