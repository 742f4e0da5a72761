import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { MAIN, ROOT } from './program.ts'

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `ostiary` with these arguments in a process of its own, until it ends. */
export async function runCommand(
  args: readonly string[],
  options: { input?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, MAIN), ...args], {
    env: { ...process.env, ...options.env },
    timeout: 30_000,
  })
  child.stdin.end(options.input ?? '')
  const output = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}

/** A folder of the test's own, with the path that a settings file in it would have. */
export function createConfigFolder(t: TestContext): { directory: string; config: string } {
  const directory = mkdtempSync(join(tmpdir(), 'ostiary-config-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return { directory, config: join(directory, 'ostiary.yml') }
}
