/**
 * The benchmark: `npm run bench`. Every figure is a ratio of two things that ran in turn in the same minutes, or a size.
 * It prints a table and writes JSON; what misses its target is told and is no failure, but a wrong answer is.
 *
 *     npm run bench -- --only bearer,logout --rounds 1 --seconds 0.5 --million 100000 --json /tmp/bench.json
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { OTHERS, SERVERS, checkCores, onCores } from './cores.ts'
import { WARM_UP } from './comparison.ts'
import { createHouse, type House } from './house.ts'
import type { Bench, Figure, Line } from './line.ts'
import { authenticate } from './lines/authenticate.ts'
import { bearer, bearerMillion } from './lines/bearer.ts'
import { apacheSession, express, expressOnPostgres, introspection } from './lines/peers.ts'
import { postgres } from './lines/postgres.ts'
import { prepare } from './lines/prepare.ts'
import { session, sessionMillion } from './lines/session.ts'
import { size } from './lines/size.ts'
import { workers } from './lines/workers.ts'
import { logout, refresh, store } from './lines/writes.ts'
import { startGenerator } from './load/generator.ts'
import { buildReport, formatTable, putIntoDocument } from './report.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/** In this order: the last ones use up tokens. */
const LINES: readonly Line[] = [
  bearer,
  session,
  prepare,
  authenticate,
  introspection,
  apacheSession,
  express,
  expressOnPostgres,
  workers,
  postgres,
  bearerMillion,
  sessionMillion,
  size,
  store,
  refresh,
  logout,
]

const SESSIONS = 1000
/** More than can be signed out in a second. */
const LOGOUTS = 15_000

const DOCUMENT = join(import.meta.dirname, '../docs/performance.md')

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: LINES.map(({ name }) => name).join(',') },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    million: { type: 'string', default: '1000000' },
    json: { type: 'string', default: 'test-artefacts/bench.json' },
    'write-docs': { type: 'boolean', default: false },
  },
})

const options = {
  rounds: readNumber('rounds', values.rounds),
  seconds: readNumber('seconds', values.seconds),
  million: readNumber('million', values.million),
}
const wanted = new Set(values.only.split(',').map(findLine))
// In their own order: some use up the tokens that others count on.
const lines = LINES.filter((line) => wanted.has(line))
checkCores()
const loadBefore = loadavg()[0] ?? 0
const figures = await onCores(SERVERS, () => runLines(lines))
const report = buildReport(figures, { options, loadBefore })
mkdirSync(dirname(values.json), { recursive: true })
writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
console.log(formatTable(report))
if (values['write-docs']) writeFileSync(DOCUMENT, putIntoDocument(readFileSync(DOCUMENT, 'utf8'), report))

async function runLines(wanted: readonly Line[]): Promise<Figure[]> {
  const began = performance.now()
  const houses = new Map<string, Promise<House>>()
  const opened: House[] = []
  const generator = await startGenerator()
  let provider: ServerProcess | undefined
  const bench: Bench = {
    ...options,
    generator,
    house(size) {
      const found = houses.get(size) ?? openHouse(size)
      houses.set(size, found)
      return found
    },
    async provider() {
      provider ??= await startServerProcess('provider', [], OTHERS)
      return `http://localhost:${provider.port}`
    },
    say: (text) => console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`),
  }

  async function openHouse(size: 'thousand' | 'million'): Promise<House> {
    bench.say(`filling a store with a ${size} tokens`)
    const isLarge = size === 'million'
    const pairs = isLarge ? options.million : 1000
    const logouts = WARM_UP.answers + LOGOUTS * options.seconds * (options.rounds + 1)
    const sealed = isLarge ? Math.min(pairs / 2, logouts) : 0
    const house = await createHouse({ pairs, sealed, sessions: SESSIONS, provider: await bench.provider() })
    opened.push(house)
    await house.program.start()
    return house
  }

  try {
    const found: Figure[] = []
    for (const line of wanted) {
      bench.say(line.name)
      try {
        found.push(...(await line.run(bench)))
      } catch (error) {
        // The others are worth their time all the same.
        console.error(error)
        process.exitCode = 1
      }
    }
    return found
  } finally {
    generator.close()
    await provider?.close()
    for (const { program } of opened) await program.remove()
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
