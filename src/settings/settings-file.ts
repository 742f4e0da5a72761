/**
 * The settings file: YAML in which a setting's name may be written with dots, nested, or in any mixture of both.
 * Reading it flattens the names and keeps the line of each; what the settings mean is not known here.
 */
import { readFileSync, statSync } from 'node:fs'
import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml'
import type { Entry } from './entry.ts'
import { nameVariable } from './environment.ts'
import type { Found } from './setting.ts'
import { SettingsError } from './settings-error.ts'
import { parseYamlText } from './yaml-text.ts'

const MAX_BYTES = 1024 * 1024
/** Elasticsearch puts the value of an environment variable there. */
const VARIABLE = /\$\{[\w.:-]+\}/

/** @throws SettingsError if the file cannot be read, is no YAML, or holds what can be no setting */
export function readSettingsFile(file: string): Entry[] {
  const { document, problems: faults, lineOf } = parseYamlText(readFileText(file), { uniqueKeys: false })
  const problems = [...faults]
  if (problems.length > 0) throw new SettingsError(file, problems)

  const entries: Entry[] = []
  const root = document.contents
  if (isMap(root)) flatten(root, '')
  else if (root !== null && !isAbsent(root))
    refuse(root, '', 'expected settings such as [http.port: 9200], found something else')
  if (problems.length > 0) throw new SettingsError(file, problems)
  return entries

  function flatten(map: YAMLMap, prefix: string): void {
    for (const { key: name, value } of map.items) {
      if (!isScalar(name)) {
        refuse(name as Node, prefix, 'expected the name of a setting, found something else')
        continue
      }
      const key = prefix === '' ? readScalar(name) : `${prefix}.${readScalar(name)}`
      if (isMap(value) && value.items.length > 0) flatten(value, key)
      else readLeaf(key, name, value as Node | null)
    }
  }

  function readLeaf(key: string, name: Scalar, value: Node | null): void {
    if (isAlias(value)) return refuse(name, key, 'expected the value itself, found a YAML alias')
    const items: readonly unknown[] = isSeq(value) ? value.items : []
    if (!items.every(isScalar)) return refuse(name, key, 'expected a list of plain values, found something else in it')
    const found: Found = isSeq(value) ? items.map((item) => readScalar(item)) : readValue(value)
    const variable = [found ?? ''].flat().find((text) => VARIABLE.test(text))
    if (variable !== undefined)
      return refuse(
        name,
        key,
        `[${variable}] has a variable in it, which nothing replaces: the environment variable [${nameVariable(key)}] sets the whole value`,
      )
    entries.push({ key, found, source: 'file', where: lineOf(name.range?.[0] ?? 0) })
  }

  function refuse(node: Node, setting: string, text: string): void {
    problems.push({ setting, where: lineOf(node.range?.[0] ?? 0), text })
  }
}

function readFileText(file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`)
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SettingsError(file, [{ setting: '', where: 'file', text: `it cannot be read: ${reason}` }])
  }
}

function isAbsent(node: Node): boolean {
  return isScalar(node) && node.value === null
}

function readValue(value: Node | null): Found {
  return isScalar(value) && !isAbsent(value) ? readScalar(value) : null
}

/** The text as it was written: `007` stays `007`. */
function readScalar(scalar: Scalar): string {
  return typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? String(scalar.value))
}
