/** The check that every request of a protected application pays for. */
import { compare } from '../comparison.ts'
import type { Bench, Figure, Line } from '../line.ts'
import { tokenOf, usernameOf } from '../seed.ts'
import { portOf, startBareServer } from '../server-process.ts'

const IN_FLIGHT = 32

export const bearer: Line = {
  name: 'bearer',
  run: (bench) => measure(bench, 'thousand', 0.6),
}

export const bearerMillion: Line = {
  name: 'bearer-million',
  run: (bench) => measure(bench, 'million', 0.45),
}

async function measure(bench: Bench, size: 'thousand' | 'million', atLeast: number): Promise<Figure[]> {
  const { program, seed } = await bench.house(size)
  const authorization = `Bearer ${tokenOf(seed, 'access', 0)}`
  const bare = await startBareServer(`${program.api}/_security/_authenticate`, { headers: { authorization } })
  try {
    const load = { connections: IN_FLIGHT, scenario: { name: 'bearer', seed } } as const
    const { ratio, from } = await compare(bench, {
      ours: { ...load, ports: [portOf(program.api)], pid: program.pid() },
      theirs: {
        ...load,
        ports: [bare.port],
        pid: bare.pid,
        scenario: { ...load.scenario, username: usernameOf(0) },
      },
    })
    const work = `bearer check, a ${size} tokens in use, against bare node:http`
    return [{ work, value: ratio, unit: '×', target: { atLeast }, from }]
  } finally {
    await bare.close()
  }
}
