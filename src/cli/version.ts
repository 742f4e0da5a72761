import { readFileSync } from 'node:fs'
import type { Command } from './command.ts'

export const version: Command = {
  operands: [],
  description: 'Prints the version.',
  options: {},
  async run() {
    console.log(readVersion())
  },
}

export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
