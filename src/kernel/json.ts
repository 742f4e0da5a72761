/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

export type JsonObject = { [key: string]: Json }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Makes a value of JSON, or one that is like it, unchangeable with all that is in it. */
export function freezeJson(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.values(value).forEach(freezeJson)
  Object.freeze(value)
}

/** What Elasticsearch's parser calls the first token of a value; its messages name it. */
export function nameJsonToken(value: unknown): string {
  if (value === null || value === undefined) return 'VALUE_NULL'
  if (Array.isArray(value)) return 'START_ARRAY'
  if (typeof value === 'object') return 'START_OBJECT'
  return `VALUE_${typeof value}`.toUpperCase()
}

const MAX_DEPTH = 64

/**
 * Parses the text of a JSON object that somebody else wrote.
 * @returns `undefined` if it is no JSON, no object, or nests deeper than 64 levels
 */
export function readJsonObject(text: string): JsonObject | undefined {
  if (nestsTooDeep(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Looked at before parsing, so that whoever walks the value later cannot run out of stack. */
function nestsTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (inString && character === '\\') at++
    else if (character === '"') inString = !inString
    else if (inString) continue
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    if (depth > MAX_DEPTH) return true
  }
  return false
}
