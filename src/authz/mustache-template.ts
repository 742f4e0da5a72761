/**
 * Mustache for role templates. Values are escaped as in a JSON string. Paths are looked up whole (`realm.name` is one
 * key), nothing is ever called, there are no partials, and the work of one template is limited.
 */
import Mustache from 'mustache'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json } from '../kernel/json.ts'

/** Sections within sections multiply: how many parts of a template may be written for one user. */
const MAX_STEPS = 10_000

/** A part of a parsed template: its kind, its text or path, where it begins and ends, and for a section what is in it. */
type Part = readonly [kind: string, text: string, start: number, end: number, inner?: readonly Part[], close?: number]

interface Rendering {
  readonly source: string
  steps: number
}

/** Where a path is looked up: the innermost value of a section first. */
type Scopes = readonly (ReadonlyMap<string, Json> | { readonly current: Json })[]

/**
 * @param scopes where paths are looked up, the first one first
 * @throws SecurityError `argument_illegal` if it does not compile, has partials, or writes too much
 */
export function renderTemplate(source: string, scopes: readonly ReadonlyMap<string, Json>[]): string {
  return renderParts(parseTemplate(source), scopes, { source, steps: 0 })
}

function parseTemplate(source: string): readonly Part[] {
  try {
    const parts = new Mustache.Writer().parse(source) as Part[]
    checkNoPartials(parts)
    return parts
  } catch (cause) {
    if (cause instanceof SecurityError) throw cause
    return refuse(`a role template does not compile: ${cause instanceof Error ? cause.message : ''}`, cause)
  }
}

function checkNoPartials(parts: readonly Part[]): void {
  for (const [kind, text, , , inner] of parts) {
    if (kind === '>') refuse(`a role template cannot have partials ([${text}])`)
    if (Array.isArray(inner)) checkNoPartials(inner)
  }
}

function renderParts(parts: readonly Part[], scopes: Scopes, rendering: Rendering): string {
  return parts.map((part) => renderPart(part, scopes, rendering)).join('')
}

function renderPart(part: Part, scopes: Scopes, rendering: Rendering): string {
  rendering.steps += 1
  if (rendering.steps > MAX_STEPS) refuse('a role template writes too much')
  const [kind, text, , end, inner = [], close = end] = part
  switch (kind) {
    case 'text':
      return text
    case '!':
    case '=':
      return ''
    case 'name':
      return escape(textOf(lookUp(text, scopes)))
    case '&':
      return textOf(lookUp(text, scopes))
    case '^':
      return isEmpty(lookUp(text, scopes)) ? renderParts(inner, scopes, rendering) : ''
    case '#':
      return (
        renderFunction(text, rendering.source.slice(end, close).trim(), scopes) ??
        renderSection(lookUp(text, scopes), inner, scopes, rendering)
      )
    default:
      return refuse(`a role template cannot have a tag of the kind [${kind}]`)
  }
}

/** `{{#tojson}}path{{/tojson}}`, `{{#join}}path{{/join}}`, `{{#join delimiter=';'}}path{{/join delimiter=';'}}` */
function renderFunction(name: string, path: string, scopes: Scopes): string | undefined {
  if (name.toLowerCase() === 'tojson') {
    const value = lookUp(path, scopes)
    return value === undefined ? '' : JSON.stringify(value)
  }
  const delimiter = name === 'join' ? ',' : /^join\s+delimiter='([^']*)'$/.exec(name)?.[1]
  if (delimiter === undefined) return undefined
  const value = lookUp(path, scopes) ?? []
  return escape((Array.isArray(value) ? value : [value]).map((item) => textOf(item)).join(delimiter))
}

function renderSection(value: Json | undefined, inner: readonly Part[], scopes: Scopes, rendering: Rendering): string {
  if (isEmpty(value)) return ''
  const items = Array.isArray(value) ? value : [value ?? null]
  return items
    .map((item) => {
      const fields = isJsonObject(item) ? [new Map(Object.entries(item))] : []
      return renderParts(inner, [...fields, { current: item }, ...scopes], rendering)
    })
    .join('')
}

function lookUp(path: string, scopes: Scopes): Json | undefined {
  for (const scope of scopes) {
    const value =
      scope instanceof Map ? scope.get(path) : path === '.' && 'current' in scope ? scope.current : undefined
    if (value !== undefined) return value
  }
  return undefined
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0)
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return `[${value.map((item) => textOf(item)).join(', ')}]`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function escape(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function refuse(why: string, cause?: unknown): never {
  throw new SecurityError('argument_illegal', why, cause)
}
