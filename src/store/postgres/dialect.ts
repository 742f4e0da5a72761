/**
 * From the SQL of the kinds of record to PostgreSQL's. Both read it alike but for what is named here.
 */
import type { Value } from '../engine.ts'

const translated = new Map<string, string>()
const batches = new Map<string, string | undefined>()
const insertions = new Map<string, string | undefined>()

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
 * The text for many runs of one look-up or update: its parameters become columns of a list, its rows say in `asked` which
 * run they belong to, counted from 1. Of several updates of one row, one does it.
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
const UPDATE = /^\s*(update .*?) (where .*) returning 1 as done\s*$/s

function writeBatch(sql: string, types: readonly (string | undefined)[]): string | undefined {
  if (types.length === 0 || types.includes(undefined)) return undefined
  const lists = types.map((type, index) => `$${index + 1}::${type}[]`)
  const columns = types.map((_, index) => `p${index + 1}`)
  const asked = `unnest(${lists.join(', ')}) with ordinality as asked (${columns.join(', ')}, number)`
  const text = numberParameters(expandJson(sql), (number) => `asked.p${number}`)
  if (LOOK_UP.test(sql)) {
    return `select asked.number as asked, found.* from ${asked} cross join lateral (${text}) as found`
  }
  const [, update, where] = UPDATE.exec(text.replaceAll(/\s+/g, ' ')) ?? []
  return update && where && `${update} from ${asked} ${where} returning asked.number as asked`
}

/** How many rows one insertion has: few texts, so that each is prepared once. */
const ROWS = [32, 8, 2]

/**
 * The text for several runs of one insertion: the parameters of the second follow those of the first.
 * @param runs how many there are at most
 * @returns also how many it is for; `undefined` if each of them must be told what it did
 */
export function buildInsertion(sql: string, runs: number): { text: string; rows: number } | undefined {
  const rows = ROWS.find((count) => count <= runs)
  if (rows === undefined) return undefined
  const key = `${rows} ${sql}`
  if (!insertions.has(key)) insertions.set(key, writeInsertion(sql, rows))
  const text = insertions.get(key)
  return text === undefined ? undefined : { text, rows }
}

const INSERTION = /^\s*(insert into .*) values (\([^()]*\))\s*$/s

function writeInsertion(sql: string, rows: number): string | undefined {
  const [, insert, values] = INSERTION.exec(sql.replaceAll(/\s+/g, ' ')) ?? []
  if (insert === undefined || values === undefined) return undefined
  const parameters = Math.max(...Array.from(values.matchAll(/\?(\d+)/g), ([, number]) => Number(number)))
  const lists = Array.from({ length: rows }, (_, row) =>
    numberParameters(values, (number) => `$${Number(number) + row * parameters}`),
  )
  return `${insert} values ${lists.join(', ')}`
}

function typeOf(value: Value): string | undefined {
  if (typeof value === 'string') return 'text'
  if (value instanceof Uint8Array) return 'bytea'
  return value === null ? undefined : 'bigint'
}

function numberParameters(sql: string, write: (number: string) => string): string {
  return sql.replaceAll(/\?(\d+)/g, (_, number: string) => write(number))
}

/** A JSON array as rows with the column `value`. */
function expandJson(sql: string): string {
  return sql.replaceAll(/json_each\((\?\d+)\)/g, 'json_array_elements_text(cast(cast($1 as text) as json)) as value')
}

/** Rows that are chosen to be removed: those that another node is removing at this moment are not waited for. */
function skipLocked(sql: string): string {
  return /^\s*delete\b/.test(sql) ? sql.replaceAll(/(limit \?\d+)\)/g, '$1 for update skip locked)') : sql
}
