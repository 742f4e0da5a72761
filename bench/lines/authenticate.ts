/** The end of a login at an instant provider, against what the calls, the signature and the commit alone would allow. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare } from '../comparison.ts'
import type { Line } from '../line.ts'
import { portOf, startServerProcess } from '../server-process.ts'

const IN_FLIGHT = 32

export const authenticate: Line = {
  name: 'authenticate',
  async run(bench) {
    const { program } = await bench.house('thousand')
    const directory = await mkdtemp(join(tmpdir(), 'ostiary-bench-'))
    const ceiling = await startServerProcess('login-ceiling', [await bench.provider(), directory])
    try {
      const redirectUri = `${program.portal}/api/security/oidc/callback`
      const scenario = { name: 'authenticate', realm: 'instant', redirectUri, nonce: 'the-nonce-of-all' } as const
      const { ratio, from } = await compare(bench, {
        ours: { connections: IN_FLIGHT, scenario, ports: [portOf(program.api)], pid: program.pid() },
        theirs: { connections: IN_FLIGHT, scenario, ports: [ceiling.port], pid: ceiling.pid },
      })
      const work = `authenticate, ${IN_FLIGHT} in flight, against the calls, one RS256 check and the commit alone`
      return [{ work, value: ratio, unit: '×', target: { atLeast: 0.5 }, from }]
    } finally {
      await ceiling.close()
      await rm(directory, { recursive: true })
    }
  },
}
