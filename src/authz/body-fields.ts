/** Reading the fields of users and roles from JSON, with the messages of Elasticsearch's hand-written parsers. */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type JsonObject, nameJsonToken } from '../kernel/json.ts'

/** @throws SecurityError `body_unparsable` */
export function readString(field: string, value: unknown): string {
  return typeof value === 'string' ? value : refuseType(field, 'string', value)
}

/** @throws SecurityError `body_unparsable` */
export function readBoolean(field: string, value: unknown): boolean {
  return typeof value === 'boolean' ? value : refuseType(field, 'boolean', value)
}

/** @throws SecurityError `body_unparsable` */
export function readObject(field: string, value: unknown): JsonObject {
  return isJsonObject(value) ? value : refuseType(field, 'object', value)
}

/** @throws SecurityError `body_unparsable` */
export function readStringArray(field: string, value: unknown): string[] {
  const expected = `could not parse [${field}] field. expected a string array but`
  if (value === null) throw new SecurityError('body_unparsable', `${expected} found null value instead`)
  if (!Array.isArray(value)) {
    throw new SecurityError('body_unparsable', `${expected} found [${nameJsonToken(value)}] value instead`)
  }
  return value.map((item: unknown) => {
    if (typeof item === 'string') return item
    throw new SecurityError('body_unparsable', `${expected} one of the value in the array is [${nameJsonToken(item)}]`)
  })
}

function refuseType(field: string, type: string, value: unknown): never {
  throw new SecurityError(
    'body_unparsable',
    `expected field [${field}] to be of type ${type}, but found [${nameJsonToken(value)}] instead`,
  )
}
