/**
 * `filter_path`: the parts of an answer that its reader wants. A comma-separated list of dotted paths; `*` is any one
 * name or part of it, `**` any number of levels, a leading `-` takes away. Arrays are passed through.
 */
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts'

export interface Filter {
  readonly wanted: readonly string[]
  readonly unwanted: readonly string[]
}

/** @returns `undefined` if nothing is filtered */
export function readFilter(text: string | undefined): Filter | undefined {
  const paths = (text ?? '')
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '')
  if (paths.length === 0) return undefined
  return {
    wanted: paths.filter((path) => !path.startsWith('-')),
    unwanted: paths.filter((path) => path.startsWith('-')).map((path) => path.slice(1)),
  }
}

/** @returns what is left, `{}` if that is nothing */
export function filterAnswer(body: JsonObject, { wanted, unwanted }: Filter): JsonObject {
  const kept = wanted.length === 0 ? body : pick(body, wanted)
  const left = unwanted.length === 0 || kept === undefined ? kept : omit(kept, unwanted)
  return isJsonObject(left) ? left : {}
}

function pick(value: Json, paths: readonly string[]): Json | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item) => pick(item, paths)).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (!isJsonObject(value)) return undefined
  const kept = Object.entries(value).flatMap(([key, child]) => {
    const rest = follow(paths, key)
    const part = rest.has('') ? child : pick(child, [...rest])
    return part === undefined ? [] : [[key, part] as const]
  })
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function omit(value: Json, paths: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((item) => omit(item, paths))
  if (!isJsonObject(value)) return value
  const kept = Object.entries(value).flatMap(([key, child]) => {
    const rest = follow(paths, key)
    return rest.has('') ? [] : [[key, omit(child, [...rest])] as const]
  })
  return Object.fromEntries(kept)
}

/** What remains of the paths one level down, under `key`; the empty path means that its end was reached. */
function follow(paths: readonly string[], key: string): Set<string> {
  const remaining = new Set<string>()
  for (const path of paths) {
    const [head = '', ...tail] = path.split('.')
    const rest = tail.join('.')
    if (head === '**') {
      remaining.add(path)
      for (const deeper of rest === '' ? [''] : follow([rest], key)) remaining.add(deeper)
    } else if (matches(head, key)) {
      remaining.add(rest)
    }
  }
  return remaining
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
