/**
 * Role templates of role mappings (Elasticsearch, "Role templates"): Mustache over what is known of a user. Values are
 * escaped as in a JSON string. Paths are looked up whole (`realm.name` is one key), nothing is ever called, there are no
 * partials, and the work of one template is limited.
 */
import Mustache from 'mustache'
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject, nameJsonToken } from '../kernel/json.ts'
import type { UserModel } from './role-expression.ts'

export type RoleTemplate = {
  /** A script as text of JSON: `{"source":"…"}`, with optional `lang` and `params`. */
  template: string
  /** `string`: the text is one role name. `json`: it is a JSON string or an array of strings. */
  format: 'string' | 'json'
}

const MAX_SOURCE_LENGTH = 10_000
/** Sections within sections multiply: how many parts of a template may be written for one user. */
const MAX_STEPS = 10_000
const SCRIPT_FIELDS = new Set(['source', 'lang', 'params'])

/** @throws SecurityError `argument_illegal` if it is no template that works; it is run once, with nothing known */
export function readRoleTemplate(json: unknown): RoleTemplate {
  if (!isJsonObject(json)) refuse(`a role template must be an object but found [${nameJsonToken(json)}]`)
  const { template, format = 'string', ...others } = json
  const unknown = Object.keys(others)[0]
  if (unknown !== undefined) {
    throw new SecurityError('field_unparsable', `[role-mapping-template] unknown field [${unknown}]`)
  }
  if (format !== 'string' && format !== 'json') {
    refuse(
      `Invalid format [${typeof format === 'string' ? format : nameJsonToken(format)}] expected one of [json,string]`,
    )
  }
  if (template === undefined) refuse('Required [template]')
  if (typeof template !== 'string' && !isJsonObject(template)) {
    throw new SecurityError(
      'field_unparsable',
      `[role-mapping-template] template doesn't support values of type: ${nameJsonToken(template)}`,
    )
  }
  const text = typeof template === 'string' ? template : JSON.stringify(template)
  render(readScript(text), new Map())
  return { template: text, format }
}

/** @throws SecurityError `argument_illegal` if what the template generates for this user is no list of role names */
export function generateRoles({ template, format }: RoleTemplate, user: UserModel): string[] {
  const text = render(readScript(template), user)
  return format === 'string' ? [text] : readRoleNames(text)
}

function readRoleNames(text: string): string[] {
  const generated = readJson(text)
  if (typeof generated === 'string') return [generated]
  if (!Array.isArray(generated)) {
    return refuse(
      `Roles template must generate a string or an array of strings, but found [${nameJsonToken(generated)}]`,
    )
  }
  return generated
    .filter((role) => role !== null)
    .map((role) =>
      typeof role === 'string'
        ? role
        : refuse(`Roles array may only contain strings but found [${nameJsonToken(role)}]`),
    )
}

interface Script {
  readonly source: string
  readonly params: JsonObject
}

function readScript(template: string): Script {
  const script = readJson(template)
  if (!isJsonObject(script)) return refuse(`a role template must be an object but found [${nameJsonToken(script)}]`)
  const unknown = Object.keys(script).find((field) => !SCRIPT_FIELDS.has(field))
  if (unknown !== undefined) throw new SecurityError('field_unparsable', `[script] unknown field [${unknown}]`)
  const { source, lang = 'mustache', params = {} } = script
  if (lang !== 'mustache') refuse(`the language of a role template must be [mustache]`)
  if (!isJsonObject(params)) refuse('[params] of a role template must be an object')
  if (typeof source !== 'string' && !isJsonObject(source)) return refuse('a role template needs a [source]')
  const text = typeof source === 'string' ? source : JSON.stringify(source)
  if (text.length > MAX_SOURCE_LENGTH) refuse(`a role template is longer than ${MAX_SOURCE_LENGTH} characters`)
  return { source: text, params }
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new SecurityError('argument_illegal', 'a role template does not make valid JSON', cause)
  }
}

/** A part of a parsed template: its kind, its text or path, where it begins and ends, and for a section what is in it. */
type Part = readonly [kind: string, text: string, start: number, end: number, inner?: readonly Part[], close?: number]

interface Rendering {
  readonly source: string
  steps: number
}

/** Where a path is looked up: the innermost value of a section first. */
type Scopes = readonly (ReadonlyMap<string, Json> | { readonly current: Json })[]

function render({ source, params }: Script, user: UserModel): string {
  return renderParts(parseTemplate(source), [user, new Map(Object.entries(params))], { source, steps: 0 })
}

function parseTemplate(source: string): readonly Part[] {
  const writer = new Mustache.Writer()
  try {
    return writer.parse(source) as Part[]
  } catch (cause) {
    return refuse(`a role template does not compile: ${cause instanceof Error ? cause.message : ''}`, cause)
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
      return refuse(`a role template cannot have partials ([${text}])`)
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
