/** The start of a login: nothing is written. */
import { FACILITATOR } from '../../test/support/api-call.ts'
import { compare } from '../comparison.ts'
import type { Line } from '../line.ts'
import { portOf, startBareServer } from '../server-process.ts'

const IN_FLIGHT = 32
const PATH = '/_security/oidc/prepare'

export const prepare: Line = {
  name: 'prepare',
  async run(bench) {
    const { program } = await bench.house('thousand')
    const headers = { authorization: FACILITATOR, 'content-type': 'application/json' }
    const body = JSON.stringify({ realm: 'instant' })
    const bare = await startBareServer(`${program.api}${PATH}`, { method: 'POST', headers, body })
    try {
      const ask = { method: 'POST', path: PATH, headers, body, expected: '"redirect":"http' }
      const scenario = { name: 'choice', choices: [ask] } as const
      const { ratio, from } = await compare(bench, {
        ours: { connections: IN_FLIGHT, scenario, ports: [portOf(program.api)], pid: program.pid() },
        theirs: { connections: IN_FLIGHT, scenario, ports: [bare.port], pid: bare.pid },
      })
      const work = 'prepare, against bare node:http'
      return [{ work, value: ratio, unit: '×', target: { atLeast: 0.5 }, from }]
    } finally {
      await bare.close()
    }
  },
}
