import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The content of a file in `test/vectors/`. */
export function readVectors(file: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../vectors', file), 'utf8'))
}
