/** Headers of which there is one value, as Elasticsearch counts: the same one twice is one. */
import { textError } from './api-error.ts'

const AUTHORIZATION = 'authorization'
const RUN_AS = 'es-security-runas-user'

/**
 * Two different credentials in one request: a proxy before us may have judged the one, and Node.js would hand us the other.
 * @param rawHeaders names and values by turns, as they came
 * @throws BodyError 400
 */
export function checkSingleValued(rawHeaders: readonly string[]): void {
  let authorization: string | undefined
  let runAs: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    const value = rawHeaders[at + 1] ?? ''
    // Lengths first: this is looked at in every request.
    if (name.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION) {
      if ((authorization ??= value) !== value) throw severalValues('Authorization')
    } else if (name.length === RUN_AS.length && name.toLowerCase() === RUN_AS) {
      if ((runAs ??= value) !== value) throw severalValues(RUN_AS)
    }
  }
}

function severalValues(header: string): Error {
  return textError(400, `multiple values for single-valued header [${header}].`)
}
