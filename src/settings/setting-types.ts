/** The types of settings: how each reads the text that was found, and what it says when it cannot. */
import { readDuration } from '../kernel/duration.ts'
import type { Found, SettingType } from './setting.ts'
import { ValueError } from './settings-error.ts'
import { isUri } from './uri.ts'

/** Any text that is not blank. */
export const text: SettingType<string> = {
  expects: 'text',
  read: (found, key) => readFilled(found, key, 'text'),
}

/** A host name or an address to listen on; one of IPv6 may stand in brackets, as in a URL. */
export const host: SettingType<string> = {
  expects: 'text',
  read: (found, key) => text.read(found, key).replace(/^\[(.+)\]$/, '$1'),
}

/** Texts; in one line they are separated by commas. */
export const list: SettingType<readonly string[]> = {
  expects: 'list',
  read: (found, key) => readList(found, key),
}

export const boolean: SettingType<boolean> = {
  expects: '`true` or `false`',
  read(found, key) {
    const value = readText(found, key, 'true or false')
    if (value === 'true') return true
    if (value === 'false') return false
    throw new ValueError(`Failed to parse value [${value}] for setting [${key}] as only [true] or [false] are allowed.`)
  },
}

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number): SettingType<number> {
  return {
    expects: `whole number, ${min} to ${max}`,
    read(found, key) {
      const value = readText(found, key, 'a whole number')
      const failed = `Failed to parse value [${value}] for setting [${key}]`
      if (!/^-?\d{1,15}$/.test(value)) throw new ValueError(`${failed}: expected a whole number from ${min} to ${max}`)
      if (Number(value) < min) throw new ValueError(`${failed} must be >= ${min}`)
      if (Number(value) > max) throw new ValueError(`${failed} must be <= ${max}`)
      return Number(value)
    },
  }
}

/** A time such as `60s` or `20m`, in seconds. `-1` is allowed only where `min` says so. */
export function time(min = '0s', max?: string): SettingType<number> {
  const least = readDuration(min) ?? Number.NaN
  const most = max === undefined ? Infinity : (readDuration(max) ?? Number.NaN)
  return {
    expects: max === undefined ? 'time' : `time, ${min} to ${max}`,
    read(found, key) {
      const value = readText(found, key, 'a time such as [60s]')
      const seconds = readDuration(value)
      const failed = `failed to parse value [${value}] for setting [${key}]`
      if (seconds === undefined) {
        const reason = 'unit is missing or unrecognized, expected a time such as [60s], [20m] or [24h]'
        throw new ValueError(`failed to parse setting [${key}] with value [${value}] as a time value: ${reason}`)
      }
      if (!(seconds >= least)) throw new ValueError(`${failed}, must be >= [${min}]`)
      if (!(seconds <= most)) throw new ValueError(`${failed}, must be <= [${max}]`)
      return seconds
    },
  }
}

/**
 * One of a closed list of words.
 * @param tail follows the standard text; some settings of Elasticsearch end with stray brackets
 */
export function oneOf<const T extends string>(allowed: readonly T[], tail = ''): SettingType<T> {
  return {
    expects: allowed.map((value) => `\`${value}\``).join(', '),
    read(found, key) {
      const value = readText(found, key, `one of [${allowed.join(', ')}]`)
      const match = allowed.find((candidate) => candidate === value)
      if (match !== undefined) return match
      throw new ValueError(`Invalid value [${value}] for [${key}]. Allowed values are [${allowed.join(', ')}]${tail}`)
    },
  }
}

/** Some of a closed list of words, at least one. */
export function someOf<const T extends string>(allowed: readonly T[]): SettingType<readonly T[]> {
  const each = oneOf(allowed)
  return {
    expects: `list of ${each.expects}`,
    read(found, key) {
      const values = readList(found, key).map((value) => each.read(value, key))
      if (values.length > 0) return values
      throw new ValueError(`Invalid value [] for [${key}]. Expected a list of [${allowed.join(', ')}], at least one`)
    },
  }
}

/** RFC 2396 syntax only: any scheme, relative references, and the empty text, which counts as absent. */
export const uri: SettingType<string> = {
  expects: 'URI',
  read(found, key) {
    const value = readText(found, key, 'a URI')
    if (!isUri(value)) throw new ValueError(`Invalid value [${value}] for [${key}]. Not a valid URI.`)
    return value
  },
}

/** A type with one more rule. `check` throws a ValueError. */
export function checked<T>(
  type: SettingType<T>,
  expects: string,
  check: (value: T, key: string) => void,
): SettingType<T> {
  return {
    expects,
    read(found, key) {
      const value = type.read(found, key)
      check(value, key)
      return value
    },
  }
}

/** The one text that was found, also an empty one. */
export function readText(found: Found, key: string, expected: string): string {
  if (typeof found === 'string') return found
  const what = found === null ? 'nothing' : 'a list'
  throw new ValueError(`Failed to parse setting [${key}]: expected ${expected}, found ${what}`)
}

function readFilled(found: Found, key: string, expected: string): string {
  const value = readText(found, key, expected)
  if (value.trim() === '') throw new ValueError(`Failed to parse setting [${key}]: expected ${expected}, found nothing`)
  return value
}

function readList(found: Found, key: string): readonly string[] {
  if (found === null) throw new ValueError(`Failed to parse setting [${key}]: expected a list, found nothing`)
  const items = typeof found === 'string' ? found.split(',').map((item) => item.trim()) : found
  return items.filter((item) => item !== '')
}
