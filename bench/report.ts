/** The figures as a table for people and as JSON for programs. */
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { type Figure, isReached, type Target } from './line.ts'

export interface Report {
  readonly at: string
  /** What else the machine did: the average number of processes that wanted to run in the minute before. */
  readonly loadBefore: number
  readonly machine: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, number>>
  readonly figures: readonly (Figure & { readonly reached: boolean | undefined })[]
}

export function buildReport(figures: readonly Figure[], run: Pick<Report, 'options' | 'loadBefore'>): Report {
  return {
    at: new Date().toISOString(),
    loadBefore: run.loadBefore,
    machine: describeMachine(),
    options: run.options,
    figures: figures.map((figure) => ({ ...figure, reached: isReached(figure) })),
  }
}

const BEGIN = '<!-- begin of the figures: npm run bench -- --write-docs -->'
const END = '<!-- end of the figures -->'

/** Puts the figures in place of those that the document has. @returns the new document */
export function putIntoDocument(document: string, report: Report): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error('docs/performance.md has no place for the figures')
  const { machine, options, at, loadBefore } = report
  const run = Object.entries(options).map(([name, value]) => `--${name} ${value}`)
  const text = `Run of ${at.slice(0, 10)} (\`${run.join(' ')}\`) on ${Object.values(machine).join(', ')}; load before: ${loadBefore.toFixed(1)}.`
  return `${document.slice(0, begin)}${BEGIN}\n${text}\n\n${formatTable(report)}\n${document.slice(end)}`
}

/** A Markdown table. */
export function formatTable({ figures }: Report): string {
  const rows = figures.map(({ work, value, unit, target, reached, from }) => [
    work,
    `${formatNumber(value)} ${unit}`,
    target === undefined ? '' : formatTarget(target, unit),
    reached === undefined ? '' : reached ? 'yes' : 'no',
    Object.entries(from)
      .map(([name, number]) => `${name} ${formatNumber(number)}`)
      .join(', '),
  ])
  const table = [['work', 'measured', 'target', 'reached', 'from'], ['---', '---', '---', '---', '---'], ...rows]
  return table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function formatTarget(target: Target, unit: Figure['unit']): string {
  return 'atLeast' in target ? `≥ ${target.atLeast} ${unit}` : `≤ ${target.atMost} ${unit}`
}

function formatNumber(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

function describeMachine(): Record<string, string> {
  const processors = cpus()
  return {
    processor: `${processors.length} × ${processors[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `Linux ${release()}, ${readDistribution()}`,
    node: process.version,
  }
}

function readDistribution(): string {
  const text = readFileSync('/etc/os-release', 'utf8')
  return /^PRETTY_NAME="(.*)"$/m.exec(text)?.[1] ?? 'unknown'
}
