/** Runs vectors of settings: each changes one thing of settings that are accepted, and names what must be told. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { readSettings } from '../../src/settings/read-settings.ts'
import { SettingsError } from '../../src/settings/settings-error.ts'
import type { Settings } from '../../src/settings/settings.ts'

interface Vectors {
  /** Stands for `~` in names and texts. */
  readonly prefix: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, string>>
  readonly cases: readonly VectorCase[]
}

interface VectorCase {
  readonly name: string
  /** `null` takes a setting away. */
  readonly settings?: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, string | null>>
  /** All problems, as `setting: text`; absent: accepted. */
  readonly refused?: readonly string[]
  readonly warned?: readonly string[]
  /** Values of the settings that come out, by their path. */
  readonly read?: Readonly<Record<string, unknown>>
}

export function runSettingsVectors(file: string): void {
  const text = readFileSync(join(import.meta.dirname, '../vectors/settings', file), 'utf8')
  const { prefix } = JSON.parse(text) as Vectors
  const vectors = JSON.parse(text.replaceAll('~', prefix)) as Vectors
  for (const { name, settings, secrets, refused, warned, read } of vectors.cases)
    test(name, () => {
      const outcome = readText(toYaml({ ...vectors.settings, ...settings }), {
        secrets: withoutNulls({ ...SEALING, ...vectors.secrets, ...secrets }),
      })
      assert.deepEqual(outcome.problems, refused ?? [])
      if (warned !== undefined) assert.deepEqual(outcome.settings?.warnings, warned)
      for (const [path, value] of Object.entries(read ?? {}))
        assert.deepEqual(pick(outcome.settings, path), value, path)
    })
}

const SEALING = { 'ostiary.secret': 'a-secret-for-tests-of-more-than-32-characters' }

export interface Outcome {
  readonly settings: Settings | undefined
  /** As `setting: text`. */
  readonly problems: readonly string[]
  readonly error: SettingsError | undefined
}

/** Reads settings from a file with this text. */
export function readText(
  yaml: string,
  options: { secrets?: Readonly<Record<string, string>>; env?: Readonly<Record<string, string>> } = {},
): Outcome {
  const directory = mkdtempSync(join(tmpdir(), 'ostiary-settings-'))
  const file = join(directory, 'ostiary.yml')
  const secrets = new Map(Object.entries(options.secrets ?? SEALING))
  const keystore = {
    file: 'ostiary.keystore',
    names: () => [...secrets.keys()],
    get: (name: string) => secrets.get(name),
  }
  try {
    writeFileSync(file, yaml)
    return { settings: readSettings({ file, env: options.env ?? {}, keystore }), problems: [], error: undefined }
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    const problems = error.problems.map(({ setting, text }) => `${setting}: ${text}`)
    return { settings: undefined, problems, error }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** One setting a line, in the order given. */
function toYaml(settings: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(withoutNulls(settings)).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
  return `${lines.join('\n')}\n`
}

function withoutNulls<T>(record: Readonly<Record<string, T | null>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== null))
}

function pick(value: unknown, path: string): unknown {
  return path.split('.').reduce((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value) ?? null
}
