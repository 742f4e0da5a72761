/**
 * The benchmark: `npm run bench`. Every figure is a ratio of two things that ran in turn in the same minutes, or a size.
 * It prints a table and writes JSON; what misses its target is told and is no failure, but a wrong answer is.
 *
 *     npm run bench -- --only bearer,logout --rounds 1 --seconds 0.5 --million 20000 --json /tmp/bench.json
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { SERVERS, checkCores, onCores } from './cores.ts'
import { createHouse, type House } from './house.ts'
import type { Bench, Figure, Line } from './line.ts'
import { bearer, bearerMillion } from './lines/bearer.ts'
import { startGenerator } from './load/generator.ts'
import { buildReport, formatTable } from './report.ts'

const LINES: readonly Line[] = [bearer, bearerMillion]

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: LINES.map(({ name }) => name).join(',') },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    million: { type: 'string', default: '1000000' },
    json: { type: 'string', default: 'test-artefacts/bench.json' },
  },
})

const options = {
  rounds: readNumber('rounds', values.rounds),
  seconds: readNumber('seconds', values.seconds),
  million: readNumber('million', values.million),
}
const lines = values.only.split(',').map(findLine)
checkCores()
const figures = await onCores(SERVERS, () => runLines(lines))
const report = buildReport(figures, options)
mkdirSync(dirname(values.json), { recursive: true })
writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
console.log(formatTable(report))

async function runLines(wanted: readonly Line[]): Promise<Figure[]> {
  const began = performance.now()
  const houses = new Map<string, Promise<House>>()
  const generator = await startGenerator()
  const bench: Bench = {
    ...options,
    generator,
    house(size) {
      const found = houses.get(size) ?? openHouse(size)
      houses.set(size, found)
      return found
    },
    say: (text) => console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`),
  }

  async function openHouse(size: 'thousand' | 'million'): Promise<House> {
    bench.say(`filling a store with a ${size} tokens`)
    const house = await createHouse(size === 'million' ? options.million : 1000)
    await house.program.start()
    return house
  }

  try {
    const found: Figure[] = []
    for (const line of wanted) {
      bench.say(line.name)
      found.push(...(await line.run(bench)))
    }
    return found
  } finally {
    generator.close()
    for (const house of houses.values()) await (await house).program.remove()
  }
}

function findLine(name: string): Line {
  const line = LINES.find((candidate) => candidate.name === name)
  if (line !== undefined) return line
  throw new Error(`no line is called [${name}]: there are ${LINES.map((known) => known.name).join(', ')}`)
}

function readNumber(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name}: expected a number above 0, found [${text}]`)
  return value
}
