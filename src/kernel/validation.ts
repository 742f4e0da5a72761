import { type Reason, SecurityError } from './errors.ts'

/**
 * Refuses a request for everything that is wrong with it at once, in Elasticsearch's words.
 * @throws SecurityError `validation_failed` (of the request), or `entry_invalid` (of what it would store)
 */
export function checkNoFaults(
  faults: readonly string[],
  reason: Extract<Reason, 'validation_failed' | 'entry_invalid'> = 'validation_failed',
): void {
  if (faults.length === 0) return
  throw new SecurityError(reason, listFaults(faults))
}

/** `Validation Failed: 1: first;2: second;` */
export function listFaults(faults: readonly string[]): string {
  return `Validation Failed: ${faults.map((fault, index) => `${index + 1}: ${fault};`).join('')}`
}
