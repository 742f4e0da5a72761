/** Role templates of role mappings (Elasticsearch, "Role templates"): Mustache over what is known of a user. */
import { SecurityError } from '../kernel/errors.ts'
import { isJsonObject, type Json, type JsonObject, nameJsonToken } from '../kernel/json.ts'
import { renderTemplate } from './mustache-template.ts'
import type { UserModel } from './role-expression.ts'

export type RoleTemplate = {
  /** A script as text of JSON: `{"source":"…"}`, with optional `lang` and `params`. */
  template: string
  /** `string`: the text is one role name. `json`: it is a JSON string or an array of strings. */
  format: 'string' | 'json'
}

const MAX_SOURCE_LENGTH = 10_000
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

function render({ source, params }: Script, user: UserModel): string {
  return renderTemplate(source, [user, new Map(Object.entries(params))])
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

function refuse(why: string, cause?: unknown): never {
  throw new SecurityError('argument_illegal', why, cause)
}
