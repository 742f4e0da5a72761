/**
 * Settings from the environment: `OSTIARY_SETTING_` and the setting's name in capitals, with `_` for a dot and `__` for
 * an underscore, so `OSTIARY_SETTING_HTTP_PORT` is `http.port`. A list is one text with commas.
 */
import type { Entry } from './entry.ts'
import { buildKey, matchKey, type Setting } from './setting.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'OSTIARY_SETTING_'

/**
 * The settings that the environment names. A name that no setting has is kept as it is, in lower case, for the common
 * refusal of unknown settings.
 */
export function readEnvironment(env: Environment, table: readonly Setting<unknown>[]): Entry[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    if (value === undefined || !variable.startsWith(PREFIX)) return []
    const key = findKey(readName(variable.slice(PREFIX.length)), table)
    return [{ key, found: value, source: 'environment' as const, where: `environment variable ${variable}` }]
  })
}

/** The variable that sets a key. */
export function nameVariable(key: string): string {
  return PREFIX + key.replaceAll('_', '__').replaceAll('.', '_').toUpperCase()
}

function readName(variable: string): string {
  return variable.toLowerCase().replaceAll(/__|_/g, (mark) => (mark === '__' ? '_' : '.'))
}

/** Some names have capitals (`server.publicBaseUrl`), which the variable cannot show. */
function findKey(name: string, table: readonly Setting<unknown>[]): string {
  for (const setting of table) {
    const names = matchKey(setting, name, true)
    if (names !== undefined) return buildKey(setting, names)
  }
  return name
}
