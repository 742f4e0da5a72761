/** The load generator's process: it is told a job, does it, and says what came of it. */
import { quantile } from '../rounds.ts'
import type { Job, Outcome, Told } from './job.ts'
import { type AuthenticateScenario, createAuthenticateClient } from './authenticate.ts'
import { type BearerScenario, createBearerClient } from './bearer.ts'
import { type ChoiceScenario, createChoiceClient } from './choice.ts'
import { createConnection } from './connection.ts'
import { createLogoutClient, type LogoutScenario } from './logout.ts'
import { createRefreshClient, type RefreshScenario } from './refresh.ts'
import type { Client } from './scenario.ts'
import { createVisitClient, type VisitScenario } from './visit.ts'

export type Scenario =
  | AuthenticateScenario
  | BearerScenario
  | ChoiceScenario
  | LogoutScenario
  | RefreshScenario
  | VisitScenario

process.on('message', (job: Job) => {
  void run(job).then(
    (outcome) => tell({ outcome }),
    (error: unknown) => tell({ failure: error instanceof Error ? error.message : String(error) }),
  )
})

function createClient(scenario: Scenario): Client {
  switch (scenario.name) {
    case 'authenticate':
      return createAuthenticateClient(scenario)
    case 'bearer':
      return createBearerClient(scenario)
    case 'choice':
      return createChoiceClient(scenario)
    case 'logout':
      return createLogoutClient(scenario)
    case 'refresh':
      return createRefreshClient(scenario)
    case 'visit':
      return createVisitClient(scenario)
  }
  return scenario satisfies never
}

async function run({ ports, connections, seconds, scenario }: Job): Promise<Outcome> {
  const opened = Array.from({ length: connections }, (_, index) => createConnection(ports[index % ports.length] ?? 0))
  const times: number[] = []
  let served = 0
  const began = performance.now()
  const cpuBegan = process.cpuUsage()
  const end = began + seconds * 1000
  const loops = opened.map(async (connection) => {
    const client = createClient(scenario)
    for (let sent = began; sent < end;) {
      const request = client.next()
      if (request === undefined) throw new Error('the load generator has run out of requests')
      sent = performance.now()
      const answer = await connection.ask(request)
      client.check(answer)
      served++
      const now = performance.now()
      if (now < end) times.push(now - sent)
    }
  })
  try {
    await Promise.all(loops)
  } finally {
    for (const connection of opened) connection.close()
  }
  const { user, system } = process.cpuUsage(cpuBegan)
  const sorted = Float64Array.from(times).sort()
  return {
    answers: times.length,
    served,
    rate: times.length / seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    busy: (user + system) / 1000 / (performance.now() - began),
  }
}

function tell(told: Told): void {
  process.send?.(told)
}
