import { SecurityError } from '../kernel/errors.ts'

/**
 * Reads the known parameters of a request from all its sources, the query and the form of a POST together. Names are
 * compared as they are, so that `state[]` and `STATE` are unknown, and unknown ones are left aside. Empty is absent.
 * @throws SecurityError `argument_illegal` if a known parameter occurs twice, also once in each source
 */
export function readParameters<Name extends string>(
  names: readonly Name[],
  ...sources: readonly URLSearchParams[]
): { readonly [name in Name]?: string } {
  const values: { [name in Name]?: string } = {}
  for (const name of names) {
    const given = sources.flatMap((source) => source.getAll(name))
    if (given.length > 1) throw new SecurityError('argument_illegal', `the parameter ${name} was sent more than once`)
    const [value] = given
    if (value !== undefined && value !== '') values[name] = value
  }
  return values
}

/**
 * More than any request of the protocol has. The library's reading of a query takes as long as the square of their number:
 * seconds for the 15,000 that fit into a request line.
 */
const MOST_PARAMETERS = 200

/** @throws SecurityError `argument_illegal` for a query that would take long to read */
export function checkParameterCount(query: string): void {
  if (query.split('&', MOST_PARAMETERS + 1).length > MOST_PARAMETERS)
    throw new SecurityError('argument_illegal', `the request has more than ${MOST_PARAMETERS} parameters`)
}

/** The query of a request target, without its path. */
export function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
}

/** The path of a request target, without its query. */
export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** The form that the listener read, empty if the request had no body. */
export function formOf(body: unknown): URLSearchParams {
  return body instanceof URLSearchParams ? body : new URLSearchParams()
}
