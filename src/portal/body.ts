/** What JSON bodies must be, said in Kibana's words. Pure. */
import type { JsonObject } from '../kernel/json.ts'
import { badRequest } from './portal-error.ts'

/** @param at where the object stands, for the message */
export function readText(body: JsonObject, name: string, at: string): string {
  const value = body[name]
  if (typeof value === 'string') return value
  const found =
    value === undefined ? 'undefined' : value === null ? 'null' : Array.isArray(value) ? 'Array' : typeof value
  throw badRequest(`[${at}.${name}]: expected value of type [string] but got [${found}]`)
}

export function checkKeys(body: JsonObject, known: readonly string[], at: string): void {
  const unknown = Object.keys(body).find((key) => !known.includes(key))
  if (unknown !== undefined) throw badRequest(`[${at}.${unknown}]: definition for this key is missing`)
}
