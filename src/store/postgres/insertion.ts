/**
 * Insertions of one text as few statements: each takes many rows, and tells by their keys which of them it wrote.
 */
import type { Row, Statement } from '../engine.ts'
import type { Connection } from './connection.ts'
import { numberParameters } from './dialect.ts'

export interface Insertion {
  /** Which values make the key that `on conflict` names. None: a row that is in the way is a fault. */
  readonly key: readonly number[]
  /** Which values a row has of its own, and which stand behind the rows, one for all of them. */
  readonly own: readonly number[]
  readonly shared: readonly number[]
  /** For so many rows: the shared values come first, then those of row after row. */
  write(rows: number): string
}

/** How many rows one statement has, the most first: few texts, so that each is prepared once. */
const ROWS = [64, 16, 4, 1]
const INSERTION = /^insert into \w+ \( ?([^()]*)\) values \(([^()]*)\)(?: on conflict \(([^()]*)\))?/

const insertions = new Map<string, Insertion | undefined>()

/** @returns `undefined` for what inserts no values, or would not tell which of its rows it wrote */
export function readInsertion(sql: string): Insertion | undefined {
  if (!insertions.has(sql)) insertions.set(sql, takeApart(sql.replaceAll(/\s+/g, ' ').trim()))
  return insertions.get(sql)
}

function takeApart(sql: string): Insertion | undefined {
  const [text, columns, values, conflict = ''] = INSERTION.exec(sql) ?? []
  if (text === undefined || columns === undefined || values === undefined) return undefined
  const names = columns.split(', ')
  const keyNames = conflict.split(', ').filter(Boolean)
  const key = keyNames.flatMap((name) => listParameters(values.split(', ')[names.indexOf(name)] ?? ''))
  const [head = '', rest = ''] = sql.split(` values (${values})`)
  const returns = rest.includes(' returning ')
  if (key.length < keyNames.length || (returns && key.length === 0)) return undefined

  const [own, shared] = [listParameters(values), listParameters(rest)]
  const tail = numberParameters(rest, (number) => `$${shared.indexOf(number) + 1}`)
  const tellKeys = returns ? keyNames.map((name, place) => `, cast(${name} as text) as key${place}`).join('') : ''
  const texts = new Map<number, string>()
  return {
    key,
    own,
    shared,
    write(rows) {
      const known = texts.get(rows)
      if (known !== undefined) return known
      const lists = Array.from({ length: rows }, (_, row) => {
        const before = shared.length + row * own.length + 1
        return `(${numberParameters(values, (number) => `$${before + own.indexOf(number)}`)})`
      })
      const written = `${head} values ${lists.join(', ')}${tail}${tellKeys}`
      texts.set(rows, written)
      return written
    },
  }
}

function listParameters(sql: string): number[] {
  return [...new Set(Array.from(sql.matchAll(/\?(\d+)/g), ([, number]) => Number(number)))]
}

/** @returns the rows of each, in their order */
export async function insert(
  connection: Connection,
  insertion: Insertion,
  statements: readonly Statement[],
): Promise<Row[][]> {
  const results: Row[][] = statements.map(() => [])
  const runPart = async (part: readonly Asked[]) => {
    const [first] = part
    if (first === undefined) return
    const values = part.flatMap(({ statement }) => take(statement, insertion.own))
    const shared = take(first.statement, insertion.shared)
    const rows = await connection.run(insertion.write(part.length), ...shared, ...values)
    const byKey = new Map(part.map((asked) => [asked.key, asked]))
    for (const row of rows) {
      const key = JSON.stringify(insertion.key.map((_, place) => row[`key${place}`]))
      results[byKey.get(key)?.index ?? -1]?.push(row)
    }
  }
  await Promise.all(divide(insertion, statements).map(runPart))
  return results
}

interface Asked {
  readonly index: number
  readonly statement: Statement
  readonly key: string
}

/** In one part all keys are different, as no statement writes a row twice, and all shared values the same. */
function divide(insertion: Insertion, statements: readonly Statement[]): Asked[][] {
  const runs: Asked[][] = []
  let keys = new Set<string>()
  for (const [index, statement] of statements.entries()) {
    const asked = { index, statement, key: writeValues(statement, insertion.key) }
    const run = runs.at(-1)
    const [first] = run ?? []
    if (run === undefined || first === undefined || keys.has(asked.key) || !shares(insertion, first, asked)) {
      runs.push([asked])
      keys = new Set()
    } else run.push(asked)
    if (insertion.key.length > 0) keys.add(asked.key)
  }
  return runs.flatMap(cut)
}

function cut(run: readonly Asked[]): Asked[][] {
  const parts: Asked[][] = []
  for (let from = 0; from < run.length; from += parts.at(-1)?.length ?? 1) {
    const rows = ROWS.find((count) => count <= run.length - from)
    parts.push(run.slice(from, from + (rows ?? 1)))
  }
  return parts
}

function shares({ shared }: Insertion, first: Asked, other: Asked): boolean {
  return writeValues(first.statement, shared) === writeValues(other.statement, shared)
}

function take(statement: Statement, places: readonly number[]) {
  return places.map((place) => statement[place] ?? null)
}

/** As PostgreSQL writes them as text. */
function writeValues(statement: Statement, places: readonly number[]): string {
  if (places.length === 0) return ''
  const texts = take(statement, places).map((value) =>
    value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value),
  )
  return JSON.stringify(texts)
}
