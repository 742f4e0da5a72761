/**
 * From the SQL of the kinds of record to PostgreSQL's. Both read it alike but for what is named here.
 */
import type { Value } from '../engine.ts'

const translated = new Map<string, string>()
const batches = new Map<string, string | undefined>()

/** The text for one run. */
export function translate(sql: string): string {
  let text = translated.get(sql)
  if (text === undefined) {
    text = numberParameters(skipLocked(expandJson(sql)), (number) => `$${number}`)
    translated.set(sql, text)
  }
  return text
}

/**
 * The text for many runs of one look-up, update or deletion: its parameters become columns of a list, its rows say in
 * `asked` which run they belong to, counted from 1. Of several that would change one row, one does it.
 * @param values of any one run, for their types
 * @returns `undefined` for what cannot be run so: the order of its rows means something, or a type is unknown
 */
export function buildBatch(sql: string, values: readonly Value[]): string | undefined {
  const types = values.map(typeOf)
  const key = `${types.join()} ${sql}`
  if (!batches.has(key)) batches.set(key, writeBatch(sql, types))
  return batches.get(key)
}

const LOOK_UP = /^\s*select\b(?!.*\border by\b)/s
const CHANGE = /^(update|delete)\b(?!.*\bselect\b)(.*?) where (.*) returning (.*)$/

function writeBatch(sql: string, types: readonly (string | undefined)[]): string | undefined {
  if (types.length === 0 || types.includes(undefined)) return undefined
  const lists = types.map((type, index) => `$${index + 1}::${type}[]`)
  const columns = types.map((_, index) => `p${index + 1}`)
  const asked = `unnest(${lists.join(', ')}) with ordinality as asked (${columns.join(', ')}, number)`
  const text = numberParameters(expandJson(sql), (number) => `asked.p${number}`)
  if (LOOK_UP.test(sql)) {
    return `select asked.number as asked, found.* from ${asked} cross join lateral (${text}) as found`
  }
  const [, verb, what, where, returning] = CHANGE.exec(text.replaceAll(/\s+/g, ' ').trim()) ?? []
  if (verb === undefined) return undefined
  const list = `${verb === 'update' ? 'from' : 'using'} ${asked}`
  return `${verb}${what} ${list} where ${where} returning ${returning}, asked.number as asked`
}

function typeOf(value: Value): string | undefined {
  if (typeof value === 'string') return 'text'
  if (value instanceof Uint8Array) return 'bytea'
  return value === null ? undefined : 'bigint'
}

export function numberParameters(sql: string, write: (number: number) => string): string {
  return sql.replaceAll(/\?(\d+)/g, (_, number: string) => write(Number(number)))
}

/** A JSON array as rows with the column `value`. */
function expandJson(sql: string): string {
  return sql.replaceAll(/json_each\((\?\d+)\)/g, 'json_array_elements_text(cast(cast($1 as text) as json)) as value')
}

/** Rows that are chosen to be removed: those that another node is removing at this moment are not waited for. */
function skipLocked(sql: string): string {
  return /^\s*delete\b/.test(sql) ? sql.replaceAll(/(limit \?\d+)\)/g, '$1 for update skip locked)') : sql
}
