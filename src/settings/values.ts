/**
 * The values of all settings while they are read. Every problem is collected, and reading goes on with a value that
 * stands in; whoever uses it must look at `problems` at the end and let nothing out if there are any.
 */
import { findNearest } from '../kernel/nearest.ts'
import type { Entry } from './entry.ts'
import { buildKey, matchKey, type Setting } from './setting.ts'
import { type SettingsProblem, ValueError } from './settings-error.ts'

export interface Values {
  /** The value, or the default. `names` stand in the places of `<…>`. */
  get<T>(setting: Setting<T>, ...names: readonly string[]): T
  isSet(setting: Setting<unknown>, ...names: readonly string[]): boolean
  /** All names, in the order of the sources, for which a setting whose key begins with `prefix` is set. */
  names(prefix: string, source?: 'keystore'): (readonly string[])[]
  /** Records what is wrong with a setting's value, or with its absence. */
  refuse(setting: Setting<unknown>, names: readonly string[], text: string): void
  /** Runs a further reading of a setting's value. @returns `undefined` after a ValueError, which is recorded */
  attempt<T>(setting: Setting<unknown>, names: readonly string[], read: () => T): T | undefined
  /** Records what works and yet deserves a look. */
  warn(text: string): void
  readonly problems: readonly SettingsProblem[]
  readonly warnings: readonly string[]
}

/** @param entries later ones override earlier ones */
export function createValues(entries: readonly Entry[], table: readonly Setting<unknown>[], fileName: string): Values {
  const problems: SettingsProblem[] = []
  const warnings: string[] = []
  const known = new Map<string, Entry & { setting: Setting<unknown>; names: readonly string[] }>()
  const places = new Map<string, string>()
  for (const entry of entries) {
    const place = `${entry.source} ${entry.key}`
    const match = findSetting(entry.key, table)
    const problem =
      describeTwice(entry, places.get(place)) ??
      (match === undefined ? describeUnknown(entry.key, table) : describeMisplaced(entry, match.setting, fileName))
    places.set(place, entry.where)
    if (problem !== undefined) problems.push({ setting: entry.key, where: entry.where, text: problem })
    else if (match !== undefined) known.set(entry.key, { ...entry, ...match })
  }

  function refuse(setting: Setting<unknown>, names: readonly string[], text: string): void {
    const key = buildKey(setting, names)
    // A value that two rules look at is read twice.
    if (problems.some((problem) => problem.setting === key && problem.text === text)) return
    problems.push({ setting: key, where: known.get(key)?.where ?? 'not set', text })
  }

  function get<T>(setting: Setting<T>, ...names: readonly string[]): T {
    const key = buildKey(setting, names)
    const entry = known.get(key)
    if (entry === undefined && setting.required !== undefined) refuse(setting, names, setting.required(key, names))
    if (entry === undefined) return readDefault(setting, key)
    const value = attempt(setting, names, () => setting.type.read(entry.found, key))
    return value === undefined ? readDefault(setting, key) : value
  }

  function attempt<T>(setting: Setting<unknown>, names: readonly string[], read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      refuse(setting, names, error.message)
      return undefined
    }
  }

  return {
    get,
    isSet: (setting, ...names) => known.has(buildKey(setting, names)),
    names(prefix, source) {
      const entries = [...known.values()].filter(
        (entry) => entry.setting.key.startsWith(prefix) && (entry.source === 'keystore') === (source === 'keystore'),
      )
      return [...new Map(entries.map(({ names }) => [names.join(' '), names])).values()]
    },
    refuse,
    attempt,
    warn: (text) => void warnings.push(text),
    problems,
    warnings,
  }
}

/** Finds the row of the table that a key belongs to, and the names in it. */
export function findSetting(
  key: string,
  table: readonly Setting<unknown>[],
): { setting: Setting<unknown>; names: readonly string[] } | undefined {
  for (const setting of table) {
    const names = matchKey(setting, key)
    if (names !== undefined) return { setting, names }
  }
  return undefined
}

/** `unknown setting [x]`, and the setting that was most likely meant. */
export function describeUnknown(key: string, table: readonly Setting<unknown>[]): string {
  const parts = key.split('.')
  const nearest = findNearest(
    key,
    // The user's own names stand where they stand in the unknown key.
    table.map((setting) =>
      setting.key
        .split('.')
        .map((part, place) => (part.startsWith('<') ? (parts[place] ?? part) : part))
        .join('.'),
    ),
  )
  return nearest === undefined ? `unknown setting [${key}]` : `unknown setting [${key}] did you mean [${nearest}]?`
}

function describeTwice({ key }: Entry, earlier: string | undefined): string | undefined {
  return earlier === undefined ? undefined : `[${key}] is set twice, first in ${earlier}`
}

function describeMisplaced(entry: Entry, setting: Setting<unknown>, fileName: string): string | undefined {
  if (setting.secure === (entry.source === 'keystore')) return undefined
  const place = entry.source === 'environment' ? 'the environment' : fileName
  return setting.secure
    ? `Setting [${entry.key}] is a secure setting and must be stored inside the Ostiary keystore, but was found inside ${place}`
    : `Setting [${entry.key}] is a non-secure setting and must be stored inside ${fileName}, but was found inside the Ostiary keystore`
}

/** A setting without a default is typed to be `undefined` when it is absent. */
function readDefault<T>(setting: Setting<T>, key: string): T {
  return setting.default === undefined ? (undefined as T) : setting.type.read(setting.default, key)
}
