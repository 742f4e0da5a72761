/** What an application or a reverse proxy asks the portal with the visitor's cookie. */
import { compare } from '../comparison.ts'
import type { Line } from '../line.ts'
import { SESSION_CHECK } from '../load/session.ts'
import { usernameOf } from '../seed.ts'
import { sessionSecretOf } from '../seed-sessions.ts'
import { startBareServer } from '../server-process.ts'

const IN_FLIGHT = 32
export const COOKIE = 'sid'

export const session: Line = {
  name: 'session',
  async run(bench) {
    const { program, sessions } = await bench.house('thousand')
    const cookie = `${COOKIE}=${sessionSecretOf(0)}`
    const headers = { cookie, accept: 'application/json' }
    const bare = await startBareServer(`${program.portal}${SESSION_CHECK}`, { headers })
    try {
      const load = { connections: IN_FLIGHT, scenario: { name: 'session', sessions, cookieName: COOKIE } } as const
      const { ratio, from } = await compare(bench, {
        ours: { ...load, ports: [Number(new URL(program.portal).port)] },
        theirs: { ...load, ports: [bare.port], scenario: { ...load.scenario, username: usernameOf(0) } },
      })
      const work = 'session check at the portal, a thousand sessions in use, against bare node:http'
      return [{ work, value: ratio, unit: '×', target: { atLeast: 0.5 }, from }]
    } finally {
      await bare.close()
    }
  },
}
