/** What an application or a reverse proxy asks the portal with the visitor's cookie. */
import { compare } from '../comparison.ts'
import type { House } from '../house.ts'
import type { Bench, Figure, Line, Target } from '../line.ts'
import type { Ask } from '../load/choice.ts'
import { sessionSecretOf } from '../seed-sessions.ts'
import { usernameOf } from '../seed.ts'
import { portOf, startBareServer } from '../server-process.ts'

const IN_FLIGHT = 32
const PATH = '/internal/security/me'

export const session: Line = {
  name: 'session',
  run: (bench) => measure(bench, 'thousand', { atLeast: 0.5 }),
}

export const sessionMillion: Line = {
  name: 'session-million',
  run: (bench) => measure(bench, 'million'),
}

async function measure(bench: Bench, size: 'thousand' | 'million', target?: Target): Promise<Figure[]> {
  const house = await bench.house(size)
  const { portal } = house.program
  const choices = buildSessionChecks(house)
  const [first] = choices
  if (first === undefined) throw new Error('no session was seeded')
  const bare = await startBareServer(`${portal}${PATH}`, { headers: first.headers })
  try {
    const { ratio, from } = await compare(bench, {
      ours: {
        connections: IN_FLIGHT,
        ports: [portOf(portal)],
        pid: house.program.pid(),
        scenario: { name: 'choice', choices },
      },
      theirs: {
        connections: IN_FLIGHT,
        ports: [bare.port],
        pid: bare.pid,
        // It has one answer for all.
        scenario: { name: 'choice', choices: [first] },
      },
    })
    const work = `session check at the portal, a ${size} live tokens, against bare node:http`
    return [{ work, value: ratio, unit: '×', ...(target !== undefined && { target }), from }]
  } finally {
    await bare.close()
  }
}

/** Who is signed in, asked with the cookie of each seeded session. */
export function buildSessionChecks({ sessions }: House): Ask[] {
  return Array.from({ length: sessions }, (_, index) => ({
    method: 'GET',
    path: PATH,
    headers: { cookie: `sid=${sessionSecretOf(index)}`, accept: 'application/json' },
    expected: `"username":"${usernameOf(index)}"`,
  }))
}
