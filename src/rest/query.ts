/** The parameters of a request's query: read once, strictly. */
import { SecurityError } from '../kernel/errors.ts'
import { readFilter, type Filter } from './filter-path.ts'
import { isJsonType } from './media-type.ts'
import { suggest } from './spelling.ts'

export interface Query {
  readonly values: ReadonlyMap<string, string>
  /** `pretty`: indented. */
  readonly pretty: boolean
  /** `error_trace`: with the stack in every error but a 401. */
  readonly errorTrace: boolean
  /** `filter_path`: the parts of the answer that are wanted. */
  readonly filter: Filter | undefined
  /** What is wrong with the query as a whole; told after authentication. */
  readonly problem: string | undefined
}

/** Those that shape the answer: every route takes them. */
const OF_THE_ANSWER = ['error_trace', 'filter_path', 'format', 'human', 'pretty']
const EMPTY = { values: new Map<string, string>(), pretty: false, errorTrace: false, filter: undefined }
const NOTHING: Query = { ...EMPTY, problem: undefined }

/** Reads `a=1&b=2`: form encoding, each name once. Never throws. */
export function readQuery(text: string): Query {
  if (text === '') return NOTHING
  const values = new Map<string, string>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? []
    try {
      const decoded = decode(name)
      if (values.has(decoded)) return { ...EMPTY, problem: `parameter [${decoded}] occurs more than once` }
      values.set(decoded, decode(value))
    } catch {
      return { ...EMPTY, problem: 'the query has an incomplete or invalid escape sequence' }
    }
  }
  return {
    values,
    pretty: isSet(values.get('pretty')),
    errorTrace: isSet(values.get('error_trace')),
    filter: readFilter(values.get('filter_path')),
    problem: findProblem(values),
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function isSet(flag: string | undefined): boolean {
  return flag === '' || flag === 'true'
}

function findProblem(values: ReadonlyMap<string, string>): string | undefined {
  for (const name of ['error_trace', 'human', 'pretty']) {
    const value = values.get(name)
    if (value !== undefined && !['', 'true', 'false'].includes(value)) {
      return `Failed to parse value [${value}] as only [true] or [false] are allowed.`
    }
  }
  const format = values.get('format')
  return format === undefined || format === 'json' ? undefined : `response format [${format}] is not supported`
}

/** @throws SecurityError `argument_illegal` naming the parameters that neither the route nor the answer knows */
export function checkParameters({ values }: Query, path: string, known: readonly string[]): void {
  const candidates = [...known, ...OF_THE_ANSWER]
  const unknown = [...values.keys()].filter((name) => !candidates.includes(name)).sort()
  if (unknown.length === 0) return
  const described = unknown.map((name) => {
    const suggestion = suggest(name, candidates)
    return suggestion === '' ? `[${name}]` : `[${name}] ->${suggestion}`
  })
  const noun = unknown.length === 1 ? 'parameter' : 'parameters'
  throw new SecurityError(
    'argument_illegal',
    `request [${path}] contains unrecognized ${noun}: ${described.join(', ')}`,
  )
}

/** By which a GET has a body for those who cannot send one with it. */
export const SOURCE_PARAMETERS = ['source', 'source_content_type']

/** The body that stands in the query. @throws SecurityError `argument_illegal` unless it is said to be JSON */
export function readSource({ values }: Query): string | undefined {
  const source = values.get('source')
  if (source === undefined) return undefined
  const type = values.get('source_content_type')
  if (type === undefined) {
    throw new SecurityError('argument_illegal', 'source and source_content_type parameters are required')
  }
  if (isJsonType(type)) return source
  throw new SecurityError('argument_illegal', `Unknown value for source_content_type [${type}]`)
}

/** `refresh` of the writes on users, roles and role mappings: any of its values means what always happens here. */
export function checkRefresh({ values }: Query): void {
  const value = values.get('refresh')
  if (value === undefined || ['true', 'false', 'wait_for', ''].includes(value)) return
  throw new SecurityError('argument_illegal', `Unknown value for refresh: [${value}].`)
}
