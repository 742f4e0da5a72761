/** The JSON body of a request, read strictly: no duplicate keys, no unknown fields, no wrong types. */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, nameJsonToken, type Json, type JsonObject } from '../kernel/json.ts'
import { ApiError } from './api-error.ts'
import { suggest } from './spelling.ts'

/** Deeper nesting is refused: nothing of this API needs a tenth of it. */
const DEEPEST = 64

/**
 * Parses a JSON text.
 * @throws ApiError `x_content_parse_exception`, caused by `json_parse_exception`; for a text that ends too early
 *   `x_content_e_o_f_exception`, caused by `json_e_o_f_exception`. The text itself is in none of them
 */
export function parseJson(text: string): Json {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (error) {
    throw describeSyntaxError(text, error)
  }
  checkNesting(text)
  return value
}

function describeSyntaxError(text: string, error: unknown): ApiError {
  const message = error instanceof Error ? error.message : ''
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? Number.NaN)
  const endsEarly = /end of JSON input|^Unterminated string/.test(message) || position >= text.length
  if (endsEarly) return jsonFailure('the JSON text ends too early', 'x_content_e_o_f_exception', 'json_e_o_f_exception')
  const where = Number.isNaN(position) ? '' : `${locate(text, position)} `
  return jsonFailure(`${where}the text is not valid JSON`, 'x_content_parse_exception', 'json_parse_exception')
}

function jsonFailure(
  reason: string,
  type: 'x_content_parse_exception' | 'x_content_e_o_f_exception' = 'x_content_parse_exception',
  causeType: 'json_parse_exception' | 'json_e_o_f_exception' = 'json_parse_exception',
): ApiError {
  return new ApiError(400, type, reason, { cause: new ApiError(400, causeType, reason) })
}

/** Looks at what `JSON.parse` does not tell: duplicate keys and depth. `text` is known to be valid JSON. */
function checkNesting(text: string): void {
  const open: Set<string>[] = []
  // By `exec`, in half the time that an iterator takes.
  const tokens = /[{}[\]]|"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    const [symbol] = token
    if (symbol === '{' || symbol === '[') {
      open.push(new Set())
      if (open.length > DEEPEST) throw jsonFailure(`${locate(text, token.index)} nested deeper than ${DEEPEST} levels`)
    } else if (symbol === '}' || symbol === ']') {
      open.pop()
    } else if (token[1] !== undefined) {
      const key = JSON.parse(symbol.slice(0, -token[1].length)) as string
      const keys = open.at(-1)
      if (keys?.has(key)) throw jsonFailure(`${locate(text, token.index)} Duplicate field '${key}'`)
      keys?.add(key)
    }
  }
}

/** `[line:column]`, both from 1. */
function locate(text: string, position: number): string {
  const before = text.slice(0, position)
  return `[${before.split('\n').length}:${position - before.lastIndexOf('\n')}]`
}

/**
 * Checks that the body is an object and has no fields but these.
 * @param parser the name by which Elasticsearch's messages call the reader of this body
 */
export function readObject(parser: string, body: Json | undefined, fields: readonly string[]): JsonObject {
  if (!isJsonObject(body)) {
    throw new SecurityError(
      'field_unparsable',
      `[${parser}] Expected START_OBJECT but was: ${nameJsonToken(body ?? null)}`,
    )
  }
  const unknown = Object.keys(body).find((name) => !fields.includes(name))
  if (unknown === undefined) return body
  throw new SecurityError('field_unparsable', `[${parser}] unknown field [${unknown}]${suggest(unknown, fields)}`)
}

/**
 * Reads a body that has nothing but optional strings.
 * @param nullable fields in which `null` means the same as their absence
 */
export function readStrings<Name extends string>(
  parser: string,
  body: Json | undefined,
  fields: readonly Name[],
  nullable: readonly Name[] = [],
): Partial<Record<Name, string>> {
  const object = readObject(parser, body, fields)
  const strings: Partial<Record<Name, string>> = {}
  for (const name of fields) {
    const value = object[name]
    if (value === undefined || (value === null && nullable.includes(name))) continue
    if (typeof value !== 'string') throw wrongType(parser, name, value)
    strings[name] = value
  }
  return strings
}

export function wrongType(parser: string, field: string, value: Json): SecurityError {
  return new SecurityError(
    'field_unparsable',
    `[${parser}] ${field} doesn't support values of type: ${nameJsonToken(value)}`,
  )
}

/** Whether there is at least one character that is no blank. */
export function hasText(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== ''
}
