/**
 * `filter_path`: the parts of an answer that its reader wants. A comma-separated list of dotted paths; `*` is any one
 * name or part of it, `**` any number of levels, a leading `-` takes away. Arrays are passed through.
 */
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts'

export interface Filter {
  readonly wanted: readonly Path[]
  readonly unwanted: readonly Path[]
}

/** One level of a path, and the levels after it: the same object wherever one stands at the same place. */
interface Path {
  readonly head: string
  /** Absent at the end. */
  readonly rest: Path | undefined
}

/** @returns `undefined` if nothing is filtered */
export function readFilter(text: string | undefined): Filter | undefined {
  const texts = [...new Set((text ?? '').split(',').map((path) => path.trim()))]
  const wanted = texts.filter((path) => !path.startsWith('-')).flatMap((path) => readPath(path))
  const unwanted = texts.filter((path) => path.startsWith('-')).flatMap((path) => readPath(path.slice(1)))
  return wanted.length + unwanted.length === 0 ? undefined : { wanted, unwanted }
}

function readPath(text: string): Path | [] {
  const path = text.split('.').reduceRight<Path | undefined>((rest, head) => {
    if (head === '' && rest === undefined) return undefined
    // Any number of levels, twice, is any number of levels.
    return head === '**' && rest?.head === '**' ? rest : { head, rest }
  }, undefined)
  return path ?? []
}

/** @returns what is left, `{}` if that is nothing */
export function filterAnswer(body: JsonObject, { wanted, unwanted }: Filter): JsonObject {
  const kept = wanted.length === 0 ? body : pick(body, wanted)
  const left = unwanted.length === 0 || kept === undefined ? kept : omit(kept, unwanted)
  return isJsonObject(left) ? left : {}
}

function pick(value: Json, paths: Iterable<Path>): Json | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item) => pick(item, paths)).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (!isJsonObject(value)) return undefined
  const kept = Object.entries(value).flatMap(([key, child]) => {
    const { isEnd, further } = follow(paths, key)
    const part = isEnd ? child : pick(child, further)
    return part === undefined ? [] : [[key, part] as const]
  })
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function omit(value: Json, paths: Iterable<Path>): Json {
  if (Array.isArray(value)) return value.map((item) => omit(item, paths))
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).flatMap(([key, child]) => {
    const { isEnd, further } = follow(paths, key)
    return isEnd ? [] : [[key, omit(child, further)] as const]
  })
  return Object.fromEntries(kept)
}

/** Under `key`, one level down: whether a path ends there, and what remains of those that go on. */
function follow(paths: Iterable<Path>, key: string): { isEnd: boolean; further: ReadonlySet<Path> } {
  const further = new Set<Path>()
  let isEnd = false
  const goOn = (rest: Path | undefined) => {
    if (rest === undefined) isEnd = true
    else further.add(rest)
  }
  for (const path of paths) {
    if (path.head === '**') further.add(path)
    // Any number of levels may be none.
    const next = path.head === '**' && path.rest !== undefined ? path.rest : path
    if (next.head === '**' || matches(next.head, key)) goOn(next.rest)
  }
  return { isEnd, further }
}

function matches(pattern: string, key: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  const last = others.pop()
  if (last === undefined) return pattern === key
  if (!key.startsWith(first) || !key.endsWith(last) || key.length < first.length + last.length) return false
  let from = first.length
  for (const part of others) {
    const found = key.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return from <= key.length - last.length
}
